"""Reports on machines and appliances, as Nessus and Qualys write them. The numbers of the checks are the sample's own."""

import csv
import io
from collections.abc import Iterable
from datetime import datetime
from xml.sax.saxutils import escape, quoteattr

from detente.edge.sample.company import Asset, draw
from detente.edge.sample.facts import Weakness

Scanned = Iterable[tuple[Asset, Iterable[Weakness]]]

_QUALYS = (
    "Asset Name", "Asset IPV4", "QID", "Title", "Severity", "KB Severity", "Type Detected", "Last Detected", "Port",
    "Protocol", "Status", "CVE", "CVSSv3.1 Base (nvd)", "CVSSv3.1 Vector",
)  # fmt: skip


def address(host: Asset) -> str:
    """An address from the block reserved for benchmarks (RFC 2544)."""
    number = draw("address", host.name)
    return f"198.18.{number % 250}.{1 + number // 250 % 250}"


def nessus(scanned: Scanned, at: datetime) -> bytes:
    """A `.nessus` file, version 2."""
    hosts = "\n".join(_host(host, found, at) for host, found in scanned)
    return (
        f'<?xml version="1.0" ?>\n<NessusClientData_v2>\n<Report name="Pebblewick monthly">\n{hosts}\n'
        "</Report>\n</NessusClientData_v2>\n"
    ).encode()


def _host(host: Asset, found: Iterable[Weakness], at: datetime) -> str:
    items = "\n".join(map(_item, found))
    tags = {"host-fqdn": host.name, "host-ip": address(host), "HOST_END_TIMESTAMP": str(int(at.timestamp()))}
    listed = "".join(f'<tag name="{name}">{value}</tag>' for name, value in tags.items())
    return f'<ReportHost name="{host.name}"><HostProperties>{listed}</HostProperties>\n{items}\n</ReportHost>'


def _item(weakness: Weakness) -> str:
    version = "cvss3" if weakness.vector.startswith("CVSS:3") else "cvss"
    return (
        f'<ReportItem port="0" svc_name="general" protocol="tcp" severity="{max(weakness.severity - 1, 0)}" '
        f'pluginID="{number(weakness)}" pluginName={quoteattr(weakness.title)} pluginFamily="General">'
        f"<cve>{weakness.cve}</cve><{version}_vector>{escape(weakness.vector)}</{version}_vector>"
        f"<{version}_base_score>{weakness.score or 0}</{version}_base_score></ReportItem>"
    )


def number(weakness: Weakness) -> int:
    """The number of the check that looks for a weakness."""
    return 9_000_000 + draw("check", weakness.cve) % 1_000_000


def qualys(scanned: Scanned, at: datetime) -> bytes:
    """A VMDR "Asset Vuln Datalist Report" as CSV, listed by CVE."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_QUALYS)
    for host, found in scanned:
        for weakness in found:
            writer.writerow(_row(host, weakness, f"{at:%m/%d/%Y %H:%M:%S}"))
    return out.getvalue().encode()


def _row(host: Asset, weakness: Weakness, seen: str) -> tuple[object, ...]:
    level, score = max(int(weakness.severity), 1), weakness.score or ""
    told = (
        host.name,
        address(host),
        number(weakness),
        weakness.title,
        level,
        level,
        "Confirmed",
        seen,
        "",
        "",
        "ACTIVE",
    )
    return (*told, weakness.cve, score, weakness.vector)
