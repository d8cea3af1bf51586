"""Checkmarx One: `cx results show --report-format json`, and the JSON scan reports of the web application.

SAST results become code findings, known by their similarity id; infrastructure results (KICS) configuration; SCA and container
results vulnerable packages; results of secret detection secrets, without the value. "Not exploitable" is read as a false
positive; the other states ask for work. The asset is the project, for containers the image; the plain result list names no
project, so say `--asset`. A list with a `totalCount` may be one page of many: it closes nothing. The sections of a scan report
for containers, supply chain and API security are named as skipped, not read.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from detente.model.finding import Coverage, Kind, Observation, State
from detente.queue.fields import at, cwes, digest, graded, line, moment, number, parts, path
from detente.queue.purl import purl
from detente.queue.report import Head, Items, JsonParser, Record, Skip


class _Result(msgspec.Struct, rename="camel"):
    """A result of the plain list. `type` tells the engine."""

    type: str | None = None
    id: str | None = None
    similarity_id: Any = None
    status: str | None = None
    state: str | None = None
    severity: str | None = None
    data: dict[str, Any] | None = None
    vulnerability_details: dict[str, Any] | None = None
    location: dict[str, Any] | None = None
    name: str | None = None
    cve: str | None = None
    found_at: Any = None


_STATES = {
    "not_exploitable": State.FALSE_POSITIVE,
    "ignored": State.ACCEPTED,
    "muted": State.SUPPRESSED,
    "snoozed": State.SUPPRESSED,
}
_Fields = dict[str, Any]


def _state(found: _Fields) -> State:
    """Both spellings occur: `NOT_EXPLOITABLE` and `Not Exploitable`."""
    word = str(found.get("state") or "").lower().replace(" ", "_")
    return State.FIXED if str(found.get("status")).lower() == "fixed" else _STATES.get(word, State.OPEN)


def _shared(found: _Fields, asset: str, score: float | None = None) -> _Fields:
    grade, derived = graded(found.get("severity"), score)
    return {
        "asset": asset,
        "severity": grade,
        "severity_derived": derived,
        "score": score,
        "state": _state(found),
        "reason": str(found.get("state") or "") if _state(found) is not State.OPEN else "",
        "seen": moment(found.get("foundAt")),  # in the latest scan; `firstFoundAt` is the first one
    }


def _query(name: Any) -> str:
    if not name:
        raise KeyError("queryName")
    return f"checkmarx:{name}"


def _sast(found: _Fields, query: Any, node: _Fields, weakness: Any, asset: str) -> Observation:
    return Observation(
        kind=Kind.CODE,
        vulnerability=_query(query),
        title=str(query).replace("_", " "),
        cwes=cwes(weakness),
        location=path(node.get("fileName")),
        line=line(node.get("line")),
        fingerprint=str(found.get("similarityId") or ""),
        **_shared(found, asset),
    )


def _iac(found: _Fields, query: Any, file: Any, at: Any, asset: str) -> Observation:
    return Observation(
        kind=Kind.CONFIG,
        vulnerability=_query(query),
        title=str(query),
        location=path(file),
        line=line(at),
        **_shared(found, asset),
    )


def _package(found: _Fields, own: str, package: tuple[str, str, str], asset: str, **more: Any) -> Observation:
    ecosystem, name, version = package
    details = found.get("vulnerabilityDetails") or {}
    return Observation(
        kind=Kind.PACKAGE,
        vulnerability=own,
        title=f"{own} in {name}",
        component=name,
        version=version,
        ecosystem=ecosystem,
        purl=purl(ecosystem, name),
        **_shared(found, asset, number(details.get("cvssScore") or found.get("score"))),
        **more,
    )


_IDENTIFIER = re.compile(r"^(?P<manager>[A-Za-z]+)-(?P<name>.+?)-(?P<version>v?\d.*)$")


def _identified(text: Any) -> tuple[str, str, str]:
    """(manager, name, version) of Checkmarx' package ids, such as `Npm-lodash-4.17.15`."""
    found = _IDENTIFIER.match(str(text or ""))
    return (found["manager"], found["name"], found["version"]) if found else ("", str(text or ""), "")


