"""The small tables the price query joins: what each asset is worth, what each vulnerability threatens, which rules always escalate."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import product

import pyarrow as pa
import pyarrow.compute as pc

from detente.accord.claims import Claims
from detente.accord.document import Accord
from detente.accord.phrases import SSVC, AlwaysRule
from detente.accord.ssvc import deployer, human_impact, system_exposure
from detente.model.estate import Estate, Exposure
from detente.model.finding import Kind, Severity
from detente.model.intel import Hazard
from detente.queue import rank, rows
from detente.queue.features import exposure
from detente.queue.identity import number
from detente.queue.price import Loss, Worth, worths

UNOWNED = "unowned"
EXPOSURES = {exposure: code for code, exposure in enumerate(Exposure)}
UNKNOWN = 9  # an exposure or tier nobody stated: never equal to one that a rule names
SETTINGS = tuple(product(("small", "controlled", "open"), ("low", "medium", "high", "very high")))
THREATS = tuple(product(("none", "public poc", "active"), (False, True)))
_WORDS = {"poc": "public poc", "active": "active", "none": "none"}

PRIOR_30_DAYS = {
    Severity.CRITICAL: 1e-3,
    Severity.HIGH: 3e-4,
    Severity.MEDIUM: 1e-4,
    Severity.LOW: 3e-5,
    Severity.INFO: 1e-6,
    Severity.UNKNOWN: 1e-4,
}
"""Probability of use within 30 days of a weakness that no ranker knows (code, configuration, secrets, web): our prior."""


def worth(accord: Accord, estate: Estate) -> dict[str, Worth]:
    """What each service's assets are worth under the accord, and under `unowned` those of nobody."""
    cap = float(accord.prices.cap.amount)
    losses = {
        tier: Loss(float(interval.low.amount), float(interval.high.amount)).limited(cap)
        for tier, interval in accord.prices.breach.items()
    }
    return worths(estate, losses, accord.prices.exposure.of, UNOWNED)


def assets(
    names: Iterable[tuple[int, str]], claims: Claims, worth: Mapping[str, Worth], tiers: Sequence[str]
) -> pa.Table:
    """One row per asset that any report speaks of, claimed or not."""
    found = [(asset, name, service.id if (service := claims.service(name)) else UNOWNED) for asset, name in names]
    worthy = [worth[service] for _, _, service in found]
    settings = [SETTINGS.index((system_exposure(one.exposure), human_impact(one.tier))) for one in worthy]
    return pa.table(
        {
            "asset": pa.array([asset for asset, _, _ in found], pa.int64()),
            "name": pa.array([name for _, name, _ in found], pa.string()),
            "service": pa.array([number(service) for _, _, service in found], pa.int64()),
            "service_name": pa.array([service for _, _, service in found], pa.string()),
            "factor": pa.array([one.factor for one in worthy], pa.float64()),
            "loss": pa.array([one.loss for one in worthy], pa.float64()),
            "exposure": pa.array([EXPOSURES[one.exposure] if one.exposure else UNKNOWN for one in worthy], pa.int8()),
            "tier": pa.array([_tier(one.tier, tiers) for one in worthy], pa.int8()),
            "setting": pa.array(settings, pa.int8()),
        }
    )


def _tier(tier: str, tiers: Sequence[str]) -> int:
    return tiers.index(tier) if tier in tiers else UNKNOWN


def controls(names: Iterable[tuple[int, str]], claims: Claims) -> pa.Table:
    """Per asset and kind of finding the share of attacks that compensating controls stop together."""
    table: dict[tuple[int, int], float] = {}
    for asset, name in names:
        service = claims.service(name)
        for control in service.controls if service else ():
            for kind in control.kinds or [kind.value for kind in Kind]:
                key = (asset, rows.KINDS[Kind(kind)])
                table[key] = 1 - (1 - table.get(key, 0.0)) * (1 - control.effect)
    return pa.table(
        {
            "asset": pa.array([asset for asset, _ in table], pa.int64()),
            "kind": pa.array([kind for _, kind in table], pa.int8()),
            "effect": pa.array(list(table.values()), pa.float64()),
        }
    )


