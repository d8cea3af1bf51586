"""Prisma Cloud Compute (Twistlock): the console's vulnerability and compliance export as CSV.

A row with a `CVE ID` is a vulnerable package of an image or host, one without is a failed compliance check. `Fix Status` names
the fix. The asset is the image by registry, repository and tag, or the host.
"""

from typing import Any

from detente.model.finding import Kind, Observation
from detente.queue.fields import advised, graded, moment, number, path
from detente.queue.report import CsvParser, Head, Items, Record

_ECOSYSTEMS = {"nodejs": "npm", "python": "pypi", "jar": "maven", "gem": "gem", "go": "golang", "nuget": "nuget"}


def _asset(row: dict[str, str]) -> str:
    name = "/".join(filter(None, (row.get("Registry", "").strip(), row.get("Repository", "").strip())))
    tag, host = row.get("Tag", "").strip(), row.get("Hostname", "").strip()
    if name:
        return f"image:{name}:{tag}" if tag else f"image:{name}"
    return f"host:{host}" if host else ""


def _ecosystem(row: dict[str, str]) -> str:
    """The language, or for system packages the distribution: `alpine-3.11.5` is alpine, `Debian GNU/Linux 9` is debian."""
    kind = row.get("Type", "").strip().lower()
    if kind not in ("os", "package"):
        return _ECOSYSTEMS.get(kind, kind)
    return row.get("Distro", "").strip().lower().replace("red hat", "redhat").replace("-", " ").partition(" ")[0]


def _observe(record: Record, context: Any) -> Items:
    row = record.value
    name, rule = row["CVE ID"].strip(), row["Compliance ID"].strip()
    if not name and not rule:
        raise ValueError("neither a CVE nor a compliance id")
    package, score = row["Packages"].partition(" (used in ")[0].strip(), number(row.get("CVSS")) or None
    severity, derived = graded(row.get("Severity"), score)
    about = row.get("Description", "").strip().partition("\n")[0][:200]
    yield Observation(
        kind=Kind.PACKAGE if name else Kind.CONFIG,
        vulnerability=name or f"twistlock:{rule}",
        title=f"{name} in {package}" if name else about or f"Compliance check {rule}",
        asset=_asset(row),
        severity=severity,
        severity_derived=derived,
        score=score,
        component=package if name else "",
        version=row.get("Package Version", "").strip() if name else "",
        ecosystem=_ecosystem(row) if name else "",
        fixed=advised(row.get("Fix Status")),
        location=path(row.get("Package Path")),
        reason=(row.get("Fix Status") if name else row.get("Cause")) or "",
        exploited="in the wild" in row.get("Risk Factors", "").lower(),
        seen=moment(row.get("Scan Time")),
    )


def _sniff(head: Head) -> bool:
    return head.has_columns("CVE ID", "Compliance ID", "Packages")


PARSER = CsvParser(name="twistlock_csv", sniff=_sniff, observe=_observe, header=("CVE ID", "Compliance ID", "Packages"))
