"""OSV-Scanner: `osv-scanner scan --format json`, versions 1 and 2, source folders, lock files and images.

One finding per package and group of aliases, as the scanner itself counts. `MAL-` advisories are malicious packages: critical,
in use by an attacker, and closed by removal only. Call analysis (`experimentalAnalysis`) becomes reachability. A finding's
place is the lock file; the report does not name the project, so pass `--asset`. Nothing found may be a file of zero bytes.
"""

from dataclasses import replace
from itertools import chain
from typing import Any

import msgspec

from detente.model.finding import Coverage, Kind, Observation, Reach, Severity
from detente.queue import facets, osv
from detente.queue.convert import Essential
from detente.queue.fields import at, cwes, named, parts, path, text
from detente.queue.report import Head, Items, JsonParser, Record, Skip

_MALICIOUS: dict[str, Any] = {
    "severity": Severity.CRITICAL,
    "severity_derived": True,
    "exploited": True,
    "reason": "malicious package: remove it",
}


class _Package(msgspec.Struct):
    name: str
    version: str | None = None
    ecosystem: str | None = None


class _Group(msgspec.Struct):
    ids: list[str]
    aliases: list[str] | None = None
    max_severity: Any = None
    experimental_analysis: dict[str, dict[str, Any]] | None = msgspec.field(name="experimentalAnalysis", default=None)


class _Entry(msgspec.Struct):
    package: _Package
    vulnerabilities: Essential[list[osv.Advisory] | None] = None
    groups: Essential[list[_Group] | None] = None


def _reach(group: _Group) -> Reach:
    calls = [entry.get("called") for entry in (group.experimental_analysis or {}).values()]
    if not calls or None in calls:
        return Reach.UNKNOWN
    return Reach.CALLED if any(calls) else Reach.UNREACHABLE


def _names(group: _Group, advisories: list[osv.Advisory]) -> facets.Names:
    listed = chain(group.ids, group.aliases or (), *(item.aliases or () for item in advisories))
    others = [name for name in dict.fromkeys(listed) if name != group.ids[0]]
    _, related = named([group.ids[0], *others])
    return {
        "aliases": tuple(name for name in others if name not in related),
        "related": tuple(name for name in others if name in related),
    }


def _finding(group: _Group, entry: _Entry, place: str) -> Observation:
    package = entry.package
    advisories = [item for item in entry.vulnerabilities or () if item.id in group.ids]
    found = Observation(
        kind=Kind.PACKAGE,
        vulnerability=group.ids[0],
        **_names(group, advisories),
        title=next((item.summary for item in advisories if item.summary), f"{group.ids[0]} in {package.name}"),
        asset="",
        **osv.rating(advisories, group.max_severity),
        cwes=cwes(*(part for item in advisories for part in item.weaknesses())),
        **facets.package(package.ecosystem, package.name, package.version),
        fixed=tuple(dict.fromkeys(fix for item in advisories for fix in osv.fixed(item.affected, package.name))),
        location=place,
        reach=_reach(group),
    )
    return replace(found, **_MALICIOUS) if any(name.startswith("MAL-") for name in group.ids) else found


def _observe(record: Record, context: Any) -> Items:
    entry: _Entry = record.value
    place = path(text(at(record.parents[-1], "source", "path")))
    groups = entry.groups or [_Group([item.id]) for item in entry.vulnerabilities or ()]
    yield from (_finding(group, entry, place) for group in groups)
    if not groups:
        yield Skip("package without vulnerabilities")


def _sniff(head: Head) -> bool:
    return "experimental_config" in head.object or {"source", "packages"} <= head.first("results").keys()


PARSER = JsonParser(
    name="osv_scanner",
    sniff=_sniff,
    observe=_observe,
    cover=lambda roots: [Coverage("") for _ in parts(roots)],
    records={"results[].packages[]": _Entry},
)
