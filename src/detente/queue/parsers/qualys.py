"""Qualys: the XML of an asset data report ("Reports > Template based > XML", `ASSET_DATA_REPORT`).

One finding per host, port and QID. A QID that stands for exactly one CVE is that CVE, one with several keeps its number
(`qid:91762`) with the CVEs beside it. Titles, severities and CVEs come from the glossary that follows the hosts. Severity is
Qualys' level from 1 (information) to 5 (critical); information gathered (`Ig`) is information whatever its level. Fixed
vulnerabilities and ignored tickets are read with that state. The asset is the host by its DNS name, else by its NetBIOS name or
address.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from xml.etree.ElementTree import Element

from detente.model.finding import Coverage, Kind, Observation, Severity, State
from detente.queue import cvss
from detente.queue.fields import ids, moment, number, scaled
from detente.queue.hosts import host, named, place
from detente.queue.report import Items, Record, XmlParser


@dataclass(frozen=True, slots=True)
class _Detail:
    title: str
    level: str
    cves: tuple[str, ...]
    vector: str
    score: float | None


@dataclass(frozen=True, slots=True)
class _Report:
    details: dict[str, _Detail]
    seen: Any


def _prepare(root: Element) -> _Report:
    glossary = root.iterfind("GLOSSARY/VULN_DETAILS_LIST/VULN_DETAILS")
    details = {entry.findtext("QID", "").strip(): _detail(entry) for entry in glossary}
    return _Report(details, moment(root.findtext("HEADER/GENERATION_DATETIME")))


def _detail(entry: Element) -> _Detail:
    vector, score = cvss.best(_scores(entry))
    cves = ids([found.text for found in entry.iterfind("CVE_ID_LIST/CVE_ID/ID")])
    return _Detail(entry.findtext("TITLE", "").strip(), entry.findtext("SEVERITY", ""), cves, vector, score)


def _scores(entry: Element) -> Iterator[tuple[str, float | None]]:
    for tag in ("CVSS4", "CVSS3", "CVSS"):
        base = entry.findtext(f"{tag}_SCORE/{tag}_BASE", "")
        yield entry.findtext(f"{tag}_SCORE/{tag}_VECTOR", base), number(base)


@lru_cache(maxsize=1)
def _asset(element: Element) -> str:
    return host(*(element.findtext(tag) for tag in ("DNS", "NETBIOS", "IP")))


def _state(found: Element) -> State:
    if "IGNORED" in found.findtext("TICKET_STATE", "").upper():
        return State.SUPPRESSED
    return State.FIXED if found.findtext("VULN_STATUS", "") == "Fixed" else State.OPEN


def _observe(record: Record, report: _Report) -> Items:
    found: Element = record.value
    if found.tag == "HOST":
        yield Coverage(_asset(found))
        return
    qid = found.findtext("QID", "").strip()
    if not qid.isdigit():
        raise ValueError(f"the QID is {qid!r}")
    holder = next(parent for parent in reversed(record.parents) if parent.tag == "HOST")
    detail = report.details.get(qid) or _Detail(f"QID {qid}", "", (), "", None)
    vulnerability, related = named(f"qid:{qid}", detail.cves)
    yield Observation(
        kind=Kind.HOST,
        vulnerability=vulnerability,
        related=related,
        title=detail.title,
        asset=_asset(holder),
        severity=Severity.INFO if found.findtext("TYPE") == "Ig" else scaled(detail.level, tuple(Severity)),
        score=detail.score,
        vector=detail.vector,
        location=place(found.findtext("PORT"), found.findtext("PROTOCOL")),
        state=_state(found),
        seen=report.seen or moment(found.findtext("LAST_FOUND")),
    )


PARSER = XmlParser(
    name="qualys",
    sniff=lambda head: head.root[1] == "ASSET_DATA_REPORT",
    prepare=_prepare,
    observe=_observe,
    records=frozenset({"VULN_INFO"}),
    groups=frozenset({"HOST"}),
    skip=frozenset({"APPENDICES", "RISK_SCORE_PER_HOST", "THREAT", "IMPACT", "SOLUTION", "CORRELATION"}),
)
