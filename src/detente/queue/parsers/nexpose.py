"""Nexpose and InsightVM: the report "XML Export" (1.0) and "XML Export 2.0".

One finding per host, port and check that found its weakness (`vulnerable-exploited`, `-version`, `-potential`); a check that
stands for exactly one CVE is that CVE, else `nexpose:dns-amplification`. Checks that found nothing, were skipped or failed
are counted as skipped; excepted weaknesses are read as accepted. Live hosts and open ports are inventory, not findings.
Severity is Nexpose's number from 1 to 10. The asset is the host by its name, else by its address. A scan that was stopped
closes nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from xml.etree.ElementTree import Element

from detente.model.finding import Coverage, Kind, Observation, State
from detente.queue import cvss
from detente.queue.fields import ids, moment, number, rated
from detente.queue.hosts import WHOLE, host, named, place
from detente.queue.report import Head, Items, Record, Skip, XmlParser


@dataclass(frozen=True, slots=True)
class _Report:
    definitions: dict[str, Element]
    finished: bool
    seen: Any


def _prepare(root: Element) -> _Report:
    scans = root.findall("scans/scan")
    definitions = {
        entry.get("id", "").lower(): entry for entry in root.iterfind("VulnerabilityDefinitions/vulnerability")
    }
    ends = [when for scan in scans if (when := moment(scan.get("endTime"), "%Y%m%dT%H%M%S%f"))]
    return _Report(definitions, all(scan.get("status") == "finished" for scan in scans), max(ends, default=None))


@lru_cache(maxsize=1)
def _asset(node: Element) -> str:
    return host(node.findtext("names/name"), node.get("address"))


def _place(parents: tuple[Element, ...]) -> str:
    ports = (place(parent.get("port"), parent.get("protocol")) for parent in parents if parent.tag == "endpoint")
    return next(ports, WHOLE)


def _scores(definition: Element) -> Iterator[tuple[str, float | None]]:
    for version in ("V4", "V3", ""):
        yield definition.get(f"cvss{version}Vector", ""), number(definition.get(f"cvss{version}Score"))


def _observe(record: Record, report: _Report) -> Items:
    test: Element = record.value
    if test.tag == "node":
        yield Coverage(_asset(test), succeeded=report.finished)
        return
    status, name = test.attrib["status"], test.attrib["id"].lower()
    excepted = status.startswith(("exception-", "overridden-"))
    if not status.removeprefix("exception-").removeprefix("overridden-").startswith("vulnerable"):
        yield Skip(f"check {status}")
        return
    node = next(parent for parent in record.parents if parent.tag == "node")
    definition = report.definitions.get(name, Element("vulnerability"))
    cves = ids([entry.text or "" for entry in definition.iterfind("references/reference[@source='CVE']")])
    vulnerability, related = named(f"nexpose:{name}", cves)
    vector, score = cvss.best(_scores(definition))
    yield Observation(
        kind=Kind.HOST,
        vulnerability=vulnerability,
        related=related,
        title=definition.get("title") or name,
        asset=_asset(node),
        severity=rated(number(definition.get("severity"))),
        score=score,
        vector=vector,
        location=_place(record.parents),
        state=State.ACCEPTED if excepted else State.OPEN,
        reason=status if excepted else "",
        seen=report.seen,
    )


def _sniff(head: Head) -> bool:
    return head.root[1] == "NexposeReport"


PARSER = XmlParser(
    name="nexpose",
    sniff=_sniff,
    prepare=_prepare,
    observe=_observe,
    records=frozenset({"test"}),
    groups=frozenset({"node"}),
    skip=frozenset(
        {"description", "solution", "tags", "exploits", "malware", "fingerprints", "configuration", "software"}
    ),
)
