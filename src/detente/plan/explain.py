"""What a day earlier or later costs, and what to relax, cheapest first, where a clock cannot be met."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import numpy as np

from detente.model.plan import Problem, Relief, Shift
from detente.plan.board import Board
from detente.plan.columns import Columns, Ints, columns
from detente.plan.greedy import fill
from detente.plan.search import search

_STEPS = 200  # of search, to make room for the fix that is moved


def shift(problem: Problem, days: Ints, job: str, to: date) -> Shift:
    """What it costs, at most, to ship a fix on another day, everything else laid again around it."""
    place = [each.id for each in problem.jobs].index(job)
    day = (to - problem.day0).days
    arrays = columns(problem)
    if not 0 <= day < problem.days or arrays.start[place, day] < 0:
        return Shift(to, None, lacks=("window",))
    held = columns(_held(problem, place, day))
    near = held.squad[[place, *held.before[place], *held.after[place]]]
    weight = np.isin(np.arange(len(held.hours)), near).astype(np.float64)
    moved = search(held, _around(held, days, place, day), _STEPS, weight=weight)
    if moved[place] != day:
        return Shift(to, None, lacks=Board(held).lacks(place, day) or ("order",))
    others = tuple(problem.jobs[each].id for each in np.flatnonzero(moved != days) if each != place)
    return Shift(to, Board(arrays, moved).cost - Board(arrays, days).cost, others)


def neighbours(problem: Problem, days: Ints, job: str) -> tuple[Shift, ...]:
    """The next open day before and after the planned one, with what each costs."""
    place = [each.id for each in problem.jobs].index(job)
    free = np.flatnonzero(columns(problem).start[place] >= 0)
    now = int(days[place]) if days[place] >= 0 else problem.days
    near = [*free[free < now][-1:], *free[free > now][:1]]
    return tuple(shift(problem, days, job, problem.day0 + timedelta(int(day))) for day in near)


def _held(problem: Problem, place: int, day: int) -> Problem:
    jobs = list(problem.jobs)
    jobs[place] = replace(jobs[place], pinned=day)
    return replace(problem, jobs=tuple(jobs))


def _around(held: Columns, days: Ints, place: int, day: int) -> Ints:
    """The plan with one job on its new day: the others keep theirs where they can, those that pay least give way."""
    board = Board(held)
    chain = held.ahead[place]
    for job in (*chain, place):
        options = board.offers(job)
        if job == place and day in options:
            board.put(job, day)
        elif job != place and options:
            board.put(job, min(options) if days[job] > day or days[job] < 0 else int(days[job]))
    gains = held.never - np.take_along_axis(held.cost, np.maximum(days, 0)[:, None], axis=1)[:, 0]
    order = np.argsort(-gains, kind="stable")
    for job in sorted(order.tolist(), key=lambda each: len(held.ahead[each])):
        if days[job] >= 0 and board.day[job] < 0 and days[job] in board.offers(job):
            board.put(job, int(days[job]))
    fill(board)
    return board.days


def reliefs(problem: Problem, days: Ints, job: str) -> tuple[Relief, ...]:
    """For a fix that misses its clock: each constraint which, relaxed alone, lets it ship in time; cheapest first."""
    place = [each.id for each in problem.jobs].index(job)
    due = problem.jobs[place].due
    found = []
    for what, relaxed, price in _ways(problem, place, days):
        arrays = columns(relaxed)
        board = Board(arrays, days, allowed=arrays.start >= 0)
        before = board.cost
        if days[place] >= 0:
            board.take(place)
        in_time = [day for day in board.offers(place) if due is None or day <= due]
        for day in sorted(in_time, key=lambda each: arrays.cost[place, each])[:1]:
            board.put(place, day)
            found.append(Relief(what, problem.day0 + timedelta(day), board.cost - before + price))
    return tuple(sorted(found, key=lambda each: (each.cost, each.what)))


def _ways(problem: Problem, place: int, days: Ints) -> Iterator[tuple[str, Problem, float]]:
    """One relaxed problem per constraint, named, with what the relaxation itself costs."""
    job = problem.jobs[place]
    service = next(each for each in problem.services if each.id == job.service)
    hours = job.effort_hours + service.release_hours
    yield "move nothing: there is room", problem, 0.0
    for name in problem.rules.lanes:
        if name not in (job.lane, job.express):
            yield f"ship through the {name} lane", _with(problem, place, lane=name), 0.0
            yield (
                f"ship in a freeze, through the {name} lane",
                _with(problem, place, lane=name, override=problem.days),
                0.0,
            )
    yield "ship in a freeze", _with(problem, place, override=problem.days), 0.0
    more = tuple(
        replace(each, hours=(each.hours[0] + hours, *each.hours[1:])) if each.id == service.squad else each
        for each in problem.squads
    )
    yield (
        f"{hours:.1f} more hours for {service.squad}",
        replace(problem, squads=more),
        hours * problem.costs.labour_hour,
    )
    minutes = job.risk_minutes + service.release_minutes
    wider = tuple(
        replace(each, budget_minutes=tuple(each_month + minutes for each_month in each.budget_minutes))
        if each.id == service.id
        else each
        for each in problem.services
    )
    yield f"{minutes:.2f} more minutes of error budget for {service.id}", replace(problem, services=wider), 0.0
    yield "one more release a day", replace(problem, releases=tuple(each + 1 for each in problem.releases)), 0.0


def _with(problem: Problem, place: int, *, lane: str | None = None, override: int = 0) -> Problem:
    jobs = list(problem.jobs)
    jobs[place] = replace(jobs[place], lane=lane or jobs[place].lane, override=max(override, jobs[place].override))
    return replace(problem, jobs=tuple(jobs))
