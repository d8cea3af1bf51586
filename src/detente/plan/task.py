"""One fix as the planner sees it: what a day of waiting costs, what shipping it risks, when it is due, and which lane it takes."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from detente.accord import clocks
from detente.accord.change import Express, Pipeline
from detente.model.fix import Fix
from detente.model.money import Money
from detente.model.plan import Job
from detente.plan import known
from detente.plan.gate import Worth
from detente.plan.ground import EXPRESS, MONTH_DAYS, NORMAL, PREPARATION, Ground, staged
from detente.plan.kind import HOURS, kind
from detente.plan.lane import express

EVIDENCE_DAYS = 1
"""BOD 26-04: volatile evidence is collected within 24 hours, and before patching."""
LATE = -1  # the clock of what is late already: what it has cost so far no plan can change


def task(ground: Ground, fix: Fix) -> Job:
    """The fix; where the accord opens the express lane to it, it may take that to the days its own lane cannot reach."""
    what, pinned = kind(fix), ground.running.get(fix.id)
    change, opened, met = ground.accord.change, _hasty(ground, fix), known.odds(known.about(fix, ground.faults))
    job = Job(
        id=fix.id,
        service=fix.service,
        effort_hours=HOURS[what] * (1.0 if pinned is None else 1 - PREPARATION),
        breach_day=float(fix.loss_month) / MONTH_DAYS,
        risk_minutes=_risk(ground, what, change.pipeline, met),
        patch_age_days=_age(ground, fix),
        due=None if fix.due is None else max(ground.day(fix.due), LATE),
        late_day=float(ground.accord.prices.late_day.amount),
        cvss=max((each.cvss or 0.0 for each in fix.findings), default=0.0),
        lane=NORMAL,
        express=EXPRESS if opened else None,
        express_minutes=_risk(ground, what, change.express, met) if opened else 0.0,
        earliest=_evidence(ground, fix),
        pinned=None if pinned is None else ground.day(pinned),
        override=ground.overrides.get(fix.id, 0),
    )
    return replace(job, earliest=max(job.earliest, MONTH_DAYS)) if _held_back(ground, fix, job) else job


def _risk(ground: Ground, what: str, stages: Pipeline | Express, met: float) -> float:
    return ground.odds[what].minutes(staged(stages), canary=stages.canary.seconds > 0, known=met)


def _hasty(ground: Ground, fix: Fix) -> bool:
    left = None if fix.due is None else timedelta(days=ground.day(fix.due))
    return express(fix, ground.accord.change.express.when, left).open


def _age(ground: Ground, fix: Fix) -> int:
    """Days since the patch came out; where no report states that, since it was first known here, which cannot be earlier."""
    known = [each.released or each.first_seen.date() for each in fix.findings if each.fixed]
    return max(0, -ground.day(min(known))) if known else 0


def _evidence(ground: Ground, fix: Fix) -> int:
    """Days until evidence is collected, where the clock asks for it: it begins with the first plan that names the fix."""
    bound, ready = clocks.earliest(fix.clocks), ground.ready.get(fix.id)
    if bound is None or not bound.forensics:
        return 0
    if ready is None or bound.starts.date() > ready:
        return EVIDENCE_DAYS
    return min(EVIDENCE_DAYS, max(0, ground.day(ready)))


def _held_back(ground: Ground, fix: Fix, job: Job) -> bool:
    """Whether the uptime budget of this month is spent and the accord lets only pass what saves more than it risks."""
    promise, rule = ground.promises.get(fix.service), ground.accord.change.budgets.uptime_spent
    if promise is None or not promise.budget.gone or not rule.startswith("fixes only, and only"):
        return False
    prices = ground.accord.prices
    costs = Decimal(str(job.risk_minutes)) * prices.minute(ground.services[fix.service].tier).amount
    return not Worth(Money(fix.loss_month, fix.currency), Money(costs, fix.currency), prices.exchange_rate).pays
