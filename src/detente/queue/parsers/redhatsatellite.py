"""Red Hat Satellite (and Foreman with Katello): the errata of its API, `GET /katello/api/errata` or `/api/v2/hosts/ID/errata`.

A security erratum becomes one finding per CVE, all closed by the same upgrade; without CVEs it keeps its own name. Bug fixes
and enhancements without CVEs are no weaknesses and are counted as skipped. The component is the erratum's main package, its
version the one that fixes, released on the day the erratum was issued. The API does not say which hosts it speaks of: name the asset with `--asset`. A page that is not the
only one closes nothing.
"""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from detente.model.finding import Coverage, Kind, Observation
from detente.queue.convert import Essential
from detente.queue.fields import day, parts, severity, text, whole
from detente.queue.report import Head, Items, JsonParser, Record, Skip

_PACKAGE = re.compile(
    r"^(?P<name>.+)-(?P<version>[^-]+-[^-]+?)(?:\.(?:noarch|x86_64|i[3-6]86|aarch64|ppc64le|s390x|src))?$"
)


class _Erratum(msgspec.Struct):
    errata_id: str
    title: Any = None
    name: Any = None
    type: Any = None
    severity: Any = None
    issued: Any = None
    cves: Essential[list[dict[str, Any]] | None] = None
    packages: list[str] | None = None


def _main(packages: list[str]) -> tuple[str, tuple[str, ...]]:
    """Name and fixed version of the package the others are parts of: the one with the shortest name."""
    parts = [(match["name"], match["version"]) if (match := _PACKAGE.match(text)) else (text, "") for text in packages]
    name, version = min(parts, key=lambda part: len(part[0]), default=("", ""))
    return name, (version,) if version else ()


def _observe(record: Record, _: Any) -> Items:
    erratum: _Erratum = record.value
    cves = [str(entry["cve_id"]) for entry in erratum.cves or () if entry.get("cve_id")]
    if not cves and erratum.type != "security":
        yield Skip(f"{erratum.type or 'unknown'} erratum")
        return
    component, fixed = _main(erratum.packages or [])
    for name in dict.fromkeys(cves or [erratum.errata_id]):
        yield Observation(
            kind=Kind.PACKAGE,
            vulnerability=name,
            related=(erratum.errata_id,) if cves else (),
            title=text(erratum.title) or text(erratum.name) or erratum.errata_id,
            asset="",
            severity=severity(erratum.severity),
            component=component,
            ecosystem="rpm",
            fixed=fixed,
            released=day(erratum.issued),
        )


def _cover(roots: Any) -> Iterator[Coverage]:
    for root in parts(roots):
        if "results" in root:
            yield Coverage("", succeeded=whole(root.get("subtotal"), root.get("per_page"), root.get("page")))


def _sniff(head: Head) -> bool:
    top = head.object
    return "errata_id" in head.first("results") or (top.get("results") == [] and "selectable" in top)


PARSER = JsonParser(
    name="redhatsatellite", version=2, sniff=_sniff, observe=_observe, cover=_cover, records={"results[]": _Erratum}
)
