"""Qualys: the CSV of a scan or host-based report, and the CSV of the PCI compliance module.

One finding per host, port and QID, named as in the XML report (`qid:91762`, or the one CVE it stands for). Preambles and host
summaries above the header are read over. A row without a QID tells that a host was scanned and clean, or could not be
reached; in a PCI report an approved false positive is read as one. Dates are month first in scan reports, day first in PCI
reports.
"""

from typing import Any

from detente.model.finding import Coverage, Kind, Observation, Severity, State
from detente.queue import cvss
from detente.queue.fields import ids, moment, number, severity
from detente.queue.hosts import first, host, named, place
from detente.queue.report import CsvParser, Head, Items, Record, Skip

_SCORES = (("CVSS3.1 Base", "CVSS3 Base"), ("CVSS Base", "CVSS_BASE"))


def _severity(row: dict[str, str]) -> Severity:
    if row.get("Type", row.get("TYPE", "")).lower().startswith(("ig", "info")):
        return Severity.INFO
    level = number(first(row, "Q_SEVERITY", "Severity"))
    return Severity(int(level)) if level and 1 <= level <= 5 else severity(row.get("SEVERITY"))


def _state(row: dict[str, str]) -> State:
    if row.get("FALSE POSITIVE STATUS", "").lower() == "approved":
        return State.FALSE_POSITIVE
    if "ignored" in row.get("Ticket State", "").lower():
        return State.SUPPRESSED
    return State.FIXED if row.get("Vuln Status") == "Fixed" else State.OPEN


def _seen(row: dict[str, str]) -> Any:
    scanned = first(row, "Last Detected")
    if scanned:
        return moment(scanned, "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M")
    return moment(first(row, "LAST SCAN"), "%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M:%S")


def _observe(record: Record, _: Any) -> Items:
    row: dict[str, str] = record.value
    asset, qid = host(*(row.get(key) for key in ("DNS", "FQDN", "HOSTNAME", "NetBIOS", "IP"))), first(row, "QID")
    if not qid:
        status = row.get("IP Status", "").lower()
        yield Coverage(asset, succeeded=status.startswith("host scanned"))
        yield Skip(status or "host without findings")
        return
    if not qid.isdigit():
        raise ValueError(f"the QID is {qid!r}")
    vulnerability, related = named(f"qid:{qid}", ids(first(row, "CVE ID", "CVEID", "CVE")))
    vector, score = cvss.best((first(row, *names), number(first(row, *names))) for names in _SCORES)
    yield Observation(
        kind=Kind.HOST,
        vulnerability=vulnerability,
        related=related,
        title=first(row, "Title", "VULN TITLE") or f"QID {qid}",
        asset=asset,
        severity=_severity(row),
        score=score,
        vector=vector,
        location=place(first(row, "Port", "PORT"), first(row, "Protocol", "PROTOCOL")),
        state=_state(row),
        seen=_seen(row),
    )


def _sniff(head: Head) -> bool:
    return head.has_columns("IP", "QID", "Vuln Status") or head.has_columns("IP", "QID", "Q_SEVERITY")


PARSER = CsvParser(name="qualys_csv", sniff=_sniff, observe=_observe, header=("IP", "QID"))
