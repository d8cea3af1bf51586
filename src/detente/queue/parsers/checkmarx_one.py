"""Checkmarx One: the list of results by `cx results show --report-format json`.

SAST results become code findings, known by their similarity id; infrastructure results (KICS) configuration; SCA and container
results vulnerable packages; results of secret detection secrets, without the value. "Not exploitable" is read as a false
positive; the other states ask for work. The list names no project, so say `--asset`; containers are known by their image. A
list with a `totalCount` may be one page of many: it closes nothing.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from detente.model.finding import Coverage, Kind, Observation
from detente.queue import checkmarx, facets
from detente.queue.fields import cwes, digest, line, parts, path, text
from detente.queue.report import Head, Items, JsonParser, Record


class _Result(msgspec.Struct, rename="camel"):
    """A result. `type` tells the engine."""

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


def _finding(found: _Result) -> Observation:
    """A result, by its engine."""
    data, fields, engine = found.data or {}, msgspec.to_builtins(found), (found.type or "").lower()
    weakness = cwes((found.vulnerability_details or {}).get("cweId"))
    if engine == "containers" or engine.startswith("sca") or data.get("imageName"):
        return _package(found, fields, data, weakness)
    if engine.startswith("kics") or engine == "iac":
        file = data.get("filename") or data.get("fileName")
        return checkmarx.infrastructure(fields, data.get("queryName"), file, data.get("line"), "")
    if engine.startswith("sscs"):
        return _secret(fields, data)
    place = found.location or {}
    flat = {"fileName": data.get("fileName") or place.get("file"), "line": data.get("line") or place.get("start_line")}
    node = (parts(data, "nodes") or [flat])[-1]  # from the source to the sink
    return checkmarx.code(fields, data.get("queryName") or found.name, node, weakness, "")


def _package(found: _Result, fields: dict[str, Any], data: dict[str, Any], weakness: tuple[int, ...]) -> Observation:
    own = str((found.vulnerability_details or {}).get("cveName") or found.cve or found.similarity_id or found.id)
    wanted = text(data.get("recommendedVersion"))
    more = {"cwes": weakness, "fixed": (wanted,) if wanted[:1].isdigit() else ()}
    if (found.type or "").lower().startswith("sca") and not data.get("imageName"):
        return checkmarx.package(fields, own, checkmarx.identified(data.get("packageIdentifier")), "", **more)
    image = ":".join(filter(None, (text(data.get("imageName")), text(data.get("imageTag")))))
    package = facets.package("", text(data.get("packageName")), text(data.get("packageVersion")))
    return checkmarx.package(fields, own, package, facets.asset("image", image), **more)


def _secret(found: dict[str, Any], data: dict[str, Any]) -> Observation:
    is_secret, rule = "secret" in str(found.get("type")), data.get("ruleName") or data.get("queryName")
    return Observation(
        kind=Kind.SECRET if is_secret else Kind.CONFIG,
        vulnerability=checkmarx.query(rule),
        title=str(rule),
        location=path(data.get("filename")),
        line=line(data.get("line")),
        fingerprint=(digest(data.get("snippet")) or str(found.get("similarityId") or "")) if is_secret else "",
        exploited=str(data.get("validity")).lower() == "valid",
        **checkmarx.shared(found, ""),
    )


def _observe(record: Record, context: Any) -> Items:
    observation = _finding(record.value)
    yield observation
    if observation.asset:
        yield Coverage(observation.asset)


def _cover(roots: Any) -> Iterator[Coverage]:
    return (Coverage("", succeeded="totalCount" not in root) for root in parts(roots))


def _sniff(head: Head) -> bool:
    first = head.first("results") or head.first("vulnerabilities")
    is_result = "similarityId" in first and ("state" in first or "data" in first)
    return is_result or ("results" in head.object and "scanID" in head.object)


PARSER = JsonParser(
    name="checkmarx_one",
    sniff=_sniff,
    observe=_observe,
    cover=_cover,
    secrets=True,
    records={"results[]": _Result, "vulnerabilities[]": _Result, "vulnerabilityDetails[]": None},
)
