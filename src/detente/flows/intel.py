"""Intelligence, step by step: states of sources -> what is known of each CVE on a day -> its price and its reasons."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Engine

from detente.model.errors import DetenteError
from detente.model.intel import ATTRIBUTION, Hazard, Kind, Source, Term
from detente.queue import rank
from detente.queue.coefficients import SETS, Coefficients
from detente.queue.explain import explain
from detente.queue.features import MEDIAN_EPSS, Floats, features
from detente.queue.fit import fit
from detente.store import intel as store
from detente.store.intel import Batch, changed

__all__ = [
    "Kept",
    "Knowledge",
    "Ranked",
    "bring",
    "changed",
    "confirm",
    "knowledge",
    "latest",
    "ranking",
    "refit",
    "scored",
]

Sets = Sequence[Coefficients]
MIN_POSITIVES = 10


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Everything known on a day: one dossier row per CVE, its features, what may speak, and the states it came from."""

    dossier: pa.Table
    found: Mapping[str, Floats]
    state: rank.Standing
    sources: Mapping[str, Source]

    def at(self, places: Sequence[int]) -> "Knowledge":
        """The same knowledge of some CVEs only."""
        index = np.asarray(places, dtype=np.int64)
        found = {name: values[index] for name, values in self.found.items()}
        return Knowledge(self.dossier.take(pa.array(index)), found, self.state, self.sources)


