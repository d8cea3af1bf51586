"""The two readings of risk side by side: what the estate implies, what the accord states, and what another accord would mean."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import numpy as np

from detente.flows import patch
from detente.flows.workspace import Workspace
from detente.queue.price import scale_for

LEAST, MOST = 1 / 3, 7.0  # implied over stated: outside, one of the two readings is wrong (docs/prices.md)


@dataclass(frozen=True, slots=True)
class Calibration:
    """Breach probabilities a year: `implied` by the open findings, `stated` by the accord; `proposed` is the scale between.

    `proposed` is None when no scale makes the findings imply the stated rate (there are none that matter).
    """

    implied: float
    stated: float
    scale: float
    proposed: float | None

    @property
    def plausible(self) -> bool:
        """Whether the two are within a third and seven times of each other."""
        return self.stated > 0 and LEAST <= self.implied / self.stated <= MOST

    def reading(self) -> str:
        """Both ways to read a difference, in words; empty when there is none worth reading."""
        if self.plausible:
            return ""
        side, what = ("above", "worse") if self.implied > self.stated else ("below", "better")
        return (
            f"the open findings imply a breach with a probability of {self.implied:.2%} a year, the accord states {self.stated:.2%}: "
            f"either the estate is {what} than the population behind that rate (exposure {side} it), or prices.hazard.scale is wrong"
        )


def calibrate(workspace: Workspace, now: datetime) -> Calibration:
    """Compare the readings on the queue of this moment."""
    scale = workspace.accord.prices.hazard.scale
    stated = workspace.accord.prices.hazard.stated
    target = stated.incidents_per_year * float(stated.through_exploits)
    with patch.triage(workspace, now) as (engine, _):
        hazards = engine.ask("SELECT h FROM priced WHERE h > 0 ORDER BY h").column("h").to_numpy() / scale
    weights = np.log1p(-np.minimum(0.999999999999, hazards * scale))
    return Calibration(float(-np.expm1(12 * weights.sum())), target, scale, scale_for(hazards, target))


@dataclass(frozen=True, slots=True)
class Simulation:
    """What the queue would be under another accord: sums of both, and the fixes that enter or leave the escalated set."""

    findings: int
    now_loss: Decimal
    then_loss: Decimal
    now_implied: float
    then_implied: float
    entering: tuple[str, ...]
    leaving: tuple[str, ...]
    staying: int
    currency: str


def simulate(workspace: Workspace, other: Path, now: datetime) -> Simulation:
    """Replay the same reports, intelligence and estate under the accord in `other`; nothing is stored as a decision."""
    there = replace(workspace, accord_file=other)
    today, then = patch.queue(workspace, now), patch.queue(there, now)
    before, after = {fix.id: fix.action for fix in today.fixes}, {fix.id: fix.action for fix in then.fixes}
    return Simulation(
        findings=today.findings,
        now_loss=today.estate.loss_month,
        then_loss=then.estate.loss_month,
        now_implied=today.estate.implied_year,
        then_implied=then.estate.implied_year,
        entering=tuple(action for name, action in after.items() if name not in before),
        leaving=tuple(action for name, action in before.items() if name not in after),
        staying=len(before.keys() & after.keys()),
        currency=then.currency,
    )
