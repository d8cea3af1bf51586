"""Nexpose and InsightVM: the report "XML Export" (1.0) and "XML Export 2.0".

One finding per host, port and check that found its weakness (`vulnerable-exploited`, `-version`, `-potential`); a check that
stands for exactly one CVE is that CVE, else `nexpose:dns-amplification`. Checks that found nothing, were skipped or failed
are counted as skipped; excepted weaknesses are read as accepted. Live hosts and open ports are inventory, not findings.
Severity is Nexpose's number from 1 to 10. The asset is the host by its name, else by its address. A scan that was stopped
closes nothing.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from xml.etree.ElementTree import Element

from detente.model.finding import Coverage, Kind, Observation, Severity, State
from detente.queue import cvss
from detente.queue.fields import ids, moment, number, rated
from detente.queue.hosts import WHOLE, host, named, place
from detente.queue.report import Items, Record, Skip, XmlParser


@dataclass(frozen=True, slots=True)
class _Definition:
    vulnerability: str
    related: tuple[str, ...]
    title: str
    severity: Severity = Severity.UNKNOWN
    score: float | None = None
    vector: str = ""


@dataclass(frozen=True, slots=True)
class _Report:
    definitions: dict[str, _Definition]
    finished: bool
    seen: Any


def _prepare(root: Element) -> _Report:
    scans, entries = root.findall("scans/scan"), root.iterfind("VulnerabilityDefinitions/vulnerability")
    definitions = {entry.get("id", "").lower(): _definition(entry) for entry in entries}
    ends = [when for scan in scans if (when := moment(scan.get("endTime"), "%Y%m%dT%H%M%S%f"))]
    return _Report(definitions, all(scan.get("status") == "finished" for scan in scans), max(ends, default=None))


def _definition(entry: Element) -> _Definition:
    name = entry.get("id", "").lower()
    cves = ids([reference.text or "" for reference in entry.iterfind("references/reference[@source='CVE']")])
    vector, score = cvss.best(
        (entry.get(f"cvss{version}Vector"), number(entry.get(f"cvss{version}Score"))) for version in ("V4", "V3", "")
    )
    title, level = entry.get("title") or name, rated(number(entry.get("severity")))
    return _Definition(*named(f"nexpose:{name}", cves), title, level, score, vector)


@lru_cache(maxsize=1)
def _asset(node: Element) -> str:
    return host(node.findtext("names/name"), node.get("address"))


def _place(parents: tuple[Element, ...]) -> str:
    ports = (place(parent.get("port"), parent.get("protocol")) for parent in parents if parent.tag == "endpoint")
    return next(ports, WHOLE)


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
    definition = report.definitions.get(name) or _Definition(f"nexpose:{name}", (), name)
    yield Observation(
        kind=Kind.HOST,
        vulnerability=definition.vulnerability,
        related=definition.related,
        title=definition.title,
        asset=_asset(node),
        severity=definition.severity,
        score=definition.score,
        vector=definition.vector,
        location=_place(record.parents),
        state=State.ACCEPTED if excepted else State.OPEN,
        reason=status if excepted else "",
        seen=report.seen,
    )


PARSER = XmlParser(
    name="nexpose",
    sniff=lambda head: head.root[1] == "NexposeReport",
    prepare=_prepare,
    observe=_observe,
    records=frozenset({"test"}),
    groups=frozenset({"node"}),
    skip=frozenset(
        {"description", "solution", "tags", "exploits", "malware", "fingerprints", "configuration", "software"}
    ),
)
