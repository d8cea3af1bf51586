"""Veracode: the Findings REST API (`appsec/v2/applications/{guid}/findings`), with or without its `_embedded` envelope.

Static flaws become code findings, dynamic flaws web findings, SCA findings vulnerable packages. Closed findings are fixed;
approved mitigations are accepted risks or false positives, whatever the status. Each kind of scan closes only its own, and a
page that is not the only one closes nothing. The asset is the application's id, the only name the API gives with a finding.
"""

import re
from typing import Any

import msgspec

from detente.model.finding import Coverage, Kind, Observation, Severity, State
from detente.queue import cvss, facets
from detente.queue.convert import Essential
from detente.queue.fields import LEVELS, at, cwes, line, moment, number, part, parts, path, scaled, text
from detente.queue.report import Head, Items, JsonParser, Record


class _Finding(msgspec.Struct):
    scan_type: str
    issue_id: Any = None
    description: str | None = None
    context_guid: str | None = None
    finding_status: dict[str, Any] | None = None
    finding_details: Essential[dict[str, Any]] = {}


_SCALE = (Severity.INFO, *LEVELS)
_APPROVED = {"POTENTIAL_FALSE_POSITIVE": State.FALSE_POSITIVE, "REPORTED_TO_LIBRARY_MAINTAINER": State.OPEN}


def _verdict(status: dict[str, Any]) -> facets.Verdict:
    resolution = text(status.get("resolution"))
    if status.get("resolution_status") == "APPROVED" and resolution not in ("", "UNRESOLVED"):
        return {"state": _APPROVED.get(resolution, State.ACCEPTED), "reason": resolution.lower().replace("_", " ")}
    return {"state": State.FIXED, "reason": "closed"} if status.get("status") == "CLOSED" else {}


def _shared(found: _Finding) -> dict[str, Any]:
    return {
        "asset": facets.asset("project", found.context_guid),
        "target": found.scan_type.lower(),
        "severity": scaled(found.finding_details.get("severity"), _SCALE),
        "cwes": cwes(at(found.finding_details, "cwe", "id")),
        "seen": moment(at(found.finding_status, "last_seen_date")),
        **_verdict(found.finding_status or {}),
    }


def _flaw(found: _Finding) -> Observation:
    details = found.finding_details
    url, weakness = text(details.get("url")), part(details, "cwe")
    file = path(text(details.get("file_path")) or text(details.get("file_name")))
    return Observation(
        kind=Kind.WEB if url else Kind.CODE,
        vulnerability=f"veracode:{weakness['id']}",
        title=text(at(details, "finding_category", "name")) or text(weakness.get("name")),
        component=text(details.get("module")),
        location="#".join(filter(None, (url, text(details.get("vulnerable_parameter"))))) if url else file,
        line=line(details.get("file_line_number")),
        fingerprint=text(found.issue_id),
        **_shared(found),
    )


_ECOSYSTEMS = {"JAVASCRIPT": "npm", "PYTHON": "pypi", "RUBY": "gem", "GO": "golang", "PHP": "composer"}
_FILE = re.compile(r"\.(?:jar|war|ear|dll|whl|zip|tgz|gem|nupkg)$")


def _package(found: _Finding) -> Observation:
    details = found.finding_details
    weak, version = part(details, "cve"), text(details.get("version"))
    own, three = text(weak["name"]), weak.get("cvss3")
    name = _FILE.sub("", text(details.get("component_filename"))).removesuffix(f"-{version}")
    vector, score = cvss.best(
        ((at(three, "vector"), number(at(three, "score"))), (weak.get("vector"), number(weak.get("cvss"))))
    )
    return Observation(
        kind=Kind.PACKAGE,
        vulnerability=own,
        title=f"{own} in {name}",
        score=score,
        vector=vector,
        **facets.package(_ECOSYSTEMS.get(text(details.get("language")), ""), name, version),
        location=path(next((text(place.get("path")) for place in parts(details, "component_path")), "")),
        **_shared(found),
    )


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
