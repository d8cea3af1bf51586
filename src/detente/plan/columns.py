"""A problem as arrays: every job, every day it may ship on, and what that costs."""

from dataclasses import dataclass
from functools import cached_property
from graphlib import TopologicalSorter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detente.model.plan import Lane, Problem

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
EPSILON = 1e-9  # hours, minutes: what rounding may add up to

Option = tuple[float, int, int, int, int, float]
"""One job on one day: what it costs against never, the day, its week, the week its pipeline starts, its month, outage minutes."""


def summed(place: Ints, value: Floats, count: int) -> Floats:
    """The sum of the values at each place."""
    return np.bincount(place, value, count).astype(np.float64)


@dataclass(frozen=True)
class Columns:
    """Arrays over jobs (n), services (S), squads (K), days (T). Indices follow the order of the problem.

    `start[j, t]` is the first pipeline day for production on day t, -1 where the job cannot ship, `hurried[j, t]` whether only its
    express lane gets there. `cost[j, t]` and `never[j]` are money at the exchange rate, `minutes[j, t]` expected outage.
    """

    problem: Problem
    service: Ints
    squad_of: Ints
    effort: Floats
    start: Ints
    hurried: NDArray[np.bool_]
    minutes: Floats
    cost: Floats
    never: Floats
    release_minutes: Floats
    release_hours: Floats
    release_cost: Floats
    budget: Floats
    hours: Floats
    fleet: Ints
    pairs: tuple[tuple[int, int], ...]

    @property
    def days(self) -> int:
        """The horizon."""
        return self.problem.days

    @cached_property
    def squad(self) -> Ints:
        """The squad of every job."""
        return self.squad_of[self.service]

    @cached_property
    def week(self) -> Ints:
        """The week of every day."""
        return (np.arange(self.days) + self.problem.rules.week_begun) // self.problem.rules.week_days

    @cached_property
    def month(self) -> Ints:
        """The month of every day."""
        return np.arange(self.days) // self.problem.rules.month_days

    @cached_property
    def before(self) -> list[list[int]]:
        """Predecessors of every job."""
        return _neighbours(len(self.service), [(then, first) for first, then in self.pairs])

    @cached_property
    def after(self) -> list[list[int]]:
        """Successors of every job."""
        return _neighbours(len(self.service), self.pairs)

    def gap(self, first: int, then: int) -> int:
        """How many days `then` ships after `first`, at least."""
        return 0 if self.service[first] == self.service[then] else self.problem.rules.gap_days

    @cached_property
    def worthwhile(self) -> NDArray[np.bool_]:
        """Options (j, t) a best plan may use: those that fit a month's budget and save something, or that others wait for."""
        fits = self._fits_minutes & self._fits_hours
        waited = np.array([bool(after) for after in self.after], bool)[:, None]
        pinned = np.array([job.pinned is not None for job in self.problem.jobs], bool)[:, None]
        saves = self.cost < self.never[:, None]
        worth: NDArray[np.bool_] = (self.start >= 0) & fits & (saves | waited | pinned)
        for job in self.order:
            for first in self.before[job]:
                early = np.flatnonzero(worth[first])
                worth[job, : early[0] + self.gap(first, job) if len(early) else self.days] = False
        return worth

    @property
    def floor(self) -> float:
        """What all jobs cost at least, were each alone."""
        return float(np.minimum(self.never, np.where(self.worthwhile, self.cost, np.inf).min(axis=1)).sum())

    @cached_property
    def options(self) -> list[dict[int, Option]]:
        """Every option of each job, by day."""
        job, day = np.nonzero(self.start >= 0)
        parts = (
            self.cost[job, day] - self.never[job],
            day,
            self.week[day],
            self.week[self.start[job, day]],
            self.month[day],
            self.minutes[job, day],
        )
        found: list[dict[int, Option]] = [{} for _ in self.service]
        for place, option in zip(job.tolist(), zip(*(part.tolist() for part in parts), strict=True), strict=True):
            found[place][option[1]] = option
        return found

    @cached_property
    def cheap(self) -> list[list[Option]]:
        """The worthwhile options of each job, cheapest first."""
        return self.cheapest(self.worthwhile)

    def cheapest(self, allowed: NDArray[np.bool_]) -> list[list[Option]]:
        """Some options of each job, cheapest first."""
        return [
            sorted(on[day] for day in np.flatnonzero(row).tolist())
            for on, row in zip(self.options, allowed, strict=True)
        ]

    def priced(self, paid: Floats) -> list[list[Option]]:
        """The worthwhile options of each job, each with what it has `paid[j, t]`, cheapest first."""
        return [
            sorted((option[0] + row[option[1]], *option[1:]) for option in options)
            for row, options in zip(paid.tolist(), self.cheap, strict=True)
        ]

    @property
    def _fits_minutes(self) -> NDArray[np.bool_]:
        alone = self.minutes + self.release_minutes[self.service][:, None]
        fits: NDArray[np.bool_] = alone <= self.budget[self.service][:, self.month] + EPSILON
        return fits

    @property
    def _fits_hours(self) -> NDArray[np.bool_]:
        """Whether the squad has had the hours by then, for the job and for everything its own squad does before it."""
        whole = self.effort + self.release_hours[self.service]
        whole += [
            self.effort[[each for each in ahead if self.squad[each] == self.squad[job]]].sum()
            for job, ahead in enumerate(self.ahead)
        ]
        had = np.cumsum(self.hours, axis=1)[self.squad]
        ready = np.take_along_axis(had, self.week[np.maximum(self.start, 0)], axis=1)
        prepared = self.problem.rules.prep_share * self.effort
        fits: NDArray[np.bool_] = (had[:, self.week] >= whole[:, None] - EPSILON) & (
            ready >= prepared[:, None] - EPSILON
        )
        return fits

    @cached_property
    def order(self) -> list[int]:
        """All jobs, predecessors before their successors."""
        return [int(job) for job in TopologicalSorter(dict(enumerate(self.before))).static_order()]

    @cached_property
    def ahead(self) -> list[list[int]]:
        """Everything that must ship before each job, first things first."""
        found: dict[int, list[int]] = {}
        for job in self.order:
            found[job] = list(dict.fromkeys(each for first in self.before[job] for each in (*found[first], first)))
        return [found[job] for job in range(len(self.service))]


