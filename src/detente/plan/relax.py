"""The linear relaxation of a whole program, squad by squad first: that bounds every plan soon, and is where the whole goes on from."""

from collections.abc import Callable, Iterable
from typing import Any

from detente.plan.columns import Floats
from detente.plan.parts import Parts
from detente.plan.program import COUPLING, Program
from detente.plan.solver import Corner, idle, linear

Run = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]


def relaxed(program: Program, turns: int, left: Callable[[], float], run: Run = map) -> tuple[Parts, Floats]:
    """The parts at the duals that bound best, and a point to round; `left` says how many seconds there are.

    One program of all squads takes many times as long as all its squads one by one, and shared rows move little: from their corner the
    dual simplex needs few `turns`, and more than it gets it does not need for a good bound.
    """
    corner = _apart(program, left, run)
    parts = Parts(program, corner.duals)
    if left() <= 0 or not (program.row_squad == COUPLING).any():
        return parts, corner.point
    whole = linear(parts.whole(), corner, turns, left())
    better = Parts(program, whole.duals)
    return (better, whole.point) if better.bound > parts.bound else (parts, corner.point)


def _apart(program: Program, left: Callable[[], float], run: Run) -> Corner:
    """Every squad at its own best, as if what is shared were free; squads there is no time for do nothing."""
    corner = idle(len(program.cost), len(program.limit))
    parts = Parts(program, corner.duals)

    def ask(squad: int) -> Corner | None:
        return linear(parts.alone(squad), seconds=left()) if left() > 0 else None

    for squad, found in enumerate(run(ask, range(len(parts.members)))):
        if found is not None:
            members, rows = parts.members[squad], parts.rows(squad)
            corner.point[members], corner.column[members] = found.point, found.column
            corner.duals[rows], corner.row[rows] = found.duals, found.row
    return corner
