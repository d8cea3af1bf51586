"""Squad by squad: an integer program for each proves how good the plan is, and mostly finds a better one."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from detente.plan.board import Board
from detente.plan.columns import Columns, Floats, Ints
from detente.plan.parts import Parts
from detente.plan.relax import Run
from detente.plan.solver import Limits, integer


@dataclass(frozen=True)
class Standing:
    """The best plan so far and what each squad's part costs at least."""

    days: Ints
    least: Floats


def money(columns: Columns, parts: Parts, standing: Standing) -> Floats:
    """What each squad's part costs beyond what it is known to cost at least."""
    point = parts.program.vector(columns, standing.days)
    spent = np.array([parts.priced[members] @ point[members] for members in parts.members])
    return np.asarray(np.maximum(spent - standing.least, 0))


def polish(
    columns: Columns, parts: Parts, standing: Standing, limits: Callable[[], Limits | None], run: Run = map
) -> Standing:
    """One round over all squads, widest gap first. `limits` says None when there is no time for another."""
    point, gaps = parts.program.vector(columns, standing.days), money(columns, parts, standing)

    def ask(squad: int) -> tuple[int, Ints, float] | None:
        limit = limits()
        if limit is None or gaps[squad] <= limit.money:
            return None
        members = parts.members[squad]
        found, least = integer(parts.alone(squad), point[members], limit)
        return squad, _days(parts, members, found, standing.days), least

    least, board, apart = standing.least.copy(), Board(columns, standing.days), []
    for answer in run(ask, np.argsort(-gaps, kind="stable").tolist()):
        if answer is not None:
            squad, days, bound = answer
            least[squad] = max(least[squad], bound)
            if (days != standing.days).any() and not relay(board, parts.jobs(squad), days):
                apart.append(squad)
    return Standing(_among(columns, parts, board, limits, apart), least)


def _among(columns: Columns, parts: Parts, board: Board, limits: Callable[[], Limits | None], apart: list[int]) -> Ints:
    """Squads whose own best plan does not fit among the others look for one that does."""
    for squad in apart:
        limit = limits()
        if limit is None:
            break
        point, members = parts.program.vector(columns, board.days), parts.members[squad]
        found, _ = integer(parts.among(squad, point), point[members], limit)
        relay(board, parts.jobs(squad), _days(parts, members, found, board.days))
    return board.days


def relay(board: Board, jobs: list[int], days: Ints) -> bool:
    """Lay these jobs on other days, as far as the rules allow, and undo it unless it saves money; whether all fitted."""
    mark = board.mark()
    change = sum(board.take(job) for job in jobs if board.day[job] >= 0)
    wanted = [job for job in jobs if days[job] >= 0]
    for job in sorted(wanted, key=lambda each: (days[each], len(board.columns.ahead[each]))):
        if days[job] in board.offers(job):
            change += board.put(job, int(days[job]))
    whole = all(board.day[job] == days[job] for job in wanted)
    for job in jobs:
        if board.day[job] < 0 and (day := board.best(job)) >= 0:
            change += board.put(job, day)
    orphaned = any(board.orphans(job) for job in jobs)
    if change >= 0 or orphaned:
        board.back(mark)
    return whole and not orphaned


def _days(parts: Parts, members: Ints, found: Floats, days: Ints) -> Ints:
    """The days with those of one squad replaced."""
    program, changed = parts.program, days.copy()
    options = members[members < program.options]
    changed[program.job[options]] = -1
    chosen = options[found[: len(options)] > 0.5]
    changed[program.job[chosen]] = program.day[chosen]
    return changed
