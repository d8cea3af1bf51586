"""Veracode: the detailed report in XML (`detailedreport.do`, or the Detailed XML of a scan's results page).

Static flaws become code findings and dynamic flaws web findings, known by the id Veracode keeps for a flaw; each vulnerability
of a third-party component becomes a vulnerable package. Fixed flaws and approved mitigations are read with that state, its
author and reason; a proposed mitigation changes nothing. Components without vulnerabilities are skipped. The asset is the
application. Severities 5 to 0 mean critical to informational, 1 like 0.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from xml.etree.ElementTree import Element

from detente.model.finding import Coverage, Kind, Observation, Severity, State
from detente.queue.fields import cwes, line, moment, number, path
from detente.queue.purl import purl
from detente.queue.report import Items, Record, Skip, XmlParser

_GRADES = {
    "5": Severity.CRITICAL,
    "4": Severity.HIGH,
    "3": Severity.MEDIUM,
    "2": Severity.LOW,
    "1": Severity.INFO,
    "0": Severity.INFO,
}


def _grade(word: str | None) -> Severity:
    return _GRADES.get((word or "").strip(), Severity.UNKNOWN)


def _dated(context: Element) -> datetime | None:
    """When the latest of the scans was published: the report may be generated, or a mitigation noted, long after."""
    scans = (moment(scan.get("published_date")) for scan in context if scan.tag.endswith("-analysis"))
    made = (moment(context.get(name)) for name in ("last_update_time", "generation_date"))
    return max(filter(None, scans), default=None) or next(filter(None, made), None)


def _root(context: Element) -> dict[str, Any]:
    application = context.get("app_name")
    return {
        "asset": f"project:{application}" if application else "",
        "target": context.get("sandbox_name") or "",
        "seen": _dated(context),
    }


def _mitigated(found: Element, approved: bool) -> tuple[State, str, str]:
    """State, author and reason: of the mitigations, listed newest first, the one that was approved says which it is."""
    if not approved:
        return State.OPEN, "", ""
    steps = list(found.iter("mitigation"))
    actions = [step.get("action") or "" for step in steps]
    plain = next(
        (step for step in steps if not (step.get("action") or "").lower().startswith(("approve", "accept"))), None
    )
    step = plain if plain is not None else next(iter(steps), found)
    is_false = any("false positive" in action.lower() for action in actions)
    reason = ": ".join(filter(None, (step.get("action"), step.get("description") if steps else "")))
    return State.FALSE_POSITIVE if is_false else State.ACCEPTED, (steps[0].get("user") or "") if steps else "", reason


def _flaw(found: Element, context: Element) -> Observation:
    weakness, url = found.get("cweid") or "", found.get("url") or ""
    state, author, reason = _mitigated(found, found.get("mitigation_status") == "accepted")
    if found.get("remediation_status") == "Fixed":
        state, reason = State.FIXED, "fixed"
    place = path((found.get("sourcefilepath") or "") + (found.get("sourcefile") or ""))
    parameter = found.get("vuln_parameter")
    return Observation(
        kind=Kind.WEB if url else Kind.CODE,
        vulnerability=f"veracode:{weakness or found.attrib['categoryid']}",
        title=found.get("categoryname") or found.get("type") or "",
        severity=_grade(found.get("severity")),
        cwes=cwes(weakness),
        component=found.get("module") or "",
        location=(f"{url}#{parameter}" if parameter else url) or place,
        line=line(found.get("line")),
        fingerprint=found.attrib["issueid"],
        state=state,
        author=author,
        reason=reason,
        **_root(context),
    )


def _vulnerability(found: Element, component: Element, context: Element) -> Observation:
    own = found.get("cve_id") or found.get("srcclr_id") or found.attrib["vulnerability_id"]
    # library_id is `ecosystem:group:artifact:version:`, the group empty where the ecosystem has none.
    ecosystem, *parts = (component.get("library_id") or "").split(":")
    coordinates = ":".join(filter(None, parts[:2]))
    name = coordinates or component.get("library") or component.get("file_name") or ""
    state, author, reason = _mitigated(found, found.get("mitigation") == "true")
    places = (place.get("value") for place in component.iter("file_path"))
    return Observation(
        kind=Kind.PACKAGE,
        vulnerability=own,
        title=f"{own} in {name}",
        severity=_grade(found.get("severity")),
        score=number(found.get("cvss_score")),
        cwes=cwes(found.get("cwe_id")),
        component=name,
        version=component.get("version") or "",
        ecosystem=ecosystem,
        purl=purl(ecosystem, coordinates),
        location=path(next(places, "")),
        state=state,
        author=author,
        reason=reason,
        **_root(context),
    )


def _observe(record: Record, context: Element) -> Items:
    found: Element = record.value
    if found.tag == "flaw":
        yield _flaw(found, context)
        return
    vulnerabilities = list(found.iter("vulnerability"))
    if not vulnerabilities:
        yield Skip("component without vulnerabilities")
    for vulnerability in vulnerabilities:
        yield _vulnerability(vulnerability, found, context)


def _cover(context: Element) -> Iterator[Coverage]:
    scope = _root(context)
    yield Coverage(scope["asset"], scope["target"])


PARSER = XmlParser(
    name="veracode",
    sniff=lambda head: head.root[1] == "detailedreport",
    observe=_observe,
    cover=_cover,
    dated=_dated,
    records=frozenset({"flaw", "component"}),
    skip=frozenset({"modules", "customfields", "flaw-status", "licenses", "recommendations"}),
)
