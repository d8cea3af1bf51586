"""Checkov: `checkov -d . -o json`, one object or a list of them (one per framework).

Failed checks become findings: configuration at a file and resource, secrets for the secrets framework, code for SAST,
vulnerable packages for SCA. Checks skipped by a comment are read as suppressed with that comment; passed and unknown checks
are skipped. The lists count, not the `summary`. Each framework closes only its own; files it could not parse make it partial.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from detente.model.finding import Coverage, Kind, Observation, State
from detente.queue import facets
from detente.queue.convert import Essential
from detente.queue.fields import at, cwes, digest, line, number, parts, path, severity, text
from detente.queue.identity import snippet
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


def _check(found: _Check, framework: str, **known: Any) -> Observation:
    is_secret = framework == "secrets"
    kind = Kind.SECRET if is_secret else Kind.CODE if framework.startswith("sast") else Kind.CONFIG
    place, resource = path(found.file_path), found.resource or ""
    pairs = (pair for pair in found.code_block or () if isinstance(pair, list) and len(pair) == 2)
    code = "".join(str(words) for _, words in pairs)
    return Observation(
        kind=kind,
        vulnerability=found.check_id,
        title=found.check_name or found.check_id,
        severity=severity(found.severity),
        cwes=cwes(found.cwe),
        component="" if is_secret else resource,
        location="#".join(filter(None, (place, resource))) if kind is Kind.CONFIG else place,
        line=line(next(iter(found.file_line_range or ()), None)),
        fingerprint=digest(resource) if is_secret else snippet(code) if kind is Kind.CODE and code.strip() else "",
        **known,
    )


def _package(found: _Check, details: dict[str, Any], **known: Any) -> Observation:
    own, word = str(details.get("id") or found.check_id), found.severity or details.get("severity")
    ecosystem, name, version = (str(details.get(f"package_{key}") or "") for key in ("type", "name", "version"))
    fixed = text(details.get("lowest_fixed_version") or details.get("fix_version"))
    return Observation(
        kind=Kind.PACKAGE,
        vulnerability=own,
        title=found.check_name or f"{own} in {name}",
        **facets.rating(word, (details.get("vector"), number(details.get("cvss")))),
        **facets.package(ecosystem, name, version),
        fixed=(fixed,) if fixed[:1].isdigit() else (),
        location=path(found.file_path),
        **known,
    )


def _observe(record: Record, context: Any) -> Items:
    found = record.value
    if isinstance(found, _Passed):
        yield Skip(f"check {record.path.rpartition('.')[2].removesuffix('_checks[]')}")
        return
    framework = str(next((parent["check_type"] for parent in reversed(record.parents) if "check_type" in parent), ""))
    known: dict[str, Any] = {"asset": "", "target": framework}
    if record.path.endswith("skipped_checks[]"):
        known |= {"state": State.SUPPRESSED, "reason": text((found.check_result or {}).get("suppress_comment"))}
    details = found.vulnerability_details
    if details and details.get("package_name"):
        yield _package(found, details, **known)
    else:
        yield _check(found, framework, **known)


def _cover(roots: Any) -> Iterator[Coverage]:
    for scan in (scan for root in roots for scan in parts(root)):
        if "check_type" in scan:
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
