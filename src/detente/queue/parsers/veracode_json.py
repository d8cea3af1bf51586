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
from detente.queue.fields import cwes, line, moment, number, path
from detente.queue.purl import purl
from detente.queue.report import Head, Items, JsonParser, Record


class _Finding(msgspec.Struct):
    scan_type: str
    issue_id: Any = None
    description: str | None = None
    context_guid: str | None = None
    finding_status: dict[str, Any] | None = None
    finding_details: dict[str, Any] = {}


_GRADES = (Severity.INFO, Severity.INFO, Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL)
_APPROVED = {"POTENTIAL_FALSE_POSITIVE": State.FALSE_POSITIVE, "REPORTED_TO_LIBRARY_MAINTAINER": State.OPEN}


def _state(status: dict[str, Any]) -> tuple[State, str]:
    resolution = str(status.get("resolution") or "")
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
        "cwes": cwes((details.get("cwe") or {}).get("id")),
        "state": state,
        "reason": reason,
        "seen": moment((found.finding_status or {}).get("last_seen_date")),
    }


def _flaw(found: _Finding) -> Observation:
    details = found.finding_details
    url, parameter = str(details.get("url") or ""), details.get("vulnerable_parameter")
    weakness = details.get("cwe") or {}
    category = (details.get("finding_category") or {}).get("name")
    return Observation(
        kind=Kind.WEB if url else Kind.CODE,
        vulnerability=f"veracode:{weakness['id']}",
        title=str(category or weakness.get("name") or ""),
        component=str(details.get("module") or ""),
        location=(f"{url}#{parameter}" if parameter else url)
        or path(details.get("file_path") or details.get("file_name")),
        line=line(details.get("file_line_number")),
        fingerprint=str(found.issue_id or ""),
        **_base(found),
    )


_FILE = re.compile(r"\.(?:jar|war|ear|dll|whl|zip|tgz|gem|nupkg)$")


def _package(found: _Finding) -> Observation:
    details = found.finding_details
    named_in = details.get("cve") or {}
    own, version = str(named_in["name"]), str(details.get("version") or "")
    three = named_in.get("cvss3") or {}
    vector, score = cvss.best(
        (
            (_prefixed(three.get("vector")), number(three.get("score"))),
            (named_in.get("vector"), number(named_in.get("cvss"))),
        )
    )
    file = str(details.get("component_filename") or "")
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
        location=path(next((place.get("path") for place in details.get("component_path") or ()), "")),
        **_base(found),
    )


def _prefixed(vector: Any) -> str:
    """Veracode leaves out the version of CVSS 3 vectors; its scores are those of 3.1."""
    text = str(vector or "")
    return f"CVSS:3.1/{text}" if text.startswith("AV:") else text


def _observe(record: Record, context: Any) -> Items:
    found = record.value
    observation = _package(found) if found.scan_type == "SCA" else _flaw(found)
    yield observation
    pages = (record.parents[0].get("page") or {}).get("total_pages", 1)
    yield Coverage(observation.asset, observation.target, succeeded=pages <= 1)


def _sniff(head: Head) -> bool:
    first = head.first("findings") or head.first("_embedded", "findings")
    return "scan_type" in first and ("finding_details" in first or "finding_status" in first)


PARSER = JsonParser(
    name="veracode_json",
    sniff=_sniff,
    observe=_observe,
    records={"findings[]": _Finding, "_embedded.findings[]": _Finding},
)
