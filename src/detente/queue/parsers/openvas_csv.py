"""OpenVAS and Greenbone: the report as CSV ("Download > CSV Results"), with or without its `QoD` column.

One finding per host, port and check, named as in the XML report: `openvas:` and the check's number, or the one CVE it stands
for (reports by CVE scanner have the CVE in place of the number). Log messages are information.
"""

from detente.model.finding import Kind, Observation, State
from detente.queue.fields import ids, moment, number, severity
from detente.queue.hosts import first, host, named, place
from detente.queue.report import CsvParser, Head, Items, Record


def _observe(record: Record, _: object) -> Items:
    row: dict[str, str] = record.value
    oid, name = first(row, "NVT OID"), first(row, "NVT Name")
    if not oid and not name:
        raise ValueError("the row names no check")
    own = ids(oid or name)
    vulnerability, related = named(f"openvas:{oid or name}", own or ids(row.get("CVEs", "")))
    false = row.get("Severity", "") == "False Positive"
    yield Observation(
        kind=Kind.HOST,
        vulnerability=vulnerability,
        related=() if own else related,
        title=name or oid,
        asset=host(row.get("Hostname"), row.get("IP")),
        severity=severity(row.get("Severity")),
        score=number(row.get("CVSS")),
        location=place(row.get("Port"), row.get("Port Protocol")),
        state=State.FALSE_POSITIVE if false else State.OPEN,
        epss=number(first(row, "EPSS Score", "EPSS")),
        seen=moment(row.get("Timestamp")),
    )


def _sniff(head: Head) -> bool:
    return head.has_columns("NVT OID", "NVT Name")


PARSER = CsvParser(name="openvas_csv", sniff=_sniff, observe=_observe, header=("NVT OID", "NVT Name"))
