"""From what is known about a CVE to its monthly hazard, and why.

Known exploitation is a state with an anchored rate; everything below is ranked by the probability of getting there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from detente.model.intel import STALE_DAYS, Hazard
from detente.queue.coefficients import SETS, Coefficients, choose
from detente.queue.features import EVIDENCE, MEDIAN_EPSS, Flags, Floats, exposure, features, valid

EDGE_MONTH = 0.01
EXPLOITED_MONTH = 0.0025
SPREAD_SHARE = 0.05
"""Share of exposed assets hit in the month in which an exploit spreads: our prior."""

VERSION = 1
"""Raised whenever the same dossier would be priced differently."""

UNKNOWN, NO_EPSS, REJECTED = "no intelligence", "no EPSS: median of its age", "rejected by its assigner"

LIFT_EXPLOITED, LIFT_EDGE = 20.0, 10.0
"""Known exploitation is a state: a ranking puts it first, edge-class before the rest."""

SCHEMA = pa.schema(
    {
        "cve": pa.string(),
        "score": pa.float64(),
        "p30": pa.float64(),
        "h0": pa.float64(),
        "hazard_class": pa.string(),
        "epss": pa.float64(),
        "percentile": pa.float64(),
        "kev_added": pa.date32(),
        "ransomware": pa.bool_(),
        "automatable": pa.bool_(),
        "total": pa.bool_(),
        "exploitation": pa.string(),
        "published": pa.date32(),
        "stale": pa.bool_(),
        "notes": pa.string(),
    }
)
"""One row per CVE: `p30` the probability of being known exploited within 30 days (1 if it is), `h0` the hazard per month
of an exposed asset."""

DOSSIER = pa.schema(
    {
        "cve": pa.string(),
        "epss": pa.float64(),
        "percentile": pa.float64(),
        "kev_added": pa.date32(),
        "ransomware": pa.bool_(),
        "published": pa.date32(),
        "base_score": pa.float64(),
        "base_vector": pa.string(),
        "assigner": pa.string(),
        "state": pa.string(),
        "ssvc_exploitation": pa.string(),
        "ssvc_automatable": pa.string(),
        "ssvc_impact": pa.string(),
        **{column: pa.date32() for column in EVIDENCE.values()},
    }
)
"""What the ranker reads: one row per CVE, every value dated at or before the day of the question, null where unknown."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What may speak on a day: the coefficient set, and the sources that are missing or too old, with their last day."""

    as_of: date
    chosen: Coefficients
    silent: Mapping[str, date | None]

    @property
    def stale(self) -> bool:
        """Whether a source that once spoke is too old now, or EPSS is missing."""
        return any(last is not None or name == "epss" for name, last in self.silent.items())

    def note(self) -> str:
        """What a reader must know about every score of this day; empty when all sources are fresh."""
        told = [f"{name} {'missing' if last is None else f'of {last} is stale'}" for name, last in self.silent.items()]
        return f"ranked by {self.chosen.name}: {', '.join(told)}" if told else ""


def standing(fresh: Mapping[str, date], as_of: date, sets: Sequence[Coefficients] = SETS) -> Standing:
    """Choose the richest set whose sources were all refreshed within 60 days of `as_of`."""
    wanted = sorted(frozenset({"epss"}).union(*(candidate.needs() for candidate in sets)))
    silent = {name: fresh.get(name) for name in wanted if name not in fresh or (as_of - fresh[name]).days > STALE_DAYS}
    return Standing(as_of, choose(sets, set(wanted) - silent.keys()), silent)


def hazard(score: Floats, months: float) -> tuple[Floats, Floats, Floats]:
    """(P within the label window, P within 30 days, hazard per month) of a score fitted on a window of `months`."""
    window = 1 / (1 + np.exp(-score))
    p30 = -np.expm1(np.log1p(-window) / months)
    return window, p30, p30 * SPREAD_SHARE


def score(found: Mapping[str, Floats], chosen: Coefficients) -> Floats:
    """Intercept plus weighted features: the log-odds of becoming known exploited within the label window."""
    return np.asarray(chosen.intercept + sum(weight * found[name] for name, weight in chosen.weights.items()))


