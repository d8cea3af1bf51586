"""What a day earlier or later costs, and what to relax, cheapest first, where a clock cannot be met."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial, reduce

import numpy as np

from detente.model.plan import Problem, Relief, Service, Shift
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


@dataclass(frozen=True, slots=True)
class _Way:
    """One constraint relaxed: what that means, the problem without it, what the relaxation itself costs."""

    what: str
    relax: Callable[[Problem], Problem]
    price: float = 0.0


def reliefs(problem: Problem, days: Ints, job: str) -> tuple[Relief, ...]:
    """For a fix that misses its clock: each constraint which, relaxed alone, lets it ship in time; cheapest first.

    Where none is enough alone, the ones that are together: each of them is needed. Empty when nothing helps.
    """
    place = [each.id for each in problem.jobs].index(job)
    tried = (_relaxed(problem, days, place, (way,)) for way in _ways(problem, place))
    found = [relief for relief in tried if relief]
    if not found and (whole := _together(problem, days, place)):
        found = [whole]
    return tuple(sorted(found, key=lambda each: (each.cost, each.what)))


def _together(problem: Problem, days: Ints, place: int) -> Relief | None:
    """Everything relaxed at once, less what is not needed, the dearest first."""
    ways = sorted(_every(problem, place), key=lambda way: -way.price)
    if _relaxed(problem, days, place, ways) is None:
        return None
    for way in tuple(ways):
        rest = [each for each in ways if each is not way]
        if _relaxed(problem, days, place, rest):
            ways = rest
    return _relaxed(problem, days, place, ways)


def _relaxed(problem: Problem, days: Ints, place: int, ways: Sequence[_Way]) -> Relief | None:
    """The cheapest day in time once these constraints are gone; None where there is none."""
    arrays = columns(reduce(lambda whole, way: way.relax(whole), ways, problem))
    board, due = Board(arrays, days, allowed=arrays.start >= 0), problem.jobs[place].due
    before = board.cost
    if days[place] >= 0:
        board.take(place)
    in_time = [day for day in board.offers(place) if due is None or day <= due]
    if not in_time:
        return None
    day = min(in_time, key=lambda each: arrays.cost[place, each])
    board.put(place, day)
    price = sum(way.price for way in ways)
    return Relief(" and ".join(way.what for way in ways), problem.day0 + timedelta(day), board.cost - before + price)


def _ways(problem: Problem, place: int) -> Iterator[_Way]:
    """One constraint at a time."""
    job = problem.jobs[place]
    yield _Way("move nothing: there is room", lambda whole: whole)
    for name in problem.rules.lanes:
        if name not in (job.lane, job.express):
            yield _Way(f"ship through the {name} lane", partial(_with, place=place, lane=name))
            frozen = partial(_with, place=place, lane=name, override=problem.days)
            yield _Way(f"ship in a freeze, through the {name} lane", frozen)
    yield _Way("ship in a freeze", partial(_with, place=place, override=problem.days))
    yield from _limits(problem, place)


def _every(problem: Problem, place: int) -> Iterator[_Way]:
    """What can be relaxed at once: the shortest lane, any day, and every limit."""
    lanes, job = problem.rules.lanes, problem.jobs[place]
    shortest = min(lanes, key=lambda name: (lanes[name].lead + lanes[name].canary, name))
    if shortest not in (job.lane, job.express):
        yield _Way(f"ship through the {shortest} lane", partial(_with, place=place, lane=shortest))
    yield _Way("ship in a freeze", partial(_with, place=place, override=problem.days))
    yield _Way(f"ship outside the windows of {job.service}", partial(_wide, service=job.service))
    yield from _limits(problem, place)


def _limits(problem: Problem, place: int) -> Iterator[_Way]:
    """Hours, error budget and releases."""
    job = problem.jobs[place]
    service = next(each for each in problem.services if each.id == job.service)
    hours, minutes = job.effort_hours + service.release_hours, job.risk_minutes + service.release_minutes
    labour = hours * problem.costs.labour_hour
    yield _Way(
        f"{hours:.1f} more hours for {service.squad}", partial(_staffed, squad=service.squad, hours=hours), labour
    )
    what = f"{minutes:.2f} more minutes of error budget for {service.id}"
    yield _Way(what, partial(_tolerant, service=service.id, minutes=minutes))
    yield _Way("one more release a day", _busier)


def _with(problem: Problem, place: int, *, lane: str | None = None, override: int = 0) -> Problem:
    jobs = list(problem.jobs)
    jobs[place] = replace(jobs[place], lane=lane or jobs[place].lane, override=max(override, jobs[place].override))
    return replace(problem, jobs=tuple(jobs))


def _wide(problem: Problem, service: str) -> Problem:
    every = tuple(range(problem.days))
    return _service(problem, service, lambda one: replace(one, open=every))


def _tolerant(problem: Problem, service: str, minutes: float) -> Problem:
    return _service(
        problem,
        service,
        lambda one: replace(one, budget_minutes=tuple(month + minutes for month in one.budget_minutes)),
    )


def _service(problem: Problem, name: str, change: Callable[[Service], Service]) -> Problem:
    return replace(problem, services=tuple(change(one) if one.id == name else one for one in problem.services))


def _staffed(problem: Problem, squad: str, hours: float) -> Problem:
    more = (
        replace(one, hours=(one.hours[0] + hours, *one.hours[1:])) if one.id == squad else one for one in problem.squads
    )
    return replace(problem, squads=tuple(more))


def _busier(problem: Problem) -> Problem:
    return replace(problem, releases=tuple(each + 1 for each in problem.releases))
