"""Semgrep: `semgrep scan --json` (Community and Pro).

Code findings are known by the fingerprint Semgrep gives to users who are logged in, else by the matched lines. Secrets rules
give secrets, supply-chain rules give vulnerable packages with their reachability. `nosemgrep` comments are read as suppressed.
A scan with errors closes nothing. ERROR means high, WARNING medium, INFO low.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from detente.model.finding import Coverage, Kind, Observation, Reach, Severity, State
from detente.queue import facets
from detente.queue.convert import Essential
from detente.queue.fields import at, cwes, line, parts, path, severity, text, versions
from detente.queue.identity import snippet
from detente.queue.report import Head, Items, JsonParser, Record


class _Result(msgspec.Struct):
    check_id: str
    path: Essential[str] = ""
    start: dict[str, Any] | None = None
    extra: dict[str, Any] | None = None


_LOGIN = "requires login"


def _grade(word: Any) -> Severity:
    return Severity.LOW if str(word).upper() == "INFO" else severity(word)


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
    name, ecosystem = text(package["package"]), text(at(package, "ecosystem"))
    fixes = (fix.values() for fix in parts(metadata, "sca-fix-versions"))
    return Observation(
        kind=Kind.PACKAGE,
        vulnerability=found.check_id.rpartition(".")[2],
        **facets.names(at(metadata, "sca-vuln-database-identifier")),
        title=(text(extra.get("message")) or found.check_id).strip().partition("\n")[0],
        asset="",
        severity=_grade(at(metadata, "sca-severity") or extra.get("severity")),
        cwes=cwes(at(metadata, "cwe")),
        **facets.package(ecosystem, name, text(package.get("version"))),
        fixed=versions(*(version for fix in fixes for version in fix)),
        location=path(text(package.get("lockfile_path")) or found.path),
        reach=Reach.CALLED if sca.get("reachable") else Reach.REQUIRED,
        state=State.SUPPRESSED if extra.get("is_ignored") else State.OPEN,
    )


def _observe(record: Record, context: Any) -> Items:
    found = record.value
    sca = (found.extra or {}).get("sca_info")
    yield _dependency(found, sca) if sca else _code(found)


def _cover(roots: Any) -> Iterator[Coverage]:
    for root in parts(roots):
        if "results" in root:
            levels = (error.get("level", "error") for error in parts(root, "errors"))
            yield Coverage("", succeeded="error" not in levels)


def _sniff(head: Head) -> bool:
    top = head.object
    is_empty = top.get("results") == [] and "errors" in top and not {"metrics", "generated_at", "scanID"} & top.keys()
    return is_empty or "check_id" in head.first("results")


PARSER = JsonParser(
    name="semgrep",
    sniff=_sniff,
    observe=_observe,
    cover=_cover,
    secrets=True,
    records={"results[]": _Result, **dict.fromkeys(("paths.scanned[]", "paths.skipped[]", "time.targets[]"))},
)
