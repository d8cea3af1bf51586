"""CycloneDX apart from how it is written: components, vulnerabilities, and what the bill says of the two together.

Shared by the JSON and the XML reader, which bring both into these shapes.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from detente.model.finding import Kind, Observation, Severity, State
from detente.queue import cvss, purl
from detente.queue.convert import Essential
from detente.queue.fields import advised, cwes, image, number, severity
from detente.queue.names import parted

_STATES = {
    "resolved": State.FIXED,
    "resolved_with_pedigree": State.FIXED,
    "false_positive": State.FALSE_POSITIVE,
    "not_affected": State.NOT_AFFECTED,
}
_ASSETS = {"container": "image", "operating-system": "host", "device": "host"}
_OTHER_SCALES = ("OWASP", "SSVC")
_ESCAPE = re.compile(r"(?:%[0-9A-Fa-f]{2})+")


class Component(msgspec.Struct):
    """A part of the bill; `components` are the parts it was assembled from."""

    name: str = ""
    group: str | None = None
    version: str | None = None
    purl: str | None = None
    type: str | None = None
    ref: str | None = msgspec.field(name="bom-ref", default=None)
    components: "list[Component] | None" = None

    def title(self) -> str:
        """The name as its ecosystem's tools write it."""
        named = purl.parsed(self.purl or "").name
        return named or "/".join(filter(None, (self.group, self.name)))


class _Named(msgspec.Struct):
    name: str | None = None


class Rating(msgspec.Struct):
    """One source's opinion: `score` and `vector` are CVSS only where `method` names no other scale."""

    source: _Named | None = None
    score: Any = None
    severity: str | None = None
    method: str | None = None
    vector: str | None = None


class Vulnerability(msgspec.Struct):
    """One entry of `vulnerabilities`, as of CycloneDX 1.4."""

    id: Essential[str | None] = None
    source: _Named | None = None
    references: list[dict[str, Any]] | None = None
    ratings: list[Rating] | None = None
    cwes: Any = None
    description: str | None = None
    recommendation: str | None = None
    analysis: dict[str, Any] | None = None
    affects: Essential[list[dict[str, Any]] | None] = None
    properties: list[dict[str, Any]] | None = None


@dataclass(slots=True)
class Bom:
    """What is known of the bill so far: `learn` adds components, which may come by the hundred thousand.

    `target` keeps apart who made it, so that one scanner's silence does not close what another found. A bill without
    components (a VEX document, a list of statements) is a scope of its own.
    """

    target: str = ""
    seen: datetime | None = None
    author: str = ""
    subject: Component = field(default_factory=Component)
    known: dict[str, Component] = field(default_factory=dict)

    def learn(self, component: Component) -> None:
        """Make a component and its parts known under their references."""
        if component.ref:
            self.known[component.ref] = Component(
                component.name, component.group, component.version, component.purl, component.type, component.ref
            )
        for part in component.components or ():
            self.learn(part)

    def about(self, component: Component) -> None:
        """Name the subject of the bill."""
        self.subject = component
        self.learn(component)

    def asset(self) -> str:
        """The subject: an image with its tag, a host or a project; empty when the bill does not say."""
        name, version = "/".join(filter(None, (self.subject.group, self.subject.name))), self.subject.version or ""
        kind = _ASSETS.get(self.subject.type or "", "project")
        if kind != "image" or not name:
            return f"{kind}:{name}" if name else ""
        is_tag = version and ":" not in version and ":" not in name.rpartition("/")[2] and "@" not in name
        return f"image:{image(f'{name}:{version}' if is_tag else name)}"

    def find(self, ref: str) -> tuple[Component, bool]:
        """The component of a reference (also a BOM-Link), and whether it is of this bill; none means the subject."""
        bare = _ESCAPE.sub(_plain, ref.partition("#")[2]) if ref.startswith("urn:cdx:") else ref
        if not bare or bare == self.subject.ref:
            return self.subject, True
        if bare in self.known:
            return self.known[bare], True
        package = purl.parsed(bare)
        return Component(package.name or bare, version=package.version, purl=bare if package.name else None), False


def _plain(escape: re.Match[str]) -> str:
    return bytes.fromhex(escape[0].replace("%", "")).decode("utf-8", "replace")


def observations(found: Vulnerability, bom: Bom, owner: Component | None = None) -> Iterator[Observation]:
    """One per component affected: those it refers to, or the `owner` it was written into. Raises ValueError without id."""
    if not found.id:
        raise ValueError("a vulnerability without id")
    if owner is not None:
        yield _observation(found, bom, owner, here=True)
        return
    for ref in dict.fromkeys(str(item.get("ref") or "") for item in found.affects or [{}]):
        component, here = bom.find(ref)
        yield _observation(found, bom, component, here=here)


def _observation(found: Vulnerability, bom: Bom, component: Component, *, here: bool) -> Observation:
    name, package, analysis = found.id or "", component.purl or "", found.analysis or {}
    state, title = _STATES.get(str(analysis.get("state")), State.OPEN), component.title()
    asset = bom.asset() or ("" if here else purl.asset(package))
    is_statement = state is not State.OPEN and bool(asset or not here)
    is_whole = is_statement and bool(asset) and (component is bom.subject or asset == purl.asset(package))
    word, vector, score = _rated(found)
    names = parted(name, [str(other.get("id") or "") for other in found.references or ()])
    said = found.description or ""
    return Observation(
        kind=Kind.STATEMENT if is_statement else Kind.PACKAGE,
        vulnerability=name,
        **names,
        title=said if 0 < len(said) <= 120 else f"{name} in {title or 'an unnamed component'}",
        asset=asset,
        target=bom.target,
        severity=word,
        score=score,
        vector=vector,
        cwes=cwes(found.cwes),
        component="" if is_whole else title,
        version="" if is_whole else component.version or purl.parsed(package).version,
        ecosystem="" if is_whole else purl.parsed(package).ecosystem,
        purl="" if is_whole else package,
        fixed=_fixed(found),
        state=state,
        author=bom.author if analysis else "",
        reason=": ".join(str(analysis[key]) for key in ("justification", "detail") if analysis.get(key)),
        seen=bom.seen,
    )


def _rated(found: Vulnerability) -> tuple[Severity, str, float | None]:
    """The severity, vector and score of the issuing source; where it gives none, the gravest and the newest of the others."""
    issuer = found.source.name if found.source else None
    every = [rating for rating in found.ratings or () if not (rating.method or "").upper().startswith(_OTHER_SCALES)]
    own = [rating for rating in every if issuer and rating.source and rating.source.name == issuer]
    vector, score = _scored(own)
    if not vector and score is None:
        vector, score = _scored(every)
    return _gravest(own) or _gravest(every) or _gravest(found.ratings or ()), vector, score


def _scored(ratings: Iterable[Rating]) -> tuple[str, float | None]:
    """The best CVSS of some ratings. Older tools write a score of 0 where they have none."""
    return cvss.best((rating.vector, number(rating.score) or None) for rating in ratings)


def _gravest(ratings: Iterable[Rating]) -> Severity:
    return max((severity(rating.severity) for rating in ratings), default=Severity.UNKNOWN)


def _fixed(found: Vulnerability) -> tuple[str, ...]:
    """What the recommendation advises, and Grype's property (`grype:fixed_versions`)."""
    listed = (
        str(item.get("value") or "") for item in found.properties or () if "fixed_version" in str(item.get("name"))
    )
    return tuple(
        dict.fromkeys([*(part.strip() for text in listed for part in text.split(",")), *advised(found.recommendation)])
    )