def columns(problem: Problem, outage_weight: float | None = None) -> Columns:
    """The arrays of a problem; `outage_weight` stands in for 1 / exchange."""
    weight = 1 / problem.costs.exchange if outage_weight is None else outage_weight
    service_of = {service.id: place for place, service in enumerate(problem.services)}
    squad_of = {squad.id: place for place, squad in enumerate(problem.squads)}
    job_of = {job.id: place for place, job in enumerate(problem.jobs)}
    services, jobs, rules = problem.services, problem.jobs, problem.rules
    months, weeks = -(-problem.days // rules.month_days), -(-(problem.days + rules.week_begun) // rules.week_days)
    service = np.array([service_of[job.service] for job in jobs], np.int64)
    minute_cost = weight * _floats(each.minute_cost for each in services)
    release_minutes = _floats(each.release_minutes for each in services)
    release_hours = _floats(each.release_hours for each in services)
    start, hurried = _starts(problem, service)
    minutes = _minutes(problem, hurried)
    return Columns(
        problem=problem,
        service=service,
        squad_of=np.array([squad_of[each.squad] for each in services], np.int64),
        effort=_floats(job.effort_hours for job in jobs),
        start=start,
        hurried=hurried,
        minutes=minutes,
        cost=_costs(problem, minutes * minute_cost[service][:, None]),
        never=_never(problem) + _tied(problem),
        release_minutes=release_minutes,
        release_hours=release_hours,
        release_cost=release_minutes * minute_cost + release_hours * problem.costs.labour_hour,
        budget=np.array([each.budget_minutes for each in services]).reshape(-1, months),
        hours=np.array([squad.hours for squad in problem.squads]).reshape(-1, weeks),
        fleet=np.array(problem.releases, np.int64),
        pairs=tuple((job_of[first], job_of[then]) for first, then in problem.precedence),
    )


def _floats(values: Any) -> Floats:
    return np.fromiter(values, np.float64)


def _neighbours(count: int, pairs: Any) -> list[list[int]]:
    found: list[list[int]] = [[] for _ in range(count)]
    for one, other in pairs:
        found[one].append(other)
    return found


def _minutes(problem: Problem, hurried: NDArray[np.bool_]) -> Floats:
    """Expected outage of shipping job j on day t: young patches break more often, and so do those that were tested in a hurry."""
    costs = problem.costs
    age = _floats(job.patch_age_days for job in problem.jobs)[:, None] + np.arange(problem.days)
    kept = costs.age_floor + (1 - costs.age_floor) * np.exp(-age / costs.age_tau_days)
    usual, express = (
        _floats(getattr(job, name) for job in problem.jobs)[:, None] for name in ("risk_minutes", "express_minutes")
    )
    minutes: Floats = np.where(hurried, express, usual) * kept
    return minutes


def _costs(problem: Problem, outage: Floats) -> Floats:
    day = np.arange(problem.days)
    breach, late, effort = (
        _floats(getattr(job, name) for job in problem.jobs)[:, None]
        for name in ("breach_day", "late_day", "effort_hours")
    )
    overdue = np.maximum(0, day - _due(problem)[:, None])
    cost: Floats = breach * day + outage + late * overdue + effort * problem.costs.labour_hour
    return cost


def _never(problem: Problem) -> Floats:
    longer = problem.costs.never_days
    breach = _floats(job.breach_day for job in problem.jobs) * (problem.days + longer)
    due = _due(problem)
    overdue = np.where(np.isfinite(due), np.maximum(0, problem.days - due) + longer, 0.0)
    never: Floats = breach + _floats(job.late_day for job in problem.jobs) * overdue
    return never


def _tied(problem: Problem) -> Floats:
    """What makes leaving out a fix that is under way dearer than anything it could save."""
    dearest = float(_never(problem).sum()) + sum(job.effort_hours for job in problem.jobs) * problem.costs.labour_hour
    return _floats(0.0 if job.pinned is None else dearest for job in problem.jobs)


def _due(problem: Problem) -> Floats:
    return _floats(np.inf if job.due is None else job.due for job in problem.jobs)


def _starts(problem: Problem, service: Ints) -> tuple[Ints, NDArray[np.bool_]]:
    """The first pipeline day of every option, -1 where windows, freezes or the pipeline forbid it; and who has to hurry for it."""
    usual = _through(problem, service, [job.lane for job in problem.jobs])
    express = _through(problem, service, [job.express or job.lane for job in problem.jobs])
    start = np.where(usual < 0, express, usual)
    for place, job in enumerate(problem.jobs):
        if job.pinned is not None:  # its preparation is done, so what is left of its hours falls on its day
            start[place] = -1
            start[place, job.pinned] = job.pinned
    return start, (usual < 0) & (express >= 0)


def hurried(problem: Problem) -> NDArray[np.bool_]:
    """Which options (j, t) are reached through the express lane alone."""
    place = {service.id: number for number, service in enumerate(problem.services)}
    return _starts(problem, np.array([place[job.service] for job in problem.jobs], np.int64))[1]


def _through(problem: Problem, service: Ints, lanes: list[str]) -> Ints:
    """The first pipeline day of every option in these lanes; a step before the patch delays the pipeline."""
    own = np.zeros((len(problem.services), problem.days), bool)
    for place, each in enumerate(problem.services):
        own[place, list(each.open)] = True
    ways = [
        (lane, problem.closed(problem.services[place], job))
        for lane, job, place in zip(lanes, problem.jobs, service, strict=True)
    ]
    laid = {way: starts(problem.rules.lanes[way[0]], problem.days, way[1]) for way in set(ways)}
    start = np.array([laid[way] for way in ways], np.int64).reshape(-1, problem.days)
    earliest = np.fromiter((job.earliest for job in problem.jobs), np.int64)[:, None]
    return np.where(own[service] & (start >= earliest), start, -1)


def starts(lane: Lane, days: int, frozen: frozenset[int]) -> Ints:
    """The first pipeline day for production on each day, -1 where the day is frozen or no canary day fits before it."""
    found = np.full(days, -1, np.int64)
    for day in range(days):
        tried = range(day - lane.canary, day - lane.lookback - 1, -1)
        soaks = (range(each, each + max(1, lane.canary)) for each in tried if each >= 0)
        canary = next((soak[0] for soak in soaks if frozen.isdisjoint(soak)), -1)
        if day not in frozen and canary >= lane.lead:
            found[day] = canary - lane.lead
    return found
