"""Prisma Cloud Compute (Twistlock): `twistcli images scan --output-file report.json`.

Vulnerabilities and failed compliance checks of each image become findings. The component is the source package; what it is used
in (`glibc (used in libc6, ...)`) is left out. `fixed in ...` names the fix and `fixDate` its day, an exploit in the wild is known exploitation. The
asset is the image by name; a report that has only its digest needs `--asset`.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from detente.model.finding import Coverage, Kind, Observation
from detente.queue import facets
from detente.queue.convert import Essential
from detente.queue.fields import advised, cwes, day, image, many, moment, number, parts, path, severity, text
from detente.queue.report import Head, Items, JsonParser, Record

_ECOSYSTEMS = {"nodejs": "npm", "python": "pypi", "jar": "maven", "gem": "gem", "go": "golang", "nuget": "nuget"}


class _Vulnerability(msgspec.Struct, rename="camel"):
    id: str
    status: str | None = None
    cvss: Any = None
    vector: str | None = None
    severity: str | None = None
    package_name: Essential[str | None] = None
    package_version: str | None = None
    package_type: str | None = None
    package_path: str | None = None
    risk_factors: Any = None
    cwe: Any = None
    fix_date: Any = None


class _Check(msgspec.Struct):
    id: Any = None
    title: str | None = None
    severity: str | None = None
    cause: str | None = None


def _asset(result: dict[str, Any]) -> str:
    name = image(text(result.get("name")))
    return "" if name.startswith("sha256:") else facets.asset("image", name)


def _vulnerability(found: _Vulnerability, asset: str) -> Observation:
    name = (found.package_name or "").partition(" (used in ")[0]
    factors = found.risk_factors if isinstance(found.risk_factors, dict) else many(found.risk_factors)
    return Observation(
        kind=Kind.PACKAGE,
        vulnerability=found.id,
        title=f"{found.id} in {name}",
        asset=asset,
        **facets.rating(found.severity, (found.vector, number(found.cvss) or None)),
        cwes=cwes(found.cwe),
        **facets.package(_ECOSYSTEMS.get((found.package_type or "").lower(), ""), name, found.package_version),
        fixed=advised(found.status),
        released=day(found.fix_date),
        location=path(found.package_path),
        reason=found.status or "",
        exploited=any("in the wild" in str(factor).lower() for factor in factors),
    )


def _check(found: _Check, asset: str) -> Observation:
    """A failed check. Older reports number them not: then the title is the rule."""
    rule = text(found.id) or found.title
    if not rule:
        raise ValueError("a compliance check without id or title")
    return Observation(
        kind=Kind.CONFIG,
        vulnerability=f"twistlock:{rule}",
        title=found.title or str(rule),
        asset=asset,
        severity=severity(found.severity),
        reason=found.cause or "",
    )


def _observe(record: Record, context: Any) -> Items:
    found, asset = record.value, _asset(record.parents[-1])
    yield _check(found, asset) if isinstance(found, _Check) else _vulnerability(found, asset)


def _cover(roots: Any) -> Iterator[Coverage]:
    for root in roots:
        for result in parts(root, "results"):
            yield Coverage(_asset(result), seen=moment(result.get("scanTime")))


def _sniff(head: Head) -> bool:
    first = head.first("results")
    return "complianceDistribution" in first or "vulnerabilityDistribution" in first or {"id", "distro"} <= first.keys()


PARSER = JsonParser(
    name="twistlock",
    version=2,
    sniff=_sniff,
    observe=_observe,
    cover=_cover,
    records={
        "results[].vulnerabilities[]": _Vulnerability,
        "results[].compliances[]": _Check,
        **dict.fromkeys(("results[].packages[]", "results[].applications[]", "results[].history[]")),
    },
)
