"""Bandit: `bandit -r . -f json`, all versions.

One code finding per issue, known by its rule, its file and the flagged line, wherever that line moves. Files Bandit could not
parse (`errors`) make the scan partial: it then closes nothing.
"""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from detente.model.finding import Coverage, Kind, Observation
from detente.queue.fields import cwes, dated, line, path, severity
from detente.queue.identity import snippet
from detente.queue.report import Head, Items, JsonParser, Record


class _Issue(msgspec.Struct):
    test_id: str
    filename: str
    test_name: str | None = None
    issue_text: str | None = None
    issue_severity: str | None = None
    issue_cwe: dict[str, Any] | None = None
    line_number: Any = None
    code: str | None = None


def _flagged(code: str, number: int | None) -> str:
    """The flagged line of an excerpt whose lines all start with their numbers."""
    found = re.search(rf"^{number}\s(.*)$", code, re.MULTILINE)
    return found.group(1) if found else ""


_dated = dated("generated_at")


def _observe(record: Record, roots: Any) -> Items:
    found, at = record.value, line(record.value.line_number)
    code = _flagged(found.code or "", at)
    yield Observation(
        kind=Kind.CODE,
        vulnerability=found.test_id,
        title=found.issue_text or found.test_name or found.test_id,
        asset="",
        severity=severity(found.issue_severity),
        cwes=cwes((found.issue_cwe or {}).get("id")),
        location=path(found.filename),
        line=at,
        fingerprint=snippet(code) if code.strip() else "",
        seen=_dated([*record.parents]),
    )


def _cover(roots: Any) -> Iterator[Coverage]:
    yield from (Coverage("", succeeded=not root.get("errors")) for root in roots if isinstance(root, dict))


def _sniff(head: Head) -> bool:
    top = head.object
    return {"test_id", "issue_text"} <= head.first("results").keys() or (
        "generated_at" in top and "metrics" in top and "check_type" not in top
    )


PARSER = JsonParser(
    name="bandit",
    sniff=_sniff,
    observe=_observe,
    cover=_cover,
    dated=_dated,
    secrets=True,  # B105 to B107 quote hard-coded passwords
    records={"results[]": _Issue, "metrics{}": None},
)