def vulnerabilities(told: pa.Table, today: date) -> pa.Table:
    """The answer of vulns.sql with a hazard for every row: the ranker's, else that of an unknown CVE, else the prior."""
    told = _read(told)
    is_cve = pc.starts_with(told["name"], "CVE-")
    strange = pc.and_(pc.is_null(told["h0"]), is_cve)
    guessed = _guessed(told.filter(strange), today)
    h0, basis = told["h0"].to_pylist(), told["hazard_class"].to_pylist()
    severities, names = told["severity"].to_pylist(), told["name"].to_pylist()
    for index, known in enumerate(h0):
        if known is None:
            h0[index] = guessed.get(names[index], PRIOR_30_DAYS[Severity(severities[index])] * rank.SPREAD_SHARE)
            basis[index] = "unscored" if names[index] in guessed else "prior"
    known_now = pc.is_in(told["hazard_class"], pa.array(["edge", "exploited"]))
    return (
        told.set_column(told.schema.get_field_index("h0"), "h0", pa.array(h0, pa.float64()))
        .append_column("basis", pa.array(basis, pa.string()))
        .append_column("kev", pc.is_valid(told["kev_added"]))
        .append_column("known", pc.fill_null(known_now, False))
        .append_column("threat", _threats(told))
    )


def _read(told: pa.Table) -> pa.Table:
    """Where the intelligence does not say how an attack works, the vector of the report does; it may raise the class."""
    vector, spelled = pc.fill_null(told["vector"], ""), exposure(told["vector"])
    for name in ("automatable", "total"):
        own = pc.if_else(pc.not_equal(vector, ""), pa.array(spelled[name]), None)
        told = told.set_column(told.schema.get_field_index(name), name, pc.coalesce(told[name], own))
    edge = pc.and_(pc.equal(told["hazard_class"], Hazard.EXPLOITED.value), pc.and_(told["automatable"], told["total"]))
    edge = pc.fill_null(edge, False)
    told = told.set_column(
        told.schema.get_field_index("hazard_class"),
        "hazard_class",
        pc.if_else(edge, Hazard.EDGE.value, told["hazard_class"]),
    )
    return told.set_column(told.schema.get_field_index("h0"), "h0", pc.if_else(edge, rank.EDGE_MONTH, told["h0"]))


def _guessed(told: pa.Table, today: date) -> dict[str, float]:
    if not told.num_rows:
        return {}
    vectors = [vector or None for vector in told["vector"].to_pylist()]
    table = rank.score_unknown(told["name"].to_pylist(), vectors, told["score"].to_pylist(), today)
    return dict(zip(table["cve"].to_pylist(), table["h0"].to_pylist(), strict=True))


def _threats(told: pa.Table) -> pa.Array:
    """SSVC's view of the attacker: what nobody has looked at counts as no exploitation known, not automatable."""
    pairs = zip(told["exploitation"].to_pylist(), told["automatable"].to_pylist(), strict=True)
    return pa.array([THREATS.index((_WORDS.get(word or "", "none"), bool(auto))) for word, auto in pairs], pa.int8())


def ssvc() -> pa.Table:
    """The deployer decision for every threat and setting, as 0 (defer) to 3 (immediate)."""
    cells = [(t, s) for t in range(len(THREATS)) for s in range(len(SETTINGS))]
    urgency = [
        SSVC.index(deployer(THREATS[t][0], SETTINGS[s][0], THREATS[t][1], SETTINGS[s][1]))  # type: ignore[arg-type]  # words of the table
        for t, s in cells
    ]
    return pa.table(
        {
            "threat": pa.array([t for t, _ in cells], pa.int8()),
            "setting": pa.array([s for _, s in cells], pa.int8()),
            "urgency": pa.array(urgency, pa.int8()),
        }
    )


def rules(always: Iterable[AlwaysRule], tiers: Sequence[str]) -> pa.Table:
    """What the accord always escalates, one row per place a rule names; -1 means anywhere."""
    found = [
        (rule, exposure, tier)
        for rule in always
        for exposure in ([EXPOSURES[one] for one in sorted(rule.exposures)] or [-1])
        for tier in ([tiers.index(one) for one in sorted(rule.tiers)] or [-1])
    ]
    return pa.table(
        {
            "kev": pa.array([rule.kev for rule, _, _ in found], pa.bool_()),
            "exploited": pa.array([rule.exploited for rule, _, _ in found], pa.bool_()),
            "severity": pa.array([int(rule.severity) for rule, _, _ in found], pa.int8()),
            "urgency": pa.array([SSVC.index(rule.ssvc) if rule.ssvc else 0 for rule, _, _ in found], pa.int8()),
            "exposure": pa.array([exposure for _, exposure, _ in found], pa.int8()),
            "tier": pa.array([tier for _, _, tier in found], pa.int8()),
        }
    )


def terms(accord: Accord) -> pa.Table:
    """The two numbers of the accord that every price and every cut needs."""
    share = float(accord.escalation.share.value)
    return pa.table({"scale": [float(accord.prices.hazard.scale)], "share": [share]})
