"""Semgrep: `semgrep scan --json` (Community and Pro), and the list of supply-chain findings of its web API (`vulns`).

Code findings are known by the fingerprint Semgrep gives to users who are logged in, else by the matched lines. Secrets rules
give secrets, supply-chain rules give vulnerable packages with their reachability. `nosemgrep` comments are read as suppressed,
triaged supply-chain findings with their state. A scan with errors, and a page of the API that is not the last, closes nothing.
ERROR means high, WARNING medium, INFO low.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from detente.model.finding import Coverage, Kind, Observation, Reach, Severity, State
from detente.queue.convert import Essential
from detente.queue.fields import at, cwes, line, named, parts, path, severity, text
from detente.queue.identity import snippet
from detente.queue.purl import purl
from detente.queue.report import Head, Items, JsonParser, Record


class _Result(msgspec.Struct):
    check_id: str
    path: Essential[str] = ""
    start: dict[str, Any] | None = None
    extra: dict[str, Any] | None = None


class _Vulnerability(msgspec.Struct, rename="camel"):
    advisory: dict[str, Any]
    title: str | None = None
    exposure_type: str | None = None
    repository_name: str | None = None
    matched_dependency: Essential[dict[str, Any] | None] = None
    closest_safe_dependency: dict[str, Any] | None = None
    dependency_file_location: dict[str, Any] | None = None
    triage: dict[str, Any] | None = None
    package_manager: str | None = None


_SEVERITY = {"ERROR": Severity.HIGH, "WARNING": Severity.MEDIUM, "INFO": Severity.LOW}
_STATE = {"FIXED": State.FIXED, "CLOSED": State.FIXED, "REMOVED": State.FIXED, "IGNORED": State.SUPPRESSED}
_DISMISSED = {"FALSE_POSITIVE": State.FALSE_POSITIVE, "ACCEPTABLE_RISK": State.ACCEPTED}
_REACH = {"REACHABLE": Reach.CALLED, "UNREACHABLE": Reach.UNREACHABLE}
_LOGIN = "requires login"


def _grade(word: Any) -> Severity:
    return _SEVERITY.get(str(word).upper(), severity(word))


def _code(found: _Result) -> Observation:
    extra = found.extra or {}
    is_secret = ".secrets." in f".{found.check_id}." or "validation_state" in extra
    lines, proof = text(extra.get("lines")), text(extra.get("fingerprint"))
    message = (text(extra.get("message")) or found.check_id).strip().partition("\n")[0]
    return Observation(
        kind=Kind.SECRET if is_secret else Kind.CODE,
        vulnerability=found.check_id,
        title=found.check_id.rpartition(".")[2] if is_secret else message,
        asset="",
        severity=_grade(extra.get("severity")),
        cwes=cwes(at(extra, "metadata", "cwe")),
        location=path(found.path),
        line=line((found.start or {}).get("line")),
        fingerprint=proof if proof not in ("", _LOGIN) else snippet(lines) if lines.strip() not in ("", _LOGIN) else "",
        state=State.SUPPRESSED if extra.get("is_ignored") else State.OPEN,
        exploited=extra.get("validation_state") == "CONFIRMED_VALID",
    )


def _dependency(found: _Result, sca: dict[str, Any]) -> Observation:
    """A result of a supply-chain rule in a scan of the command line."""
    extra = found.extra or {}
    metadata, package = extra.get("metadata"), at(sca, "dependency_match", "found_dependency")
    aliases, related = named(at(metadata, "sca-vuln-database-identifier"))
    name, ecosystem = text(package["package"]), text(at(package, "ecosystem"))
    fixes = (fix.values() for fix in parts(metadata, "sca-fix-versions"))
    return Observation(
        kind=Kind.PACKAGE,
        vulnerability=found.check_id.rpartition(".")[2],
        aliases=aliases,
        related=related,
        title=(text(extra.get("message")) or found.check_id).strip().partition("\n")[0],
        asset="",
        severity=_grade(at(metadata, "sca-severity") or extra.get("severity")),
        cwes=cwes(at(metadata, "cwe")),
        component=name,
        version=text(package.get("version")),
        ecosystem=ecosystem,
        purl=purl(ecosystem, name),
        fixed=tuple(filter(None, (text(version) for fix in fixes for version in fix))),
        location=path(text(package.get("lockfile_path")) or found.path),
        reach=Reach.CALLED if sca.get("reachable") else Reach.REQUIRED,
        state=State.SUPPRESSED if extra.get("is_ignored") else State.OPEN,
    )


def _ecosystem(found: _Vulnerability, place: str) -> str:
    """The advisory names one of several ecosystems; the file the dependency stands in knows which."""
    manager = found.package_manager or ""
    if manager not in ("", "no_package_manager"):
        return manager
    return "pypi" if "requirements" in place else str(found.advisory.get("ecosystem") or "")


def _vulnerability(found: _Vulnerability) -> Observation:
    references = found.advisory.get("references")
    aliases, related = named(at(references, "cveIds"))
    package, triage = found.matched_dependency or {}, found.triage or {}
    place = found.dependency_file_location or {}
    name, ecosystem = text(package.get("name")), _ecosystem(found, path(text(place.get("path"))))
    state = _STATE.get(str(triage.get("status")), State.OPEN)
    why = str(triage.get("dismissReason") or "")
    safe = text(at(found.closest_safe_dependency, "versionSpecifier"))
    return Observation(
        kind=Kind.PACKAGE,
        vulnerability=text(found.advisory["ruleId"]),
        aliases=aliases,
        related=related,
        title=str(found.title or found.advisory.get("title") or ""),
        asset=f"repo:{found.repository_name}" if found.repository_name else "",
        severity=_grade(found.advisory.get("severity")),
        cwes=cwes(at(references, "cweIds")),
        component=name,
        version=text(package.get("versionSpecifier")),
        ecosystem=ecosystem,
        purl=purl(ecosystem, name),
        fixed=(safe,) if safe else (),
        location=path(text(place.get("path"))),
        line=line(place.get("startLine")),
        state=_DISMISSED.get(why, state) if state is State.SUPPRESSED else state,
        reason="" if why == "UNKNOWN_REASON" else why,
        reach=_REACH.get(str(found.exposure_type), Reach.UNKNOWN),
    )


def _observe(record: Record, context: Any) -> Items:
    found = record.value
    if isinstance(found, _Vulnerability):
        observation = _vulnerability(found)
        yield observation
        yield Coverage(observation.asset, succeeded=not record.parents[0].get("hasMore"))
        return
    sca = (found.extra or {}).get("sca_info")
    yield _dependency(found, sca) if sca else _code(found)


def _cover(roots: Any) -> Iterator[Coverage]:
    for root in roots:
        if isinstance(root, dict) and "results" in root:
            levels = (error.get("level", "error") for error in parts(root, "errors"))
            yield Coverage("", succeeded="error" not in levels)


def _sniff(head: Head) -> bool:
    top = head.object
    if (
        "check_id" in head.first("results")
        or "advisory" in head.first("vulns")
        or ("vulns" in top and "hasMore" in top)
    ):
        return True
    return top.get("results") == [] and "errors" in top and not {"metrics", "generated_at", "scanID"} & top.keys()


PARSER = JsonParser(
    name="semgrep",
    sniff=_sniff,
    observe=_observe,
    cover=_cover,
    secrets=True,
    records={
        "results[]": _Result,
        "vulns[]": _Vulnerability,
        "paths.scanned[]": None,
        "paths.skipped[]": None,
        "time.targets[]": None,
    },
)