def scored(dossier: pa.Table, found: Mapping[str, Floats], state: Standing, note: str = "") -> pa.Table:
    """Price every CVE of the dossier: the rows of `SCHEMA`, in its order. `note` is said of each.

    `found` are its features: those of all CVEs, because an assigner's record and the medians come from all of them.
    """
    points = score(found, state.chosen)
    _, p30, ranked = hazard(points, state.chosen.months)
    known, automatable, total = classes(dossier)
    edge = known & filled(automatable) & filled(total)
    columns = {
        "score": points,
        "p30": np.where(known, 1.0, p30),
        "h0": np.where(edge, EDGE_MONTH, np.where(known, EXPLOITED_MONTH, ranked)),
        "hazard_class": np.where(edge, Hazard.EDGE.value, np.where(known, Hazard.EXPLOITED.value, Hazard.RANKED.value)),
        "automatable": automatable,
        "total": total,
        "exploitation": exploitation(dossier, known),
        "stale": np.full(len(points), state.stale),
        "notes": notes(dossier, "; ".join(filter(None, (note, state.note())))),
    }
    return pa.table([columns[name] if name in columns else dossier[name] for name in SCHEMA.names], schema=SCHEMA)


def classes(dossier: pa.Table) -> tuple[Flags, pa.ChunkedArray, pa.ChunkedArray]:
    """(known exploited, automatable, total impact): CISA's SSVC points first, the CVSS vector second, else unknown."""
    vector, read = dossier["base_vector"], exposure(dossier["base_vector"])
    told = {
        "automatable": pc.equal(dossier["ssvc_automatable"], "yes"),
        "total": pc.equal(dossier["ssvc_impact"], "total"),
    }
    both = [pc.coalesce(told[name], pc.if_else(pc.is_valid(vector), pa.array(read[name]), None)) for name in told]
    known = valid(dossier["kev_added"]) | filled(pc.equal(dossier["ssvc_exploitation"], "active"))
    return known, both[0], both[1]


def filled(flags: pa.ChunkedArray) -> Flags:
    """The flags with unknown as no: the anchored rates ask for knowledge."""
    return np.asarray(pc.fill_null(flags, False).to_numpy(), dtype=np.bool_)


def exploitation(dossier: pa.Table, known: Flags) -> pa.ChunkedArray:
    """`active`, `poc`, `none`, or null where nobody has looked."""
    public = np.logical_or.reduce([valid(dossier[column]) for column in EVIDENCE.values()])
    seen = pc.if_else(pa.array(known), "active", pc.if_else(pa.array(public), "poc", None))
    return pc.coalesce(seen, dossier["ssvc_exploitation"])


def notes(dossier: pa.Table, common: str) -> pa.Array:
    """What a reader must know about each price, `; ` between remarks."""
    blind, void = ~valid(dossier["epss"]), filled(pc.equal(dossier["state"], "REJECTED"))
    kinds = [(False, False), (True, False), (False, True), (True, True)]
    texts = ["; ".join(filter(None, (NO_EPSS * blank, REJECTED * gone, common))) for blank, gone in kinds]
    return pa.array(texts).take(pa.array(blind + 2 * void))


def unknown(ids: Sequence[str], vectors: Sequence[str | None], scores: Sequence[float | None]) -> pa.Table:
    """The dossier of CVEs no source knows: the id's year, and the CVSS vector and score the report gave (None: unknown)."""
    given = {"cve": ids, "base_vector": vectors, "base_score": scores}
    return pa.table([given.get(name, [None] * len(ids)) for name in DOSSIER.names], schema=DOSSIER)


def score_unknown(
    ids: Sequence[str],
    vectors: Sequence[str | None],
    scores: Sequence[float | None],
    as_of: date,
    state: Standing | None = None,
) -> pa.Table:
    """Price CVEs that no source knows, in the shape of `scored`; each says `no intelligence`.

    `vectors` and `scores` are CVSS as the report gave them, None where it did not. EPSS is the shipped median of that age.
    Without a `state` nothing is known at all and the EPSS and age set speaks.
    """
    dossier = unknown(ids, vectors, scores)
    return scored(dossier, features(dossier, as_of, MEDIAN_EPSS), state or standing({}, as_of), UNKNOWN)


def lift(table: pa.Table) -> Floats:
    """What known exploitation adds to a score in a ranking: more than any prediction can."""
    kinds = pc.cast(table["hazard_class"], pa.string())
    return np.asarray(
        filled(pc.not_equal(kinds, "ranked")) * LIFT_EXPLOITED + filled(pc.equal(kinds, "edge")) * LIFT_EDGE
    )
