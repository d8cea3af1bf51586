"""OpenVAS and Greenbone: the XML report (`get_reports`, or "Download > XML"), bare or inside a GMP response.

One finding per host, port and check. A check that stands for exactly one CVE is that CVE, else it keeps its number
(`openvas:1.3.6.1.4.1.25623.1.0.105611`) with the CVEs beside it. The threat is the severity, log messages are information;
results overridden as false positives are read as such; errors and debug messages are counted as skipped. The asset is the host
by its name, else by its address. A scan that is not done, a host that was not finished and a report that shows only some of
its results (`rows`) close nothing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element

from detente.model.finding import Coverage, Kind, Observation, State
from detente.queue import facets
from detente.queue.fields import ids, moment, number
from detente.queue.hosts import host, named, place, said
from detente.queue.report import Head, Items, Record, Skip, XmlParser

_VECTOR = re.compile(r"(?:^|\|)cvss_base_vector=([^|]*)")
_MESSAGES = {-2.0: "debug message", -3.0: "scan error"}
_FALSE = -1.0


@dataclass(frozen=True, slots=True)
class _Report:
    complete: bool
    seen: Any


def _prepare(root: Element) -> _Report:
    statuses = [entry.text for entry in root.iter("scan_run_status")]
    entries = (entry for tag in ("scan_end", "scan_start", "creation_time") for entry in root.iter(tag))
    ends = (when for entry in entries if (when := moment(entry.text)))
    return _Report(all(status == "Done" for status in statuses) and not _is_paged(root), next(ends, None))


def _is_paged(root: Element) -> bool:
    """Whether the report holds fewer results than its filter found."""
    shown = [number(entry.get("max")) or 0 for entry in root.iter("results")]
    found = [number(entry.findtext("filtered")) or 0 for entry in root.iter("result_count")]
    return bool(shown and found) and 0 < max(shown) < max(found)


def _asset(result: Element) -> str:
    return host(result.findtext("host/hostname"), result.findtext("hostname"), result.findtext("host"))


def _scanned(element: Element) -> str:
    """The host in the report's list of hosts, by the same name as in its results."""
    details = {detail.findtext("name"): detail.findtext("value") for detail in element.iterfind("detail")}
    return host(details.get("hostname"), element.findtext("ip"))


def _scores(nvt: Element) -> Iterator[tuple[str, float | None]]:
    for entry in nvt.iterfind("severities/severity"):
        yield entry.findtext("value", ""), number(entry.findtext("score"))
    told = _VECTOR.search(nvt.findtext("tags", ""))
    yield told[1] if told else "", number(nvt.findtext("cvss_base"))


def _observe(record: Record, report: _Report) -> Items:
    found: Element = record.value
    if found.tag == "host":
        if said(found.findtext("ip")):
            yield Coverage(_scanned(found), succeeded=report.complete and found.findtext("end") != "")
        return
    nvt, rating, asset = found.find("nvt"), number(found.findtext("severity")), _asset(found)
    if nvt is None:
        raise ValueError("the result names no check")
    if not report.complete:
        yield Coverage(asset, succeeded=False)
    if rating in _MESSAGES:
        yield Skip(_MESSAGES[rating])
        return
    oid, threat = nvt.get("oid", ""), found.findtext("threat", "")
    references = [entry.get("id", "") for entry in nvt.iterfind("refs/ref") if entry.get("type") == "cve"]
    vulnerability, related = named(f"openvas:{oid}", ids(oid) or ids([*references, nvt.findtext("cve", "")]))
    false = rating == _FALSE or threat == "False Positive"
    yield Observation(
        kind=Kind.HOST,
        vulnerability=vulnerability,
        related=() if ids(oid) else related,
        title=found.findtext("name") or nvt.findtext("name") or oid,
        asset=asset,
        **facets.rating(threat, *_scores(nvt)),
        location=place(found.findtext("port")),
        state=State.FALSE_POSITIVE if false else State.OPEN,
        epss=number(nvt.findtext("epss/max_epss/score")),
        seen=report.seen,
    )


def _sniff(head: Head) -> bool:
    marks = (b"<nvt", b"<scan_run_status", b"<gmp>", b"<omp>", b"<report_format")
    name = head.root[1]
    return name == "get_reports_response" or (name == "report" and any(mark in head.data for mark in marks))


PARSER = XmlParser(
    name="openvas",
    sniff=_sniff,
    prepare=_prepare,
    observe=_observe,
    records=frozenset({"result"}),
    groups=frozenset({"host"}),
    skip=frozenset({"ports", "errors", "filters", "tls_certificates", "severity_class", "preferences", "user_tags"}),
)
