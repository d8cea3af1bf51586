"""Nessus, Tenable Security Center and Tenable Web App Scanning: their CSV exports.

Nessus writes a row per host, port, plugin and CVE, so its rows become one finding per CVE; Security Center writes all CVEs in
one cell, and a plugin with several keeps its own number (`nessus:31649`). Web application findings belong to the scanned
site. A risk that was accepted in Security Center is read as accepted, with its comment. The asset is the host by its DNS name,
else by its NetBIOS name or address.
"""

import re
from typing import Any

from detente.model.finding import Kind, Observation, Severity, State
from detente.queue import cvss
from detente.queue.fields import day, ids, moment, number, severity
from detente.queue.hosts import first, host, named, place, said
from detente.queue.report import CsvParser, Head, Items, Record

_PRODUCT = re.compile(r"cpe:(?:/|2\.3:)a:[^:]*:([^:\s]+)")
_ZONE = re.compile(r"^(\w{3} \d{1,2}, \d{4} \d\d:\d\d:\d\d) (.*)$")
_SCORES = (
    (("CVSS V4 Vector", "CVSS v4.0 Vector"), ("CVSS V4 Base Score", "CVSS v4.0 Base Score", "CVSSv4")),
    (("CVSS V3 Vector", "CVSS v3.0 Vector"), ("CVSS V3 Base Score", "CVSS v3.0 Base Score", "CVSSv3")),
    (("CVSS V2 Vector", "CVSS v2.0 Vector"), ("CVSS V2 Base Score", "CVSS v2.0 Base Score", "CVSS")),
)


def _seen(row: dict[str, str]) -> Any:
    """`Feb 19, 2024 21:01:01 UTC`: zone names are ambiguous, so all are read as UTC, hours off at worst."""
    match = _ZONE.match(first(row, "Last Observed", "Host End", "Last Seen"))
    return moment(match[1], "%b %d, %Y %H:%M:%S") if match else moment(first(row, "Host End", "Last Seen"))


def _severity(row: dict[str, str]) -> Severity:
    word = first(row, "Severity", "Risk", "Risk Factor")
    if word.isdigit():
        return Severity(min(int(word), 4) + 1)
    return Severity.INFO if not word and row.get("Risk", "").lower() == "none" else severity(word)


def _observe(record: Record, _: Any) -> Items:
    row: dict[str, str] = record.value
    plugin = first(row, "Plugin ID", "Plugin")
    if not plugin.isdigit():
        raise ValueError(f"the plugin number is {plugin!r}")
    own, accepted = f"nessus:{plugin}", said(row.get("Accept Risk Comment"))
    vulnerability, related = named(own, ids(row.get("CVE", "")))
    vector, score = cvss.best((first(row, *names), number(first(row, *bases))) for names, bases in _SCORES)
    product = _PRODUCT.search(row.get("CPE", ""))
    is_web = row.get("Protocol", "").lower() in {"http", "https"}
    names = [row.get(column, "") for column in ("DNS Name", "FQDN", "Host", "NetBIOS Name", "IP Address")]
    name = host(*(text.rpartition("\\")[2] for text in names))  # NetBIOS writes WORKGROUP\\HOST
    yield Observation(
        kind=Kind.WEB if is_web else Kind.HOST,
        vulnerability=vulnerability,
        related=related,
        title=first(row, "Plugin Name", "Name", "Synopsis") or own,
        asset=name.replace("host:", "url:", 1) if is_web else name,
        severity=_severity(row),
        score=score,
        vector=vector,
        component=product[1] if product else "",
        released=day(_ZONE.sub(r"\1", first(row, "Patch Publication Date")), "%b %d, %Y %H:%M:%S"),
        location=place(row.get("Port"), row.get("Protocol")),
        state=State.ACCEPTED if accepted else State.OPEN,
        reason=accepted,
        exploited="CISA-KNOWN-EXPLOITED" in first(row, "Cross References", "XREF"),
        epss=number(first(row, "EPSS Score", "EPSS")),
        seen=_seen(row),
    )


def _sniff(head: Head) -> bool:
    return head.has_columns("Plugin", "Plugin Name", "Port") or head.has_columns("Plugin ID", "Risk", "Host", "Port")


PARSER = CsvParser(name="tenable_csv", version=2, sniff=_sniff, observe=_observe, header=("Protocol", "Port"))
