"""What a plan stands on: the queue's fixes, both documents, windows, budgets, odds, and what is already on its way."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from math import ceil

from detente.accord.change import Express, Pipeline
from detente.accord.document import Accord
from detente.model.change import Purpose
from detente.model.estate import Estate, Service
from detente.model.fix import Fix
from detente.model.plan import Costs, Lane, Rules
from detente.plan.budget import Budget
from detente.plan.known import Faults
from detente.plan.odds import Odds
from detente.plan.windows import Windows

NORMAL, EXPRESS = "normal", "express"
WEEK_DAYS, MONTH_DAYS = 7, 30
DAY_S = 86_400
PREPARATION = 0.6
"""A prior: the share of the work that is done before a fix enters the pipeline."""
AGE_FLOOR, AGE_TAU_DAYS = 0.35, 10.0
"""Priors: a patch loses two thirds of its risk while others find its faults (after Beattie et al., LISA 2002)."""


@dataclass(frozen=True, slots=True)
class Promise:
    """The share of requests that must be good, and what is left of the budget that follows from it."""

    target: float
    budget: Budget


@dataclass(frozen=True, kw_only=True)
class Ground:
    """Everything a plan follows from, gathered at one moment; days count from `day0` in the accord's time zone.

    `below` counts fixes that are not planned, though a clock of theirs ends in time, `quiet` those whose day is past and which no scan
    has looked for since; `odds` by kind of change; `promises` by service, absent where nobody promised; `running` is the day on which a fix that is on its
    way reaches production; `overrides` counts the days on which both roles let a fix ship in a freeze; `ready`
    is the day from which a fix that the last plan names may enter its pipeline; `faults` are those that makers of releases know of.
    """

    accord: Accord
    estate: Estate
    windows: Windows
    day0: date
    days: int
    fixes: tuple[Fix, ...]
    below: int = 0
    quiet: int = 0
    odds: Mapping[str, Odds]
    promises: Mapping[str, Promise]
    running: Mapping[str, date]
    overrides: Mapping[str, int]
    ready: Mapping[str, date] = field(default_factory=dict)
    faults: Faults = field(default_factory=dict)

    @cached_property
    def services(self) -> dict[str, Service]:
        """The services of the estate by name."""
        return {each.id: each for each in self.estate.services}

    @cached_property
    def own(self) -> dict[str, tuple[int, ...]]:
        """The days that each service's own windows allow."""
        return {name: self.windows.own_days(name, self.day0, self.days) for name in self.services}

    @cached_property
    def free(self) -> dict[str, tuple[int, ...]]:
        """The days on which a fix may meet customers: windows and freezes together."""
        return {name: self.windows.open_days(name, self.day0, self.days, Purpose.FIX) for name in self.services}

    @cached_property
    def rules(self) -> Rules:
        """How work falls into days, with the accord's two pipelines."""
        change = self.accord.change
        return Rules(
            prep_share=PREPARATION,
            gap_days=1,
            week_days=WEEK_DAYS,
            month_days=MONTH_DAYS,
            week_begun=self.day0.weekday(),
            lanes={NORMAL: lane(change.pipeline), EXPRESS: lane(change.express)},
        )

    @property
    def weeks(self) -> int:
        """How many calendar weeks the plan touches."""
        return ceil((self.days + self.day0.weekday()) / WEEK_DAYS)

    @cached_property
    def costs(self) -> Costs:
        """The prices that all fixes share."""
        prices = self.accord.prices
        return Costs(
            labour_hour=float(prices.engineer_hour.amount),
            age_floor=AGE_FLOOR,
            age_tau_days=AGE_TAU_DAYS,
            never_days=MONTH_DAYS,
            exchange=prices.exchange_rate,
            currency=self.accord.currency,
        )

    def day(self, moment: date) -> int:
        """The number of a day; negative for one before the plan begins."""
        return (moment - self.day0).days


def lane(stages: Pipeline | Express) -> Lane:
    """A pipeline in whole days. Its canary runs right before production: a freeze between the two would leave it unwatched."""
    canary = ceil(stages.canary.seconds / DAY_S) if stages.canary.seconds >= DAY_S else 0
    return Lane(lead=ceil((stages.test.seconds + stages.staging.seconds) / DAY_S), canary=canary, lookback=canary)


def staged(stages: Pipeline | Express) -> float:
    """Days in test and staging."""
    return (stages.test.seconds + stages.staging.seconds) / DAY_S
