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
from typing import Any

import msgspec

from detente.model.finding import Coverage, Kind, Observation, State
from detente.queue import cvss, purl
from detente.queue.fields import at, cwes, day, graded, ids, image, many, moment, number, parts, path, text
from detente.queue.report import Head, Items, JsonParser, Record


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
        name = image(next(filter(None, map(text, names)), ""))
        return f"image:{name}" if name else ""
    name = path(target).rstrip("/")
    return f"project:{name}" if name not in ("", ".") else ""


def _vectors(found: _Vulnerability) -> Iterator[tuple[str | None, float | None]]:
    for entry in found.cvss or ():
        yield entry.get("vector"), number(at(entry, "metrics", "baseScore"))
    for old in (found.cvss_v3, found.cvss_v2):
        if old:
            yield old.get("vector"), number(old.get("baseScore"))


def _state(rules: list[dict[str, Any]] | None) -> tuple[State, str]:
    """What an ignored match says, and why; without rules the match is open."""
    rule = next(iter(rules or ()), None)
    if rule is None:
        return State.OPEN, ""
    words = ("reason", "vex-justification", "vex-status", "fix-state", "match-type")
    states = {"not_affected": State.NOT_AFFECTED, "fixed": State.FIXED}
    why = next((str(rule[word]) for word in words if rule.get(word)), "ignored by a rule")
    return states.get(text(rule.get("vex-status")), State.SUPPRESSED), why


def _released(fix: dict[str, Any] | None) -> date | None:
    """The first day of a fix; `first-observed` is no release: it may have been out for long."""
    stated = [day(entry.get("date")) for entry in parts(fix, "available") if entry.get("kind") != "first-observed"]
    return min(filter(None, stated), default=None)


def _names(
    found: _Vulnerability, related: list[_Vulnerability]
) -> Iterator[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """(id, aliases, related): one, but for an advisory of several CVEs, which is none of them."""
    others = ids([other.id for other in related])
    if sum(name.startswith("CVE") for name in others) < 2 or found.id in others:
        yield found.id, tuple(name for name in others if name != found.id), ()
        return
    for name in others:
        yield name, (), (found.id,)


@dataclass(frozen=True, slots=True)
class _Scan:
    asset: str
    seen: datetime | None


def _prepare(roots: Any) -> _Scan | None:
    root = next((root for root in roots if isinstance(root, dict)), None)
    return None if root is None else _Scan(_asset(root), moment(at(root, "descriptor", "timestamp")))


def _observe(record: Record, scan: _Scan) -> Items:
    match = record.value
    found, artifact, related = match.vulnerability, match.artifact, match.related_vulnerabilities or []
    everywhere = (found, *related)
    vector, score = cvss.best(_vectors(found))
    if not vector and score is None:
        vector, score = cvss.best(pair for other in related for pair in _vectors(other))
    severity, derived = graded(found.severity, score)
    state, reason = _state(match.applied_ignore_rules)
    chances = [number(entry.get("epss")) for one in everywhere for entry in one.epss or ()]
    place = next(iter(artifact.locations or ()), "")
    # Syft reads some versions out of binaries: what follows a zero byte belongs to the next string there.
    version, package = (artifact.version or "").partition("\0")[0], (artifact.purl or "").partition("\0")[0]
    for name, aliases, others in _names(found, related):
        yield Observation(
            kind=Kind.PACKAGE,
            vulnerability=name,
            aliases=aliases,
            related=others,
            title=f"{name} in {artifact.name}",
            asset=scan.asset,
            severity=severity,
            severity_derived=derived,
            score=score,
            vector=vector,
            cwes=cwes([entry.get("cwe") for one in everywhere for entry in one.cwes or ()]),
            component=artifact.name,
            version=version,
            ecosystem=artifact.type or "",
            purl=package or purl.purl(artifact.type or "", artifact.name),
            fixed=tuple(filter(None, map(text, many(at(found.fix, "versions")) or [found.fixed_in_version]))),
            released=_released(found.fix),
            location=path(place.get("path") if isinstance(place, dict) else place),
            state=state,
            reason=reason,
            exploited=any(one.known_exploited for one in everywhere),
            epss=max((chance for chance in chances if chance is not None), default=None),
            seen=scan.seen,
        )


def _sniff(head: Head) -> bool:
    matches = head.object.get("matches")
    if isinstance(matches, list) and matches:
        return isinstance(matches[0], dict) and {"vulnerability", "artifact"} <= matches[0].keys()
    return isinstance(matches, list) and ("descriptor" in head.object or "source" in head.object)


PARSER = JsonParser(
    name="anchore_grype",
    sniff=_sniff,
    prepare=_prepare,
    observe=_observe,
    cover=lambda scan: [Coverage(scan.asset)] if scan else [],
    version=2,
    records={"matches[]": _Match, "ignoredMatches[]": _Match},
)
