"""All reports of the sample company, at two dates, in the formats their tools write: the same bytes for the same day and scale."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from detente.edge.sample import code, hosts, packages
from detente.edge.sample.company import DOMAIN, ROUNDS, SITES, STRAY, Asset, every, found, images, instances, repository
from detente.edge.sample.company import hosts as machines

BROKEN = "trivy-tracking-api.json"
"""The second report on this image was cut off on its way."""


@dataclass(frozen=True, slots=True)
class Report:
    """A file: its name below the folder of reports, its bytes, when it was made, and the asset its sender names."""

    name: str
    data: bytes
    at: datetime
    asset: str = ""


@dataclass(frozen=True, slots=True)
class Visit:
    """One round of scans: 0 or 1, the day, the share of the company that is looked at."""

    number: int
    day: date
    scale: float

    def at(self, hour: int) -> datetime:
        """An hour of that day."""
        return datetime.combine(self.day, time(hour), UTC)

    def name(self, file: str) -> str:
        """Where a file of this round lies."""
        return f"{self.day}/{file}"


def reports(day: date, scale: float = 1.0) -> Iterator[Report]:
    """Everything that was scanned before `day`; `scale` is the share of assets of each kind that exist."""
    first, second = (Visit(number, day - timedelta(days=days), scale) for number, days in enumerate(ROUNDS))
    for visit in (first, second):
        yield from _images(visit)
        yield _network(visit)
        yield from _code(visit)
    yield from _second_opinions(second)
    yield from _once(second)


def _images(visit: Visit) -> Iterator[Report]:
    for site in SITES:
        for image in every(images(site), visit.scale) if site.parts else ():
            name = f"trivy-{site.service}-{image.name.rpartition('/')[2].partition(':')[0]}.json"
            data = packages.trivy(image, found(image, visit.number), visit.at(2))
            cut = visit.number == 1 and name == BROKEN
            yield Report(visit.name(name), data[: len(data) * 2 // 3] if cut else data, visit.at(2))


def _machines(scale: float) -> list[Asset]:
    return [host for site in SITES if site.platforms for host in every(machines(site), scale)] + [STRAY]


def _network(visit: Visit) -> Report:
    scanned = [(host, found(host, visit.number)) for host in _machines(visit.scale)]
    return Report(visit.name("network.nessus"), hosts.nessus(scanned, visit.at(3)), visit.at(3))


def _repositories(visit: Visit, *stacks: str) -> list[Asset]:
    """The repositories whose code is of these stacks (none named: of any)."""
    written = [one for site in SITES if (one := repository(site)) and (not stacks or site.stack in stacks)]
    return every(written, visit.scale)


def _code(visit: Visit) -> Iterator[Report]:
    """Static analysis: its reports name no repository, so the pipeline does."""
    for one in _repositories(visit, "java", "python"):
        name = visit.name(f"semgrep-{one.service}.json")
        yield Report(name, code.semgrep(one, visit.number), visit.at(4), f"repo:{one.name}")


def _second_opinions(visit: Visit) -> Iterator[Report]:
    """Other tools that look at the same assets."""
    at = visit.at(5)
    for site in SITES:
        for image in every(images(site), visit.scale)[:2] if site.parts else ():
            name = f"grype-{site.service}-{image.name.rpartition('/')[2].partition(':')[0]}.json"
            yield Report(visit.name(name), packages.grype(image, found(image, 1, "grype", 0.06), at), at)
    for one in _repositories(visit, "java", "node"):
        data = packages.snyk(one, found(one, 1, "snyk", 0.1))
        yield Report(visit.name(f"snyk-{one.service}.json"), data, at, f"repo:{one.name}")
    listed = [host for host in _machines(visit.scale) if "linux" in host.layers]
    scanned = [(host, found(host, 1, "qualys", 0.08)) for host in listed]
    yield Report(visit.name("vmdr.csv"), hosts.qualys(scanned, at), at)


def _once(visit: Visit) -> Iterator[Report]:
    """What was looked at in the second round only."""
    at = visit.at(6)
    cloud = [one for site in SITES if site.instances for one in every(instances(site), visit.scale)]
    yield Report(visit.name("inspector.json"), packages.inspector(((one, found(one, 1)) for one in cloud), at), at)
    for one in _repositories(visit):
        data = packages.osv(one, found(one, 1, "osv", 0.05))
        yield Report(visit.name(f"osv-{one.service}.json"), data, at, f"repo:{one.name}")
    for one in _repositories(visit, "java", "node"):
        asset = f"repo:{one.name}"
        yield Report(visit.name(f"codeql-{one.service}.sarif"), code.codeql(one, 1, at), at, asset)
        yield Report(visit.name(f"gitleaks-{one.service}.json"), code.gitleaks(one, at), at, asset)
    yield Report(visit.name("nuclei.jsonl"), code.nuclei(_machines(visit.scale), at), at)
    yield Report(visit.name("zap-web-shop.json"), code.zap(f"www.{DOMAIN}", at), at, "repo:pebblewick/web-shop")
    yield Report(visit.name("pentest.csv"), code.pentest(), at)
    yield Report(visit.name("search-vex.cdx.json"), code.vex(at), visit.at(7))
