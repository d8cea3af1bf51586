"""Planning again: what is under way stays on its day, and every other move says why."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from hashlib import sha256

import numpy as np

from detente.model.plan import Job, Move, Plan, Problem
from detente.plan.board import NEVER, Board
from detente.plan.columns import columns, starts

_WHY = {
    "window": "its day is closed now",
    "order": "a fix it depends on has moved",
    "hours": "its squad has no hours left for that day",
    "minutes": "its service has no error budget left for that day",
    "releases": "the fleet bears no further release on that day",
}


def digest(plan: Plan) -> str:
    """What names a plan: SHA-256 over its days and its parent, in hexadecimal."""
    lines = [f"{job} {day}" for job, day in sorted(plan.days.items())]
    return sha256("\n".join([plan.parent or "", *lines]).encode()).hexdigest()


def hold(problem: Problem, parent: Plan) -> Problem:
    """The problem with every fix pinned whose pipeline the parent started before `day0`: its preparation is done, the rest is left."""
    day = [_day(problem, parent.days.get(job.id)) for job in problem.jobs]
    ready = 1 - problem.rules.prep_share
    return replace(
        problem,
        jobs=tuple(
            replace(job, pinned=at, effort_hours=job.effort_hours * ready) if _under_way(problem, job, at) else job
            for job, at in zip(problem.jobs, day, strict=True)
        ),
    )


def _day(problem: Problem, planned: date | None) -> int:
    """The day of the problem, NEVER outside its horizon."""
    day = (planned - problem.day0).days if planned else NEVER
    return day if 0 <= day < problem.days else NEVER


def _under_way(problem: Problem, job: Job, day: int) -> bool:
    """Whether production on `day` needs a pipeline that started before day 0, and the service may still ship then."""
    service = next(each for each in problem.services if each.id == job.service)
    closed = day not in service.open or (day in problem.frozen and not job.override)
    lane = problem.rules.lanes[job.lane]
    return day != NEVER and not closed and starts(lane, problem.days, problem.frozen)[day] < 0


def heir(problem: Problem, parent: Plan, plan: Plan) -> Plan:
    """The plan as a successor of its parent, with what moved and why."""
    return replace(plan, parent=digest(parent), moves=tuple(_moves(problem, parent, plan)))


def _moves(problem: Problem, parent: Plan, plan: Plan) -> Iterator[Move]:
    arrays = columns(problem)
    days = np.array([_day(problem, plan.days[job.id]) for job in problem.jobs], np.int64)
    board = Board(arrays, days)
    for place, job in enumerate(problem.jobs):
        before, after = parent.days.get(job.id), plan.days[job.id]
        if job.id not in parent.days:
            yield Move(job.id, None, after, "new since the last plan")
        elif before != after:
            yield Move(job.id, before, after, _why(board, place, _day(problem, before)))
    for gone in sorted(parent.days.keys() - plan.days.keys()):
        yield Move(gone, parent.days[gone], None, "no longer open")


def _why(board: Board, job: int, before: int) -> str:
    """Why a job is not where it was, as the rest of the plan now stands."""
    if before == NEVER:
        return "it now saves more than it costs" if board.days[job] >= 0 else "its day is past"
    now = int(board.days[job])
    if now >= 0:
        board.take(job)
    lacks = board.lacks(job, before)
    if now >= 0:
        board.put(job, now)
    return _WHY[lacks[0]] if lacks else "its new day costs less"
