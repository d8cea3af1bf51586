"""The linear relaxation of a whole program, squad by squad first: that bounds every plan soon, and is where the whole goes on from."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from detente.plan.columns import Columns, Floats
from detente.plan.cover import covers, sacks
from detente.plan.parts import Parts
from detente.plan.program import COUPLING, Program
from detente.plan.solver import Corner, Row, idle, linear, tightened

Run = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]

_ROUNDS = 8  # of covers; the last ones lift little


def relaxed(
    columns: Columns, program: Program, turns: int, left: Callable[[], float], run: Run = map
) -> Iterator[tuple[Parts, Floats]]:
    """Parts at duals that bound ever better, each with a point to round; `left` says how many seconds there are.

    One program of all squads takes many times as long as all its squads one by one, and shared rows move little: from their corner the
    dual simplex needs few `turns`, and more than it gets it does not need for a good bound.
    """
    parts, corner = _apart(columns, program, left, run)
    yield parts, corner.point
    if left() > 0 and (program.row_squad == COUPLING).any():
        whole = linear(parts.whole(), corner, turns, left())
        better = Parts(parts.program, whole.duals)
        if better.bound > parts.bound:
            yield better, whole.point


def _apart(columns: Columns, program: Program, left: Callable[[], float], run: Run) -> tuple[Parts, Corner]:
    """Every squad at its own best with the covers it broke, as if what is shared were free; squads there is no time for do nothing."""
    parts = Parts(program, np.zeros(len(program.limit)))

    def ask(squad: int) -> tuple[Corner, list[Row]] | None:
        if left() <= 0:
            return None
        options = parts.members[squad][parts.members[squad] < program.options]
        own = sacks(columns, program.job[options], program.day[options])
        return tightened(parts.alone(squad), lambda point: covers(own, point[: len(options)]), _ROUNDS, left())

    found = {squad: answer for squad, answer in enumerate(run(ask, range(len(parts.members)))) if answer is not None}
    rows = [
        (squad, Row(parts.members[squad][row.column], row.limit)) for squad, (_, own) in found.items() for row in own
    ]
    wider = program.extended([row for _, row in rows], [squad for squad, _ in rows])
    return _joined(Parts(wider, np.zeros(len(wider.limit))), {squad: corner for squad, (corner, _) in found.items()})


def _joined(parts: Parts, corners: dict[int, Corner]) -> tuple[Parts, Corner]:
    """The corners of squads as one of the whole."""
    program = parts.program
    whole = idle(len(program.cost), len(program.limit))
    for squad, corner in corners.items():
        members, rows = parts.members[squad], parts.rows(squad)
        whole.point[members], whole.column[members] = corner.point, corner.column
        whole.duals[rows], whole.row[rows] = corner.duals, corner.row
    return Parts(program, whole.duals), whole
