"""Checkov: `checkov -d . -o json`, one object or a list of them (one per framework).

Failed checks become findings: configuration at a file and resource, secrets for the secrets framework, code for SAST,
vulnerable packages for SCA. Checks skipped by a comment are read as suppressed with that comment; passed and unknown checks
are skipped. The lists count, not the `summary`. Each framework closes only its own; files it could not parse make it partial.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from detente.model.finding import Coverage, Kind, Observation, State
from detente.queue.convert import Essential
from detente.queue.fields import at, cwes, digest, graded, line, number, path, severity
from detente.queue.identity import snippet
from detente.queue.purl import purl
from detente.queue.report import Head, Items, JsonParser, Record, Skip


class _Check(msgspec.Struct):
    check_id: str
    check_name: str | None = None
    check_result: dict[str, Any] | None = None
    resource: Essential[str | None] = None
    file_path: Essential[str | None] = None
    file_line_range: list[Any] | None = None
    code_block: list[Any] | None = None
    severity: str | None = None
    cwe: Any = None
    vulnerability_details: dict[str, Any] | None = None


class _Passed(msgspec.Struct):
    """A check nobody needs to read."""


def _framework(parents: tuple[Any, ...]) -> str:
    return str(next((parent["check_type"] for parent in reversed(parents) if "check_type" in parent), ""))


def _lines(found: _Check) -> str:
    """The flagged lines of a block of [number, text] pairs."""
    return "".join(str(pair[1]) for pair in found.code_block or () if isinstance(pair, list) and len(pair) == 2)


def _check(found: _Check, framework: str, state: State, reason: str) -> Observation:
    is_secret = framework == "secrets"
    kind = Kind.SECRET if is_secret else Kind.CODE if framework.startswith("sast") else Kind.CONFIG
    place, resource = path(found.file_path), found.resource or ""
    code = _lines(found)
    return Observation(
        kind=kind,
        vulnerability=found.check_id,
        title=found.check_name or found.check_id,
        asset="",
        target=framework,
        severity=severity(found.severity),
        cwes=cwes(found.cwe),
        component="" if is_secret else resource,
        location="#".join(filter(None, (place, resource))) if kind is Kind.CONFIG else place,
        line=line(next(iter(found.file_line_range or ()), None)),
        fingerprint=digest(resource) if is_secret else snippet(code) if kind is Kind.CODE and code.strip() else "",
        state=state,
        reason=reason,
    )


def _package(found: _Check, details: dict[str, Any], framework: str, state: State, reason: str) -> Observation:
    own = str(details.get("id") or found.check_id)
    name, ecosystem = str(details.get("package_name") or ""), str(details.get("package_type") or "")
    score = number(details.get("cvss"))
    grade, derived = graded(found.severity or details.get("severity"), score)
    fixed = str(details.get("lowest_fixed_version") or details.get("fix_version") or "")
    return Observation(
        kind=Kind.PACKAGE,
        vulnerability=own,
        title=found.check_name or f"{own} in {name}",
        asset="",
        target=framework,
        severity=grade,
        severity_derived=derived,
        score=score,
        vector=str(details.get("vector") or ""),
        component=name,
        version=str(details.get("package_version") or ""),
        ecosystem=ecosystem,
        purl=purl(ecosystem, name),
        fixed=(fixed,) if fixed[:1].isdigit() else (),
        location=path(found.file_path),
        state=state,
        reason=reason,
    )


def _observe(record: Record, context: Any) -> Items:
    found = record.value
    if isinstance(found, _Passed):
        yield Skip(f"check {record.path.rpartition('.')[2].removesuffix('_checks[]')}")
        return
    framework = _framework(record.parents)
    is_skipped = record.path.endswith("skipped_checks[]")
    state = State.SUPPRESSED if is_skipped else State.OPEN
    reason = str((found.check_result or {}).get("suppress_comment") or "") if is_skipped else ""
    details = found.vulnerability_details
    if details and details.get("package_name"):
        yield _package(found, details, framework, state, reason)
    else:
        yield _check(found, framework, state, reason)


def _cover(roots: Any) -> Iterator[Coverage]:
    for root in roots:
        for scan in root if isinstance(root, list) else [root]:
            if isinstance(scan, dict) and "check_type" in scan:
                yield Coverage("", str(scan["check_type"]), succeeded=not at(scan, "results", "parsing_errors"))


def _sniff(head: Head) -> bool:
    top = head.object
    return ("check_type" in top and ("results" in top or "summary" in top)) or "checkov_version" in top


_LISTS = {"failed_checks": _Check, "skipped_checks": _Check, "passed_checks": _Passed, "unknown_checks": _Passed}

PARSER = JsonParser(
    name="checkov",
    sniff=_sniff,
    observe=_observe,
    cover=_cover,
    secrets=True,
    records={f"{holder}results.{name}[]": kind for holder in ("", "[].") for name, kind in _LISTS.items()},
)
