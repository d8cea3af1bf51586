"""Veracode: the Findings REST API (`appsec/v2/applications/{guid}/findings`), with or without its `_embedded` envelope.

Static flaws become code findings, dynamic flaws web findings, SCA findings vulnerable packages. Closed findings are fixed;
approved mitigations are accepted risks or false positives, whatever the status. Each kind of scan closes only its own, and a
page that is not the only one closes nothing. The asset is the application's id, the only name the API gives with a finding.
"""

import re
from typing import Any

import msgspec

from detente.model.finding import Coverage, Kind, Observation, Severity, State
from detente.queue import cvss
from detente.queue.convert import Essential
from detente.queue.fields import at, cwes, line, moment, number, part, parts, path, text
from detente.queue.purl import purl
from detente.queue.report import Head, Items, JsonParser, Record


class _Finding(msgspec.Struct):
    scan_type: str
    issue_id: Any = None
    description: str | None = None
    context_guid: str | None = None
    finding_status: dict[str, Any] | None = None
    finding_details: Essential[dict[str, Any]] = {}


_GRADES = (Severity.INFO, Severity.INFO, Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL)
_APPROVED = {"POTENTIAL_FALSE_POSITIVE": State.FALSE_POSITIVE, "REPORTED_TO_LIBRARY_MAINTAINER": State.OPEN}


def _state(status: dict[str, Any]) -> tuple[State, str]:
    resolution = text(status.get("resolution"))
    if status.get("resolution_status") == "APPROVED" and resolution not in ("", "UNRESOLVED"):
        return _APPROVED.get(resolution, State.ACCEPTED), resolution.lower().replace("_", " ")
    return (State.FIXED, "closed") if status.get("status") == "CLOSED" else (State.OPEN, "")


def _base(found: _Finding) -> dict[str, Any]:
    details, grade = found.finding_details, number(found.finding_details.get("severity"))
    state, reason = _state(found.finding_status or {})
    return {
        "asset": f"project:{found.context_guid}" if found.context_guid else "",
        "target": found.scan_type.lower(),
        "severity": _GRADES[int(grade)] if grade is not None and 0 <= grade <= 5 else Severity.UNKNOWN,
        "cwes": cwes(at(details, "cwe", "id")),
        "state": state,
        "reason": reason,
        "seen": moment(at(found.finding_status, "last_seen_date")),
    }


def _flaw(found: _Finding) -> Observation:
    details = found.finding_details
    url, parameter = text(details.get("url")), text(details.get("vulnerable_parameter"))
    weakness = part(details, "cwe")
    category = text(at(details, "finding_category", "name"))
    return Observation(
        kind=Kind.WEB if url else Kind.CODE,
        vulnerability=f"veracode:{weakness['id']}",
        title=category or text(weakness.get("name")),
        component=text(details.get("module")),
        location=(f"{url}#{parameter}" if parameter else url)
        or path(text(details.get("file_path")) or text(details.get("file_name"))),
        line=line(details.get("file_line_number")),
        fingerprint=text(found.issue_id),
        **_base(found),
    )


_FILE = re.compile(r"\.(?:jar|war|ear|dll|whl|zip|tgz|gem|nupkg)$")


def _package(found: _Finding) -> Observation:
    details = found.finding_details
    named_in = part(details, "cve")
    own, version = text(named_in["name"]), text(details.get("version"))
    three = named_in.get("cvss3")
    vector, score = cvss.best(
        (
            (_prefixed(at(three, "vector")), number(at(three, "score"))),
            (named_in.get("vector"), number(named_in.get("cvss"))),
        )
    )
    file = text(details.get("component_filename"))
    name = _FILE.sub("", file).removesuffix(f"-{version}")
    ecosystem = {"JAVASCRIPT": "npm", "PYTHON": "pypi", "RUBY": "gem", "GO": "golang", "PHP": "composer"}.get(
        str(details.get("language")), ""
    )
    return Observation(
        kind=Kind.PACKAGE,
        vulnerability=own,
        title=f"{own} in {name}",
        score=score,
        vector=vector,
        component=name,
        version=version,
        ecosystem=ecosystem,
        purl=purl(ecosystem, name),
        location=path(next((text(place.get("path")) for place in parts(details, "component_path")), "")),
        **_base(found),
    )


def _prefixed(vector: Any) -> str:
    """Veracode leaves out the version of CVSS 3 vectors; its scores are those of 3.1."""
    said = text(vector)
    return f"CVSS:3.1/{said}" if said.startswith("AV:") else said


def _observe(record: Record, context: Any) -> Items:
    found = record.value
    observation = _package(found) if found.scan_type == "SCA" else _flaw(found)
    yield observation
    pages = number(at(record.parents[0], "page", "total_pages"))
    yield Coverage(observation.asset, observation.target, succeeded=pages is None or pages <= 1)


def _sniff(head: Head) -> bool:
    first = head.first("findings") or head.first("_embedded", "findings")
    return "scan_type" in first and ("finding_details" in first or "finding_status" in first)


PARSER = JsonParser(
    name="veracode_json",
    sniff=_sniff,
    observe=_observe,
    records={"findings[]": _Finding, "_embedded.findings[]": _Finding},
)