def _listed(found: _Result, asset: str) -> Observation:
    """A result of the plain list, by its engine."""
    data, details = found.data or {}, found.vulnerability_details or {}
    fields = msgspec.to_builtins(found)
    engine = (found.type or "").lower()
    own = str(details.get("cveName") or found.cve or found.similarity_id or found.id)
    fixed = tuple(str(v) for v in (data.get("recommendedVersion"),) if str(v or "")[:1].isdigit())
    weakness = cwes(details.get("cweId"))
    if engine == "containers" or data.get("imageName"):
        tag = ":".join(filter(None, (data.get("imageName"), data.get("imageTag"))))
        package = ("", str(data.get("packageName") or ""), str(data.get("packageVersion") or ""))
        return _package(fields, own, package, f"image:{tag}" if tag else asset, cwes=weakness, fixed=fixed)
    if engine.startswith("sca"):
        return _package(fields, own, _identified(data.get("packageIdentifier")), asset, cwes=weakness, fixed=fixed)
    if engine.startswith("kics") or engine == "iac":
        file = data.get("filename") or data.get("fileName")
        return _iac(fields, data.get("queryName"), file, data.get("line"), asset)
    if engine.startswith("sscs"):
        return _secret(fields, data, asset)
    place = found.location or {}
    flat = {"fileName": data.get("fileName") or place.get("file"), "line": data.get("line") or place.get("start_line")}
    node = (parts(data, "nodes") or [flat])[-1]  # from the source to the sink, as in the scan reports
    return _sast(fields, data.get("queryName") or found.name, node, weakness, asset)


def _secret(found: _Fields, data: _Fields, asset: str) -> Observation:
    is_secret = "secret" in str(found.get("type"))
    return Observation(
        kind=Kind.SECRET if is_secret else Kind.CONFIG,
        vulnerability=_query(data.get("ruleName") or data.get("queryName")),
        title=str(data.get("ruleName") or data.get("queryName")),
        location=path(data.get("filename")),
        line=line(data.get("line")),
        fingerprint=(digest(data.get("snippet")) or str(found.get("similarityId") or "")) if is_secret else "",
        exploited=str(data.get("validity")).lower() == "valid",
        **_shared(found, asset),
    )


def _grouped(record: Record, asset: str) -> Observation:
    """A result of a scan report, whose groups tell the query or the package."""
    found, group = record.value, record.parents[-1]
    if record.path.startswith("scaScanResults"):
        package = record.parents[-2]
        name, version = str(package["packageName"]), str(package.get("packageVersion") or "")
        words = (_identified(package.get("packageId"))[0], name, version)
        own = str(found.get("cve") or found.get("id") or found["resultId"])
        return _package(found, own, words, asset, cwes=cwes(group.get("categoryName")))
    if record.path.startswith("iacScanResults"):
        return _iac(found, group.get("queryName"), found.get("fileName"), found.get("line"), asset)
    node = {"fileName": found.get("destinationFileName"), "line": found.get("destinationLine")}
    if not node["fileName"]:
        node = {"fileName": found.get("sourceFileName"), "line": found.get("sourceLine")}
    return _sast(found, group.get("queryName"), node, group.get("cweId"), asset)


def _asset(record: Record) -> str:
    project = at(record.parents[0], "reportHeader", "projectName")
    return f"project:{project}" if project else ""


def _observe(record: Record, context: Any) -> Items:
    found, asset = record.value, _asset(record)
    observation = _listed(found, asset) if isinstance(found, _Result) else _grouped(record, asset)
    yield observation
    if observation.asset != asset:
        yield Coverage(observation.asset)


_UNREAD = ("containerScanResults", "scsScanResults", "apiSecScanResults")


def _cover(roots: Any) -> Iterator[Coverage | Skip]:
    for root in (root for root in roots if isinstance(root, dict)):
        project = at(root, "reportHeader", "projectName")
        yield Coverage(f"project:{project}" if project else "", succeeded="totalCount" not in root)
        for section in _UNREAD:
            if root.get(section):
                yield Skip(f"section {section} is not read")


def _dated(roots: Any) -> datetime | None:
    return next((moment(root.get("reportCreationDate")) for root in roots if isinstance(root, dict)), None)


def _sniff(head: Head) -> bool:
    top = head.object
    listed = head.first("results") or head.first("vulnerabilities")
    if "similarityId" in listed and ("state" in listed or "data" in listed):
        return True
    sections = ("scanResults", "iacScanResults", "scaScanResults")
    return ("results" in top and "scanID" in top) or ("reportHeader" in top and any(name in top for name in sections))


PARSER = JsonParser(
    name="checkmarx_one",
    sniff=_sniff,
    observe=_observe,
    cover=_cover,
    dated=_dated,
    secrets=True,
    records={
        "results[]": _Result,
        "vulnerabilities[]": _Result,
        "scanResults.resultsList[].vulnerabilities[]": dict,
        "scanResults.languages[].queries[].vulnerabilities[]": dict,
        "iacScanResults.technology[].queries[].resultsList[]": dict,
        "scaScanResults.packages[].packageCategory[].categoryResults[]": dict,
        "vulnerabilityDetails[]": None,
    },
)
