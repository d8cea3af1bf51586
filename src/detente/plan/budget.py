"""The error budgets of both sides: how much unplanned downtime and how much risk is left, and what a spent one means.

Uptime is spent by bad requests out of those the objective tolerates over its window. It counts as spent before zero when it
burns so fast that zero is only a matter of days: 14.4 times over an hour, or 6 times over six (Google, The Site Reliability
Workbook, chapter 5), provided the burst took its 2 % or 5 % of the whole budget, so that one failure at night is no alarm.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from detente.accord.document import Accord, Objective
from detente.accord.quantity import Comparison, shown
from detente.model.money import Money

WINDOW = timedelta(days=30)
BURSTS = ((timedelta(hours=1), 14.4, 0.02), (timedelta(hours=6), 6.0, 0.05))
"""Length, how many times too fast, and the part of the budget it must have taken."""


class Level(StrEnum):
    """Where a budget stands. `unknown` is no permission and no ban: it is said."""

    LEFT = "left"
    BURNING = "burning"
    SPENT = "spent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Budget:
    """One budget: its level, the share that is left (None when nobody measured), and the sentence with its numbers."""

    rule: str
    level: Level
    left: float | None
    fact: str
    source: str

    @property
    def gone(self) -> bool:
        """Whether it restricts what may ship."""
        return self.level in (Level.SPENT, Level.BURNING)


class Joint(StrEnum):
    """What both budgets together mean (the four states both sides signed)."""

    NORMAL = "normal"
    RISK_FIRST = "risk first"
    FEATURES_STOP = "features stop"
    BOTH_SIGN = "both spent"


@dataclass(frozen=True, slots=True)
class Good:
    """`good` of `total` requests or minutes, until `at`."""

    at: datetime
    good: int
    total: int


def uptime(rule: str, target: float, measured: Sequence[Good], now: datetime, window: timedelta = WINDOW) -> Budget:
    """The uptime budget of a service whose objective is `target` (0..1) over `window`."""
    inside = [one for one in measured if now - window < one.at <= now]
    total, bad = _sums(inside)
    if not total:
        return Budget(
            rule, Level.UNKNOWN, None, "its uptime was not measured in the last " + _days(window), "measurements"
        )
    tolerated = round((1 - target) * total, 6)  # 1 - 0.999 is a little more than a thousandth in binary
    left = 1 - bad / tolerated if tolerated else float(not bad)
    level, burst = Level.LEFT if left > 0 else Level.SPENT, ""
    if level is Level.LEFT and (burst := _burst(inside, target, tolerated, now)):
        level = Level.BURNING
    fact = f"{1 - bad / total:.4%} good over {_days(window)} against {target:.4%}: {left:.0%} of the budget left{burst}"
    return Budget(
        rule, level, left, fact, f"{len(inside)} measurements until {max(one.at for one in inside):%Y-%m-%d %H:%M}Z"
    )


def _sums(measured: Iterable[Good]) -> tuple[int, int]:
    pairs = [(one.total, one.total - one.good) for one in measured]
    return sum(total for total, _ in pairs), sum(bad for _, bad in pairs)


def _burst(measured: Sequence[Good], target: float, tolerated: float, now: datetime) -> str:
    """How it burns too fast, in words; empty when it does not."""
    for length, limit, part in BURSTS:
        total, bad = _sums(one for one in measured if now - length < one.at)
        rate = bad / total / (1 - target) if total and target < 1 else 0.0
        if round(rate, 6) >= limit and bad >= round(part * tolerated, 6):
            return f", burning {rate:.1f} times too fast over {length.total_seconds() / 3600:g} h"
    return ""


def _days(window: timedelta) -> str:
    return f"{window.total_seconds() / 86_400:g} days"


@dataclass(frozen=True, slots=True)
class Exposure:
    """What the queue says of a service: expected loss per month, open criticals, and open findings known exploited."""

    service: str
    tier: str
    loss_month: Decimal
    criticals: int
    exploited: int


def promised(accord: Accord, tier: str) -> Objective | None:
    """The availability objective of a tier; its own one before that of all."""
    found = [one for one in accord.objectives if one.metric == "availability" and one.scope in (tier, "all")]
    return min(found, key=lambda one: one.scope == "all", default=None)


def risks(accord: Accord, exposures: Sequence[Exposure], tier: str) -> list[Budget]:
    """The risk budgets that bind a service of `tier`: expected loss and open criticals against what both signed."""
    return [
        _risk(objective, exposures, accord.currency)
        for objective in accord.objectives
        if objective.metric in ("expected_loss", "open_criticals") and objective.scope in ("all", tier)
    ]


def _risk(objective: Objective, exposures: Sequence[Exposure], currency: str) -> Budget:
    meant = [one for one in exposures if objective.scope in ("all", one.tier)]
    loss = objective.metric == "expected_loss"
    measured = sum(((one.loss_month if loss else Decimal(one.criticals)) for one in meant), Decimal(0))
    figure = f"{Money(measured, currency)} of expected loss a month" if loss else f"{measured} open criticals"
    holds, left = objective.target.holds(measured), _left(objective.target, measured)
    where = "everywhere" if objective.scope == "all" else f"on {objective.scope}"
    fact = f"{figure} {where} against {objective.target.relation} {shown(objective.target.bound)}"
    return Budget(f"objectives.{objective.id}", Level.LEFT if holds else Level.SPENT, left, fact, "the queue")


def _left(target: Comparison, measured: Decimal) -> float | None:
    bound = target.bound.amount if isinstance(target.bound, Money) else target.bound
    return float(1 - measured / bound) if isinstance(bound, Decimal) and bound > 0 else None


def joint(up: Budget | None, risk: Sequence[Budget]) -> Joint:
    """The state of both together; what is unknown restricts nothing, and is said elsewhere."""
    spent = any(one.gone for one in risk)
    if up is not None and up.gone:
        return Joint.BOTH_SIGN if spent else Joint.FEATURES_STOP
    return Joint.RISK_FIRST if spent else Joint.NORMAL