def warning(engine: Engine, as_of: date, sets: Sets = SETS) -> str:
    """What a reader of any price must know of the intelligence behind it on that day; empty when all of it is fresh."""
    states = store.usable(store.sources(engine), as_of)
    if not states:
        return "no intelligence is imported: CVEs are priced by their year and the reports' CVSS; see `detente intel`"
    fresh: dict[str, date] = {}
    for state in states:
        name = state.name if state.kind is Kind.EVIDENCE else state.kind.value
        fresh[name] = max(fresh.get(name, date.min), min(state.refreshed(), as_of))
    return rank.standing(fresh, as_of, sets).note()


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of one imported batch; `new` is False for a state that was known."""

    name: str
    kind: Kind
    version: str
    as_of: date
    rows: int
    new: bool


@dataclass(frozen=True, slots=True)
class Ranked:
    """A CVE with its place on the one scale and why: the terms sum to the score."""

    cve: str
    score: float
    p30: float
    terms: tuple[Term, ...]
    note: str

    def reasons(self) -> list[str]:
        """As shown to people."""
        return [*map(str, self.terms), *filter(None, [self.note])]


def bring(engine: Engine, workspace: Path, batches: Iterable[Batch], now: datetime, **marks: Any) -> Iterator[Kept]:
    """Store every batch; `marks` (checked_at, etag, modified) come with a download."""
    for batch in batches:
        new = store.keep(engine, workspace, batch, now, **marks) is not None
        yield Kept(batch.name, batch.kind, batch.version, batch.as_of or now.date(), batch.table.num_rows, new)


def latest(engine: Engine, day: date = date.max) -> dict[str, Source]:
    """The newest state of each source until `day`, by name."""
    return {source.name: source for source in store.sources(engine) if source.as_of <= day}


def confirm(engine: Engine, state: Source, moment: datetime) -> None:
    """The publisher has nothing newer than this state and what came with it."""
    for source in store.sources(engine):
        if (source.etag, source.modified) == (state.etag, state.modified):
            store.record(engine, replace(source, checked_at=moment), moment)


def knowledge(workspace: Path, engine: Engine, as_of: date, sets: Sets = SETS) -> Knowledge:
    """Read what the workspace knew at `as_of`; nothing dated later is used."""
    known = store.sources(engine)
    dossier, fresh = store.dossier(workspace, known, as_of)
    named: dict[str, Source] = {}
    for source in store.usable(known, as_of):
        named.setdefault(source.kind.value if source.kind in (Kind.EPSS, Kind.KEV) else source.name, source)
    return Knowledge(dossier, features(dossier, as_of), rank.standing(fresh, as_of, sets), named)


def scored(workspace: Path, engine: Engine, as_of: date, sets: Sets = SETS) -> Path:
    """The prices of all CVEs at `as_of` as a Parquet file of `queue.rank.SCHEMA`, sorted by CVE; empty without intelligence.

    The file is named by its inputs and made once: the same sources, day and coefficients give the same path.
    """
    inputs = [[s.name, s.digest, str(min(s.refreshed(), as_of))] for s in store.usable(store.sources(engine), as_of)]
    asked = json.dumps([inputs, str(as_of), [[s.version, s.intercept, dict(s.weights)] for s in sets], rank.VERSION])
    digest = hashlib.sha256(asked.encode()).hexdigest()
    path = workspace / "intel" / "scored" / f"{digest}.parquet"
    if path.is_file():
        return path
    told = knowledge(workspace, engine, as_of, sets)
    table = rank.scored(told.dossier, told.found, told.state)
    return store.seal(table.replace_schema_metadata({"epss": ATTRIBUTION}), path.parent, digest)


def ranking(workspace: Path, engine: Engine, as_of: date, ids: Iterable[str], sets: Sets = SETS) -> list[Ranked]:
    """The CVEs in the order in which to look at them, with reasons; those that no source knows are ranked too."""
    told = knowledge(workspace, engine, as_of, sets)
    wanted = list(dict.fromkeys(ids))
    places = pc.index_in(pa.array(wanted, pa.string()), told.dossier["cve"].combine_chunks()).to_pylist()
    strangers = [cve for cve, place in zip(wanted, places, strict=True) if place is None]
    rows = [
        *judged(told.at([place for place in places if place is not None])),
        *judged(blank(strangers, told), rank.UNKNOWN),
    ]
    return sorted(rows, key=lambda row: (-row.score, row.cve))


def blank(ids: Sequence[str], told: Knowledge) -> Knowledge:
    """What may be assumed of CVEs that no source knows."""
    dossier = rank.unknown(ids, [None] * len(ids), [None] * len(ids))
    return Knowledge(dossier, features(dossier, told.state.as_of, MEDIAN_EPSS), told.state, told.sources)


def judged(told: Knowledge, note: str = "") -> Iterator[Ranked]:
    """Score and reasons of every CVE of the dossier; `note` is said of each."""
    table = rank.scored(told.dossier, told.found, told.state, note)
    score = (table["score"].to_numpy() + rank.lift(table)).tolist()
    columns = (table[name].to_pylist() for name in ("cve", "p30", "hazard_class", "kev_added", "notes"))
    reasons = explain(told.dossier, told.found, told.state, told.sources)
    for cve, p30, kind, added, remark, points, terms in zip(*columns, score, reasons, strict=True):
        yield Ranked(cve, points, p30, (*exploited(kind, added), *terms), remark)


def exploited(kind: str, added: date | None) -> Iterator[Term]:
    """The terms of what is already known exploited."""
    if kind != Hazard.RANKED:
        since = f"listed {added}" if added else "CISA SSVC: active"
        yield Term("exploited", f"known exploited ({since})", rank.LIFT_EXPLOITED)
    if kind == Hazard.EDGE:
        yield Term("edge", "automatable with total impact", rank.LIFT_EDGE)


def refit(
    workspace: Path, engine: Engine, at: date, labels_to: date, *, names: Sequence[str], name: str
) -> Coefficients:
    """Fit a set on the workspace's own intelligence: features at `at`, labels until `labels_to`, nothing later.

    The population is every CVE scored by EPSS at `at` and not known exploited then.
    """
    told = knowledge(workspace, engine, at)
    later = knowledge(workspace, engine, labels_to).dossier
    open_then = pc.and_(pc.is_valid(told.dossier["epss"]), pc.is_null(told.dossier["kev_added"]))
    rows = np.flatnonzero(open_then.to_numpy())
    listed = later.filter(pc.is_valid(later["kev_added"]))["cve"]
    hit = pc.is_in(told.dossier["cve"], value_set=listed.combine_chunks()).to_numpy()[rows].astype(np.bool_)
    if hit.sum() < MIN_POSITIVES:
        raise DetenteError(
            "The ranker was not fitted",
            f"Of {len(rows)} CVEs scored at {at} only {hit.sum()} became known exploited until {labels_to}.",
            f"Import older EPSS scores or a newer KEV catalogue: {MIN_POSITIVES} are needed.",
            code="too-few-labels",
        )
    found = {feature: values[rows] for feature, values in told.found.items()}
    return fit(found, hit, names, name=name, at=at, labels_to=labels_to)
