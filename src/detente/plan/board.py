"""A plan being laid: what is still free, what a day costs, put and take. Every plan passes through here, so none breaks a rule."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detente.plan.columns import EPSILON, Columns, Floats, Ints

NEVER = -1


class _Job(NamedTuple):
    """A job as plain numbers, which Python adds faster than arrays of one: and what it may do, as arrays over its days."""

    service: int
    squad: int
    effort: float
    prepared: float
    days: Ints
    weeks: Ints
    starts: Ints
    months: Ints
    minutes: Floats
    costs: Floats


class Board:
    """Days of all jobs (NEVER where not planned) and what they leave free: hours by squad, minutes by service, releases by day.

    `allowed` are the options (j, t) on offer, those that may pay by default.
    """

    def __init__(self, columns: Columns, days: Ints | None = None, allowed: NDArray[np.bool_] | None = None) -> None:
        self.columns = columns
        self.days = np.full(len(columns.service), NEVER, np.int64)
        self._jobs = _jobs(columns, columns.worthwhile if allowed is None else allowed)
        self._weeks, self._months = columns.week.tolist(), columns.month.tolist()
        self._release_hours, self._release_minutes = columns.release_hours.tolist(), columns.release_minutes.tolist()
        self._release_cost = columns.release_cost.tolist()
        self._hours = np.cumsum(columns.hours, axis=1)
        self._least = _least(self._hours)
        self._minutes = columns.budget.copy()
        self._fleet = columns.fleet.copy()
        self._shared = np.zeros((len(columns.squad_of), columns.days), np.int64)
        if days is not None:
            for job in np.flatnonzero(days >= 0).tolist():
                self.put(job, int(days[job]))

    @property
    def cost(self) -> float:
        """What the plan costs at the exchange rate."""
        planned = np.flatnonzero(self.days >= 0)
        kept = self.columns.never.sum() - self.columns.never[planned].sum()
        releases = self._shared.astype(bool).sum(axis=1) @ self.columns.release_cost
        return float(kept + self.columns.cost[planned, self.days[planned]].sum() + releases)

    def offers(self, job: int) -> tuple[Ints, Floats]:
        """The days this job may ship on as the plan stands, and what each adds to the cost against never."""
        here = self._jobs[job]
        service, least = here.service, self._least[here.squad]
        alone = self._shared[service, here.days] == 0
        free = least[here.weeks] >= here.effort - EPSILON + alone * self._release_hours[service]
        free &= least[here.starts] >= here.prepared - EPSILON
        minutes = here.minutes + alone * self._release_minutes[service]
        free &= self._minutes[service, here.months] >= minutes - EPSILON
        free &= ~alone | (self._fleet[here.days] > 0)
        if self.columns.before[job] or self.columns.after[job]:
            free &= (here.days >= self._from(job)) & (here.days <= self._until(job))
        return here.days[free], (here.costs + alone * self._release_cost[service])[free]

    def best(self, job: int) -> int:
        """The cheapest day; NEVER where none saves money."""
        days, costs = self.offers(job)
        if not len(days) or costs[place := int(costs.argmin())] >= 0:
            return NEVER
        return int(days[place])

    def lacks(self, job: int, day: int) -> tuple[str, ...]:
        """What keeps the job from shipping on that day; nothing where it can."""
        columns, here = self.columns, self._jobs[job]
        start, service, least = int(columns.start[job, day]), here.service, self._least[here.squad]
        if start < 0:
            return ("window",)
        alone = self._shared[service, day] == 0
        needed = here.effort + alone * self._release_hours[service] - EPSILON
        ready = least[self._weeks[start]] >= here.prepared - EPSILON
        minutes = columns.minutes[job, day] + alone * self._release_minutes[service] - EPSILON
        wanting = {
            "order": not self._from(job) <= day <= self._until(job),
            "hours": bool(least[self._weeks[day]] < needed or not ready),
            "minutes": bool(self._minutes[service, self._months[day]] < minutes),
            "releases": bool(alone and self._fleet[day] <= 0),
        }
        return tuple(name for name, holds in wanting.items() if holds)

    def put(self, job: int, day: int) -> float:
        """Ship the job on a day that `offers` named; what that adds to the cost against never."""
        self.days[job] = day
        return self._change(job, day, 1)

    def take(self, job: int) -> float:
        """Take the job off the plan; what that adds to the cost."""
        day = int(self.days[job])
        self.days[job] = NEVER
        return self._change(job, day, -1)

    def _from(self, job: int) -> int:
        days = [
            int(self.days[first]) + self.columns.gap(first, job) if self.days[first] >= 0 else self.columns.days
            for first in self.columns.before[job]
        ]
        return max(days, default=0)

    def _until(self, job: int) -> int:
        days = [
            int(self.days[then]) - self.columns.gap(job, then)
            for then in self.columns.after[job]
            if self.days[then] >= 0
        ]
        return min(days, default=self.columns.days)

    def _change(self, job: int, day: int, sign: int) -> float:
        columns, here = self.columns, self._jobs[job]
        service, hours = here.service, self._hours[here.squad]
        alone = bool(self._shared[service, day] == (sign < 0))
        self._shared[service, day] += sign
        rest = here.effort - here.prepared + alone * self._release_hours[service]
        hours[self._weeks[columns.start[job, day]] :] -= sign * here.prepared
        hours[self._weeks[day] :] -= sign * rest
        self._least[here.squad] = _least(hours)
        minutes = columns.minutes[job, day] + alone * self._release_minutes[service]
        self._minutes[service, self._months[day]] -= sign * minutes
        self._fleet[day] -= sign * alone
        return sign * float(columns.cost[job, day] - columns.never[job] + alone * self._release_cost[service])


def _jobs(columns: Columns, allowed: NDArray[np.bool_]) -> list[_Job]:
    services, squads, efforts = columns.service.tolist(), columns.squad.tolist(), columns.effort.tolist()
    share, found = columns.problem.rules.prep_share, []
    for job, row in enumerate(allowed):
        days = np.flatnonzero(row)
        one = _Job(
            service=services[job],
            squad=squads[job],
            effort=efforts[job],
            prepared=share * efforts[job],
            days=days,
            weeks=columns.week[days],
            starts=columns.week[columns.start[job, days]],
            months=columns.month[days],
            minutes=columns.minutes[job, days],
            costs=columns.cost[job, days] - columns.never[job],
        )
        found.append(one)
    return found


def _least(hours: Floats) -> Floats:
    """The least that is free from each week on: what a week may still promise."""
    least: Floats = np.minimum.accumulate(hours[..., ::-1], axis=-1)[..., ::-1].copy()
    return least
