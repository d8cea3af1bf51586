"""Observations as columns of a segment: every name a number for the set work, every text kept for people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from detente.model.finding import Kind, Observation, Reach, State
from detente.queue import identity

KINDS: dict[Kind, int] = {kind: code for code, kind in enumerate(Kind, start=1)}
COVERAGE = 0  # the kind of rows that only say what a report looked at
STATES = {state: code for code, state in enumerate(State)}
REACH = {
    Reach.CALLED: 1.0,
    Reach.IMPORTED: 0.3,
    Reach.REQUIRED: 0.1,
    Reach.UNREACHABLE: 0.02,
}  # our prior, docs/prices.md

Columns = dict[str, list[Any]]
_ALIKE = {
    name: attrgetter(name)
    for name in (
        *("exploited", "score", "epss", "line", "seen", "released", "version", "ecosystem", "vulnerability", "title"),
        *("vector", "location", "fingerprint", "author", "reason", "target"),
    )
}


def remedy(found: Observation, component: str) -> str:
    """The one action that closes a finding, as `verb:object`; what shares it on one service is one fix."""
    kind = found.kind
    if kind in (Kind.PACKAGE, Kind.STATEMENT):
        return f"{'upgrade' if found.fixed else 'mitigate'}:{component}"
    if kind is Kind.SECRET:
        return f"rotate:{found.fingerprint or component}"
    if kind is Kind.CODE:
        return f"change:{found.vulnerability}@{found.location}"
    if kind is Kind.LICENCE:
        return f"replace:{component}"
    return f"configure:{identity.canonical(identity.equals(found.vulnerability, found.aliases))}"


def scope(asset: str, target: str, tool: str) -> int:
    """What a report can close by not mentioning it: the same tool on the same part of the same asset."""
    return identity.number(tool, asset, target)


@dataclass(frozen=True, slots=True)
class Origin:
    """The report its rows come from: its number, the asset the caller named (it wins) or else the one to assume, its tool."""

    report: int
    tool: str
    asset: str = ""
    fallback: str = ""

    def of(self, found: str) -> str:
        """The asset of a record that itself says `found`."""
        return self.asset or found or self.fallback


def columns(batch: Sequence[Observation], origin: Origin) -> Columns:
    """The rows of `batch`. A statement (VEX) that names no asset speaks of all: its asset is the number 0."""
    names = [identity.named(found) for found in batch]
    remedies = [remedy(found, name.component) for found, name in zip(batch, names, strict=True)]
    number = identity.numbered
    assets = [found.asset if found.kind is Kind.STATEMENT else origin.of(found.asset) for found in batch]
    return {name: [*map(value, batch)] for name, value in _ALIKE.items()} | {
        "place": [identity.number(asset, name.component) for asset, name in zip(assets, names, strict=True)],
        "vuln": [number(name.canonical) for name in names],
        "asset": [number(asset) if asset else 0 for asset in assets],
        "item": [number(name.component) if name.component else 0 for name in names],
        "remedy": [number(text) for text in remedies],
        "scope": [
            scope(asset, found.target, found.tool or origin.tool) for asset, found in zip(assets, batch, strict=True)
        ],
        "report": [origin.report] * len(batch),
        "kind": [KINDS[found.kind] for found in batch],
        "state": [STATES[found.state] for found in batch],
        "severity": [int(found.severity) for found in batch],
        "derived": [found.severity_derived for found in batch],
        "fixable": [bool(found.fixed) for found in batch],
        "reach": [REACH.get(found.reach) for found in batch],
        "asset_name": assets,
        "component": [name.component for name in names],
        "name": [found.component for found in batch],
        "canonical": [name.canonical for name in names],
        "ids": [" ".join(name.ids) for name in names],
        "related": [" ".join(found.related) for found in batch],
        "action": remedies,
        "cwes": [" ".join(map(str, found.cwes)) for found in batch],
        "fixed": ["|".join(found.fixed) for found in batch],
        "tool": [found.tool or origin.tool for found in batch],
    }


def covered(scopes: Mapping[tuple[str, str, str], bool], origin: Origin) -> Columns:
    """One row per (tool, asset, target) that the report looked at; `fixable` says whether its silence closes findings."""
    zeros = [0] * len(scopes)
    numbers = dict.fromkeys(("place", "vuln", "item", "remedy", "kind", "state", "severity"), zeros)
    return numbers | {
        "asset": [identity.numbered(asset) for _, asset, _ in scopes],
        "scope": [scope(asset, target, tool) for tool, asset, target in scopes],
        "report": [origin.report] * len(scopes),
        "fixable": list(scopes.values()),
        "asset_name": [asset for _, asset, _ in scopes],
        "target": [target for _, _, target in scopes],
        "tool": [tool for tool, _, _ in scopes],
    }
