"""From the ground to a planning problem: which services may ship when, what squads have time for, what must come first.

What is unknown does not become zero: an unknown capacity does not bind, an unmeasured budget counts as whole, an unknown owner
ships nothing. `detente.plan.remarks` says so.
"""

from collections.abc import Iterable, Sequence
from math import ceil

from detente.model import plan
from detente.model.change import Purpose
from detente.model.plan import Job, Problem
from detente.plan.ground import MONTH_DAYS, WEEK_DAYS, Ground
from detente.plan.sequence import ordered
from detente.plan.task import task

UNOWNED = "unowned"
RELEASE_HOURS = 1.0
"""A prior: what a release costs besides its fixes. Planned downtime is none: a rollout is gradual."""
MONTH_MINUTES = float(MONTH_DAYS * 1440)


def compose(ground: Ground) -> Problem:
    """The planning problem of this ground."""
    jobs = tuple(task(ground, fix) for fix in ground.fixes)
    services = tuple(_service(ground, name) for name in sorted({job.service for job in jobs}))
    return Problem(
        day0=ground.day0,
        days=ground.days,
        rules=ground.rules,
        costs=ground.costs,
        frozen=ground.windows.frozen_days(ground.day0, ground.days, Purpose.FIX),
        releases=(len(services),) * ground.days,
        squads=tuple(_squad(ground, name, services, jobs) for name in sorted({each.squad for each in services})),
        services=services,
        jobs=jobs,
        precedence=tuple(_order(ground, jobs)),
    )


def _service(ground: Ground, name: str) -> plan.Service:
    """A service that nobody claims is never open: there is nobody who could ship."""
    known = ground.services.get(name)
    return plan.Service(
        id=name,
        squad=known.squad if known and known.squad else UNOWNED,
        minute_cost=float(ground.accord.prices.minute(known.tier if known else "").amount),
        open=ground.own.get(name, ()),
        release_minutes=0.0,
        release_hours=RELEASE_HOURS,
        budget_minutes=_budget(ground, name),
        frozen=frozenset(range(ground.days)) - frozenset(ground.free.get(name, ())),
    )


def _budget(ground: Ground, name: str) -> tuple[float, ...]:
    """Minutes by month: what is left of this one, then whole ones. A spent one does not bind here: see `task`."""
    months = ceil(ground.days / MONTH_DAYS)
    promise = ground.promises.get(name)
    if promise is None or ground.accord.change.budgets.uptime_spent == "no consequence":
        return (MONTH_MINUTES,) * months
    whole = (1 - promise.target) * MONTH_MINUTES
    left = 1.0 if promise.budget.left is None else promise.budget.left
    return (MONTH_MINUTES if promise.budget.gone else left * whole, *(whole,) * (months - 1))


def _squad(ground: Ground, name: str, services: Iterable[plan.Service], jobs: Iterable[Job]) -> plan.Squad:
    """Its hours by calendar week, of the first what is left of it; where nobody stated them, all that its fixes could take."""
    stated = next((each.capacity_hours_week for each in ground.estate.squads if each.id == name), None)
    if stated is None:
        own = {each.id for each in services if each.squad == name}
        work = sum(job.effort_hours + RELEASE_HOURS for job in jobs if job.service in own)
        return plan.Squad(id=name, hours=(work,) * ground.weeks)
    begun = stated * (1 - ground.day0.weekday() / WEEK_DAYS)
    return plan.Squad(id=name, hours=(begun, *(stated,) * (ground.weeks - 1)))


def _order(ground: Ground, jobs: Sequence[Job]) -> Iterable[tuple[str, str]]:
    """The order between fixes: what is urgent waits for nothing ordinary, and nothing waits for what cannot ship."""
    by_id = {job.id: job for job in jobs}
    for first, then in ordered(ground.fixes, ground.estate.services):
        one, other = by_id[first.id], by_id[then.id]
        urgent = other.express is not None and one.express is None
        if not urgent and other.pinned is None and ground.free[first.service]:
            yield one.id, other.id
