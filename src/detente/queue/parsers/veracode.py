"""Veracode: the detailed report in XML (`detailedreport.do`, or the Detailed XML of a scan's results page).

Static flaws become code findings and dynamic flaws web findings, known by the id Veracode keeps for a flaw; each vulnerability
of a third-party component becomes a vulnerable package. Fixed flaws and approved mitigations are read with that state, its
author and reason; a proposed mitigation changes nothing. Components without vulnerabilities are skipped. The asset is the
application. Severities 5 to 0 mean critical to informational, 1 like 0.
"""

from datetime import datetime
from typing import Any
from xml.etree.ElementTree import Element

from detente.model.finding import Coverage, Kind, Observation, Severity, State
from detente.queue import facets
from detente.queue.fields import LEVELS, cwes, line, moment, number, path, scaled
from detente.queue.report import Items, Record, Skip, XmlParser

_SCALE = (Severity.INFO, *LEVELS)


def _dated(context: Element) -> datetime | None:
    """When the latest of the scans was published: the report may be generated, or a mitigation noted, long after."""
    scans = (moment(scan.get("published_date")) for scan in context if scan.tag.endswith("-analysis"))
    made = (moment(context.get(name)) for name in ("last_update_time", "generation_date"))
    return max(filter(None, scans), default=None) or next(filter(None, made), None)


def _scope(context: Element) -> dict[str, Any]:
    asset, sandbox = facets.asset("project", context.get("app_name")), context.get("sandbox_name")
    return {"asset": asset, "target": sandbox or "", "seen": _dated(context)}


def _mitigated(found: Element) -> facets.Verdict:
    """What was approved: of the mitigations, listed newest first, the one that is not itself the approval says what."""
    steps = list(found.iter("mitigation")) or [Element("mitigation")]
    plain = (step for step in steps if not step.get("action", "").lower().startswith(("approve", "accept")))
    step = next(plain, steps[0])
    is_false = any("false positive" in step.get("action", "").lower() for step in steps)
    return {
        "state": State.FALSE_POSITIVE if is_false else State.ACCEPTED,
        "author": steps[0].get("user", ""),
        "reason": ": ".join(filter(None, (step.get("action"), step.get("description")))),
    }


def _flaw(found: Element, context: Element) -> Observation:
    weakness, url = found.get("cweid") or "", found.get("url") or ""
    verdict = _mitigated(found) if found.get("mitigation_status") == "accepted" else facets.Verdict()
    if found.get("remediation_status") == "Fixed":
        verdict |= {"state": State.FIXED, "reason": "fixed"}
    place = path((found.get("sourcefilepath") or "") + (found.get("sourcefile") or ""))
    return Observation(
        kind=Kind.WEB if url else Kind.CODE,
        vulnerability=f"veracode:{weakness or found.attrib['categoryid']}",
        title=found.get("categoryname") or found.get("type") or "",
        severity=scaled(found.get("severity"), _SCALE),
        cwes=cwes(weakness),
        component=found.get("module") or "",
        location="#".join(filter(None, (url, found.get("vuln_parameter")))) if url else place,
        line=line(found.get("line")),
        fingerprint=found.attrib["issueid"],
        **verdict,
        **_scope(context),
    )


def _vulnerability(found: Element, component: Element, context: Element) -> Observation:
    own = found.get("cve_id") or found.get("srcclr_id") or found.attrib["vulnerability_id"]
    # library_id is `ecosystem:group:artifact:version:`, the group empty where the ecosystem has none.
    ecosystem, *parts = (component.get("library_id") or "").split(":")
    coordinates = ":".join(filter(None, parts[:2]))
    name = coordinates or component.get("library") or component.get("file_name") or ""
    places = (place.get("value") for place in component.iter("file_path"))
    return Observation(
        kind=Kind.PACKAGE,
        vulnerability=own,
        title=f"{own} in {name}",
        severity=scaled(found.get("severity"), _SCALE),
        score=number(found.get("cvss_score")),
        cwes=cwes(found.get("cwe_id")),
        **facets.package(ecosystem, name, component.get("version")),
        location=path(next(places, "")),
        **(_mitigated(found) if found.get("mitigation") == "true" else {}),
        **_scope(context),
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


PARSER = XmlParser(
    name="veracode",
    sniff=lambda head: head.root[1] == "detailedreport",
    observe=_observe,
    cover=lambda context: [Coverage(**_scope(context))],
    dated=_dated,
    records=frozenset({"flaw", "component"}),
    skip=frozenset({"modules", "customfields", "flaw-status", "licenses", "recommendations"}),
)
