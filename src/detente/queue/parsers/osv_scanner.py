"""OSV-Scanner: `osv-scanner scan --format json`, versions 1 and 2, source folders, lock files and images.

One finding per package and group of aliases, as the scanner itself counts. `MAL-` advisories are malicious packages: critical,
in use by an attacker, and closed by removal only. Call analysis (`experimentalAnalysis`) becomes reachability. A finding's
place is the lock file; the report does not name the project, so pass `--asset`. Nothing found may be a file of zero bytes.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from detente.model.finding import Coverage, Kind, Observation, Reach, Severity
from detente.queue import cvss, purl
from detente.queue.convert import Essential
from detente.queue.fields import at, cwes, graded, named, number, parts, path, text
from detente.queue.report import Head, Items, JsonParser, Record, Skip


class _Package(msgspec.Struct):
    name: str
    version: str | None = None
    ecosystem: str | None = None


class _Advisory(msgspec.Struct):
    id: str
    aliases: list[str] | None = None
    summary: str | None = None
    severity: list[dict[str, Any]] | None = None
    affected: list[dict[str, Any]] | None = None
    database_specific: dict[str, Any] | None = None


class _Group(msgspec.Struct):
    ids: list[str]
    aliases: list[str] | None = None
    max_severity: Any = None
    experimental_analysis: dict[str, dict[str, Any]] | None = msgspec.field(name="experimentalAnalysis", default=None)


class _Entry(msgspec.Struct):
    package: _Package
    vulnerabilities: Essential[list[_Advisory] | None] = None
    groups: Essential[list[_Group] | None] = None


def _fixed(advisory: _Advisory, package: _Package) -> Iterator[str]:
    for affected in advisory.affected or ():
        if at(affected, "package", "name") in (package.name, None):
            spans = (span for span in parts(affected, "ranges") if span.get("type") != "GIT")
            yield from filter(None, (text(event.get("fixed")) for span in spans for event in parts(span, "events")))


def _weaknesses(advisory: _Advisory) -> Iterator[Any]:
    for block in (advisory.database_specific, *(a.get("database_specific") for a in advisory.affected or ())):
        yield at(block, "cwe_ids")
        yield [item.get("cweId") for item in parts(block, "cwes")]


def _reach(group: _Group) -> Reach:
    calls = [entry.get("called") for entry in (group.experimental_analysis or {}).values()]
    if not calls or None in calls:
        return Reach.UNKNOWN
    return Reach.CALLED if any(calls) else Reach.UNREACHABLE


def _finding(group: _Group, entry: _Entry, place: str) -> Observation:
    package = entry.package
    advisories = [item for item in entry.vulnerabilities or () if item.id in group.ids]
    malicious = any(name.startswith("MAL-") for name in group.ids)
    ratings = [(str(v.get("type")), v.get("score")) for item in advisories for v in item.severity or ()]
    vector, score = cvss.best((text, None) for kind, text in ratings if kind.startswith("CVSS"))
    score = score if score is not None else number(group.max_severity)
    words = [(item.database_specific or {}).get("severity") for item in advisories]
    words += [
        text for kind, text in ratings if not kind.startswith("CVSS")
    ]  # Ubuntu's own word stands among the vectors
    severity, derived = graded(next(filter(None, words), None), score)
    everything = dict.fromkeys(
        [*group.ids, *(group.aliases or ()), *(a for item in advisories for a in item.aliases or ())]
    )
    _, related = named(list(everything))
    others = tuple(name for name in everything if name != group.ids[0])
    return Observation(
        kind=Kind.PACKAGE,
        vulnerability=group.ids[0],
        aliases=tuple(name for name in others if name not in related),
        related=tuple(name for name in others if name in related),
        title=next((item.summary for item in advisories if item.summary), f"{group.ids[0]} in {package.name}"),
        asset="",
        severity=Severity.CRITICAL if malicious else severity,
        severity_derived=derived or malicious,
        score=score,
        vector=vector,
        cwes=cwes(*(part for item in advisories for part in _weaknesses(item))),
        component=package.name,
        version=package.version or "",
        ecosystem=package.ecosystem or "",
        purl=purl.purl(package.ecosystem or "", package.name),
        fixed=tuple(dict.fromkeys(fix for item in advisories for fix in _fixed(item, package))),
        location=place,
        reach=_reach(group),
        exploited=malicious,
        reason="malicious package: remove it" if malicious else "",
    )


def _observe(record: Record, context: Any) -> Items:
    entry: _Entry = record.value
    place = path(text(at(record.parents[-1], "source", "path")))
    groups = entry.groups or [_Group([item.id]) for item in entry.vulnerabilities or ()]
    yield from (_finding(group, entry, place) for group in groups)
    if not groups:
        yield Skip("package without vulnerabilities")


def _sniff(head: Head) -> bool:
    results = head.object.get("results")
    first = results[0] if isinstance(results, list) and results else {}
    return "experimental_config" in head.object or (isinstance(first, dict) and {"source", "packages"} <= first.keys())


PARSER = JsonParser(
    name="osv_scanner",
    sniff=_sniff,
    observe=_observe,
    cover=lambda roots: [Coverage("") for root in roots if isinstance(root, dict)],
    records={"results[].packages[]": _Entry},
)
