"""Grype: `grype IMAGE -o json` (also of a folder or an SBOM), all schemas from 0.7 on.

One finding per vulnerability and package; the same package at two paths is met twice. Matches that Grype itself ignored
(`ignoredMatches`: ignore rules, VEX documents) are read with that state and the rule's reason. The CVE of a GitHub advisory
comes from its related vulnerabilities; a distribution's advisory that stands for several CVEs becomes one finding per CVE.
The day on which a fix became available is read, but not where it is the day on which Anchore first observed it. The asset is the
image, or the scanned folder.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain
from typing import Any

import msgspec

from detente.model.finding import Coverage, Kind, Observation, State
from detente.queue import facets
from detente.queue.fields import at, cwes, day, ids, image, many, moment, number, parts, path, text, versions
from detente.queue.report import Head, Items, JsonParser, Record

_STATES = {"not_affected": State.NOT_AFFECTED, "fixed": State.FIXED}


class _Vulnerability(msgspec.Struct, rename="camel"):
    id: str
    severity: str | None = None
    cvss: list[dict[str, Any]] | None = None
    cvss_v2: dict[str, Any] | None = None
    cvss_v3: dict[str, Any] | None = None
    fix: dict[str, Any] | None = None
    fixed_in_version: str | None = None
    epss: list[dict[str, Any]] | None = None
    cwes: list[dict[str, Any]] | None = None
    known_exploited: list[Any] | None = None


class _Artifact(msgspec.Struct, rename="camel"):
    name: str
    version: str | None = None
    type: str | None = None
    purl: str | None = None
    locations: list[Any] | None = None


class _Match(msgspec.Struct, rename="camel"):
    vulnerability: _Vulnerability
    artifact: _Artifact
    related_vulnerabilities: list[_Vulnerability] | None = None
    applied_ignore_rules: list[dict[str, Any]] | None = None


def _asset(root: Any) -> str:
    target = at(root, "source", "target") or ""
    if isinstance(target, dict):
        names = (target.get("userInput"), *many(target.get("tags")), *many(target.get("repoDigests")))
        return facets.asset("image", image(next(filter(None, map(text, names)), "")))
    name = path(target).rstrip("/")
    return facets.asset("project", "" if name == "." else name)


def _vectors(found: _Vulnerability) -> Iterator[tuple[str | None, float | None]]:
    for entry in found.cvss or ():
        yield entry.get("vector"), number(at(entry, "metrics", "baseScore"))
    for old in (found.cvss_v3, found.cvss_v2):
        if old:
            yield old.get("vector"), number(old.get("baseScore"))


def _verdict(rules: list[dict[str, Any]]) -> facets.Verdict:
    """What the first rule of an ignored match says, and why."""
    words = ("reason", "vex-justification", "vex-status", "fix-state", "match-type")
    why = next((str(rules[0][word]) for word in words if rules[0].get(word)), "ignored by a rule")
    return {"state": _STATES.get(text(rules[0].get("vex-status")), State.SUPPRESSED), "reason": why}


def _released(fix: dict[str, Any] | None) -> date | None:
    """The first day of a fix; `first-observed` is no release: it may have been out for long."""
    stated = [day(entry.get("date")) for entry in parts(fix, "available") if entry.get("kind") != "first-observed"]
    return min(filter(None, stated), default=None)


def _names(own: str, others: tuple[str, ...]) -> Iterator[tuple[str, facets.Names]]:
    """One id with its aliases, but for an advisory of several CVEs, which is none of them."""
    if sum(name.startswith("CVE") for name in others) < 2 or own in others:
        yield own, {"aliases": tuple(name for name in others if name != own), "related": ()}
        return
    for name in others:
        yield name, {"aliases": (), "related": (own,)}


@dataclass(frozen=True, slots=True)
class _Scan:
    asset: str
    seen: datetime | None


def _prepare(roots: Any) -> _Scan | None:
    return next((_Scan(_asset(root), moment(at(root, "descriptor", "timestamp"))) for root in parts(roots)), None)


def _observe(record: Record, scan: _Scan) -> Items:
    match = record.value
    found, artifact, related = match.vulnerability, match.artifact, match.related_vulnerabilities or []
    everywhere = (found, *related)
    scores = list(filter(any, _vectors(found))) or chain.from_iterable(map(_vectors, related))
    rating = facets.rating(found.severity, *scores)
    chances = [number(entry.get("epss")) for one in everywhere for entry in one.epss or ()]
    place = next(iter(artifact.locations or ()), "")
    # Syft reads some versions out of binaries: what follows a zero byte belongs to the next string there.
    version, package = (artifact.version or "").partition("\0")[0], (artifact.purl or "").partition("\0")[0]
    for name, others in _names(found.id, ids([other.id for other in related])):
        yield Observation(
            kind=Kind.PACKAGE,
            vulnerability=name,
            **others,
            title=f"{name} in {artifact.name}",
            asset=scan.asset,
            **rating,
            cwes=cwes([entry.get("cwe") for one in everywhere for entry in one.cwes or ()]),
            **facets.package(artifact.type, artifact.name, version, package),
            fixed=versions(at(found.fix, "versions") or found.fixed_in_version),
            released=_released(found.fix),
            location=path(place.get("path") if isinstance(place, dict) else place),
            **(_verdict(match.applied_ignore_rules) if match.applied_ignore_rules else {}),
            exploited=any(one.known_exploited for one in everywhere),
            epss=max((chance for chance in chances if chance is not None), default=None),
            seen=scan.seen,
        )


def _sniff(head: Head) -> bool:
    is_grype = {"vulnerability", "artifact"} <= head.first("matches").keys()
    return is_grype or (head.object.get("matches") == [] and not {"descriptor", "source"}.isdisjoint(head.object))


PARSER = JsonParser(
    name="anchore_grype",
    sniff=_sniff,
    prepare=_prepare,
    observe=_observe,
    cover=lambda scan: [Coverage(scan.asset)] if scan else [],
    version=2,
    records={"matches[]": _Match, "ignoredMatches[]": _Match},
)
