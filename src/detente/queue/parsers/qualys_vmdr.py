"""Qualys VMDR: the "Asset Vuln Datalist Report" as CSV, listed by QID or by CVE, with or without its three title rows.

One finding per asset, port and vulnerability: the CVE where the report lists CVEs, else `qid:100269`. Severity is the level
from 1 (information) to 5 (critical). Fixed, ignored and disabled detections are read with that state. Real-time threat
indicators that say a weakness is attacked (active attacks, ransomware, malware, zero day, CISA's catalogue) mark it exploited.
"""

import re
from typing import Any

from detente.model.finding import Kind, Observation, Severity, State
from detente.queue import cvss
from detente.queue.fields import ids, moment, number
from detente.queue.hosts import first, host, named, place
from detente.queue.report import CsvParser, Head, Items, Record

_ATTACKED = re.compile(r"active|ransomware|malware|zero.?day|cisa", re.IGNORECASE)
_SCORES = ("CVSSv4.0 Base (nvd)", "CVSSv3.1 Base (nvd)", "CVSSv3.1 Base", "CVSSv2 Base (nvd)", "CVSSv2 Base")


def _prepare(head: Any) -> Any:
    """When the report was made, from its title row."""
    cells = [cell for row in head["preamble"] for cell in row]
    return next((when for cell in cells if (when := moment(cell, "%d %b %Y %I:%M%p GMT%z"))), None)


def _state(row: dict[str, str]) -> tuple[State, str]:
    for column in ("Ignored", "Disabled"):
        if row.get(column, "").lower() in {"yes", "true"}:
            return State.SUPPRESSED, column.lower()
    return (State.FIXED if row.get("Status", "").upper() == "FIXED" else State.OPEN), ""


def _severity(row: dict[str, str]) -> Severity:
    if row.get("Type Detected", "").lower().startswith("info"):
        return Severity.INFO
    level = number(first(row, "Severity", "KB Severity"))
    return Severity(int(level)) if level and 1 <= level <= 5 else Severity.UNKNOWN


def _observe(record: Record, made: Any) -> Items:
    row: dict[str, str] = record.value
    qid = first(row, "QID")
    if not qid.isdigit():
        raise ValueError(f"the QID is {qid!r}")
    vulnerability, related = named(f"qid:{qid}", ids(row.get("CVE", "")))
    score = next((value for column in _SCORES if (value := number(row.get(column)))), None)
    state, reason = _state(row)
    yield Observation(
        kind=Kind.HOST,
        vulnerability=vulnerability,
        related=related,
        title=first(row, "Title", "CVE-Description") or vulnerability,
        asset=host(*(row.get(key) for key in ("Asset Name", "Asset IPV4", "Asset IPV6", "Asset Id"))),
        severity=_severity(row),
        score=score,
        vector=cvss.normal(first(row, "CVSSv3.1 Vector", "CVSS Vector")),
        location=place(row.get("Port"), row.get("Protocol")),
        state=state,
        reason=reason,
        exploited=bool(_ATTACKED.search(row.get("RTI", ""))),
        seen=made or moment(row.get("Last Detected")),
    )


def _sniff(head: Head) -> bool:
    return head.has_columns("QID", "KB Severity")


PARSER = CsvParser(
    name="qualys_vmdr",
    sniff=_sniff,
    prepare=_prepare,
    observe=_observe,
    dated=lambda made: made,
    header=("QID", "KB Severity"),
)
