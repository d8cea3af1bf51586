"""Planning again: what is under way stays on its day, and every other move says why."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from hashlib import sha256

import numpy as np

from detente.model.plan import Job, Move, Plan, Problem, Squad
from detente.plan.board import NEVER, Board
from detente.plan.columns import Ints, columns
from detente.plan.greedy import fill
from detente.plan.solve import Solution
from detente.plan.workload import workload

CALM = 0.002
"""What moving a date must save, as a share of the plan's cost: less than that the planner itself calls proven."""

_WHY = {
    "window": "its day is closed now",
    "order": "a fix it depends on has moved",
    "hours": "its squad has no hours left for that day",
    "minutes": "its service has no error budget left for that day",
    "releases": "the fleet bears no further release on that day",
}


def digest(plan: Plan) -> str:
    """What names a plan: `p-` and 16 hexadecimal digits of SHA-256 over its days and its parent."""
    lines = [f"{job} {day}" for job, day in sorted(plan.days.items())]
    whole = "\n".join([plan.parent or "", *lines])
    return f"p-{sha256(whole.encode()).hexdigest()[:16]}"


def hold(problem: Problem, before: Problem, parent: Plan) -> Problem:
    """The problem with every fix pinned whose pipeline the parent started before `day0`: its preparation is done, the rest is left.

    `before` is the problem that the parent solves. A day that is closed now holds nothing.
    """
    begun = _begun(before, parent)
    ready = 1 - problem.rules.prep_share
    return replace(
        problem,
        jobs=tuple(
            replace(job, pinned=at, effort_hours=job.effort_hours * ready)
            if job.pinned is None and begun.get(job.id, problem.day0) < problem.day0 and _open(problem, job, at)
            else job
            for job, at in zip(problem.jobs, numbers(problem, parent).tolist(), strict=True)
        ),
    )


def carry(problem: Problem, before: Problem, parent: Plan) -> Problem:
    """The problem with what squads have left of the hours until the end of this week, as the parent reckoned and spent them.

    So the rest of a plan that was kept to fits on the next day too.
    """
    days = (problem.day0 - before.day0).days
    week = (days + before.rules.week_begun) // before.rules.week_days
    spent = workload(before, numbers(before, parent), until=days)
    had = {squad.id: sum(squad.hours[: week + 1]) for squad in before.squads}
    return replace(
        problem,
        squads=tuple(
            replace(squad, hours=(max(0.0, had[squad.id] - sum(spent[squad.id])), *squad.hours[1:]))
            if squad.id in had and _same(squad, before)
            else squad
            for squad in problem.squads
        ),
    )


def _same(squad: Squad, before: Problem) -> bool:
    """Whether a squad still has the hours a week that it had."""
    return any(each.id == squad.id and each.hours[-1] == squad.hours[-1] for each in before.squads)


def _begun(before: Problem, parent: Plan) -> dict[str, date]:
    """The day on which the pipeline of each planned fix starts."""
    start = columns(before).start
    planned = enumerate(zip(before.jobs, numbers(before, parent).tolist(), strict=True))
    return {
        job.id: before.day0 + timedelta(int(start[place, day]) if job.pinned is None else -1)
        for place, (job, day) in planned
        if day != NEVER
    }


def _open(problem: Problem, job: Job, day: int) -> bool:
    service = next(each for each in problem.services if each.id == job.service)
    return day in service.open and day not in problem.closed(service, job)


def numbers(problem: Problem, plan: Plan) -> Ints:
    """The plan's days counted from `day0`, in the order of the problem's jobs; NEVER outside the horizon."""
    return np.array([_day(problem, plan.days.get(job.id)) for job in problem.jobs], np.int64)


def _day(problem: Problem, planned: date | None) -> int:
    """The day of the problem, NEVER outside its horizon."""
    day = (planned - problem.day0).days if planned else NEVER
    return day if 0 <= day < problem.days else NEVER


def calm(problem: Problem, parent: Plan, solution: Solution) -> Solution:
    """The parent's days, filled up, unless the new ones save more than `CALM`: a day that people rely on moves for a reason."""
    board = Board(columns(problem))
    for place in board.columns.order:
        day = _day(problem, parent.days.get(problem.jobs[place].id))
        if day in board.offers(place):
            board.put(place, day)
    fill(board)
    if board.cost > solution.cost * (1 + CALM):
        return solution
    return replace(solution, days=board.days, cost=board.cost, bound=min(solution.bound, board.cost))


def heir(problem: Problem, parent: Plan, plan: Plan) -> Plan:
    """The plan as a successor of its parent, with what moved and why."""
    return replace(plan, parent=digest(parent), moves=tuple(_moves(problem, parent, plan)))


def _moves(problem: Problem, parent: Plan, plan: Plan) -> Iterator[Move]:
    arrays = columns(problem)
    board = Board(arrays, numbers(problem, plan))
    for place, job in enumerate(problem.jobs):
        before, after = parent.days.get(job.id), plan.days[job.id]
        if job.id not in parent.days:
            yield Move(job.id, None, after, "new since the last plan")
        elif before is not None and before < problem.day0:
            yield Move(job.id, before, after, "its day is past, and it is still open")
        elif before != after:
            yield Move(job.id, before, after, _why(board, place, _day(problem, before)))
    for gone in sorted(parent.days.keys() - plan.days.keys()):
        before = parent.days[gone]
        if before is None or before >= problem.day0:  # else it shipped as planned
            yield Move(gone, before, None, "no longer open")


def _why(board: Board, job: int, before: int) -> str:
    """Why a job is not where it was, as the rest of the plan now stands."""
    if before == NEVER:
        return "it now saves more than it costs, or finds room"
    now = board.day[job]
    if now >= 0:
        board.take(job)
    lacks = board.lacks(job, before)
    if now >= 0:
        board.put(job, now)
    return _WHY[lacks[0]] if lacks else "its new day costs less"
