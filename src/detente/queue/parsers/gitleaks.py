"""Gitleaks: `gitleaks git|dir --report-format json` (version 8) and `--report` of version 7; none found is `null` or `[]`.

One finding per rule, file and secret; the same secret in several commits is met several times. The secret itself is never
stored, only a digest. Reports written with `--redact` cannot tell secrets apart: there the commit and the line do. Gitleaks
states no severity; a leaked secret is taken as high.
"""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from detente.model.finding import Coverage, Kind, Observation, Severity
from detente.queue.convert import Essential
from detente.queue.fields import digest, line, path
from detente.queue.report import Head, Items, JsonParser, Record


class _Leak(msgspec.Struct):
    """Version 8 writes its keys in capitals, version 7 in small letters."""

    RuleID: str | None = None
    Description: str | None = None
    File: Essential[str | None] = None
    SymlinkFile: str | None = None
    Secret: Essential[str | None] = None
    Match: Essential[str | None] = None
    StartLine: Any = None
    Commit: str | None = None
    rule: str | None = None
    file: Essential[str | None] = None
    offender: Essential[str | None] = None
    line_number: Any = msgspec.field(name="lineNumber", default=None)
    commit: str | None = None
    repo: str | None = None
    repo_url: str | None = msgspec.field(name="repoURL", default=None)


def _asset(found: _Leak) -> str:
    """Version 7 names the repository, if it was not the present folder."""
    address = (found.repo_url or "").removesuffix(".git").rstrip("/")
    name = "/".join(re.split(r"[/:]", address)[-2:]) if address else (found.repo or "")
    return f"repo:{name}" if name.strip("./") else ""


def _observe(record: Record, context: Any) -> Items:
    found: _Leak = record.value
    rule, file = found.RuleID or found.rule, path(found.File or found.file or found.SymlinkFile)
    if not rule:
        raise KeyError("RuleID")
    at = line(found.StartLine if found.RuleID else found.line_number)
    secret = found.Secret or found.Match or found.offender
    place = digest(f"{found.Commit or found.commit or ''}:{at}")
    yield Observation(
        kind=Kind.SECRET,
        vulnerability=rule,
        title=f"{found.Description or rule} in {file}",
        asset=_asset(found),
        severity=Severity.HIGH,
        severity_derived=True,
        cwes=(798,),
        location=file,
        line=at,
        fingerprint=digest(secret) or place,
    )
    yield Coverage(_asset(found))


def _cover(roots: Any) -> Iterator[Coverage]:
    """An empty list is a scan that found nothing; `null` may be a scan that never ran."""
    yield from (Coverage("") for root in roots if isinstance(root, list))


def _sniff(head: Head) -> bool:
    top = head.object
    return ("RuleID" in top and ("Secret" in top or "Match" in top)) or {"rule", "offender", "commit"} <= top.keys()


PARSER = JsonParser(
    name="gitleaks", sniff=_sniff, observe=_observe, cover=_cover, secrets=True, records={"[]": _Leak, "": _Leak}
)
