"""From the linear program to a plan: fix what it is sure of, most money first, and ask again."""

import highspy
import numpy as np
from numpy.typing import NDArray

from detente.plan.board import Board
from detente.plan.columns import Columns, Floats, Ints
from detente.plan.greedy import fill, lead
from detente.plan.program import Program

_SURE = 1 - 1e-6
_ROUNDS, _SHARE = 16, 0.1


def dive(columns: Columns, program: Program, highs: highspy.Highs, dives: int = 2) -> Ints:
    """Days of the best feasible plan of 1 or 2 `dives`. `highs` holds the solved linear program and is used up.

    Each round fixes the columns at 1 and the tenth of the others that saves most money, where the board still has room. Which
    of the two is laid first decides what large fixes find; no order is always better, so both are worth a try.
    """
    basis, boards = highs.getBasis(), []
    for sure_first in (True, False)[:dives]:
        boards.append(_dive(columns, program, highs, sure_first=sure_first))
        options = np.arange(program.options, dtype=np.int32)
        highs.changeColsBounds(len(options), options, np.zeros(len(options)), np.ones(len(options)))
        highs.setBasis(basis)
        highs.run()
    return min(boards, key=lambda board: board.cost).days


def _dive(columns: Columns, program: Program, highs: highspy.Highs, *, sure_first: bool) -> Board:
    board, open_ = Board(columns), np.ones(program.options, bool)
    save = columns.never[program.job] - columns.cost[program.job, program.day]
    for _ in range(_ROUNDS):
        point = np.array(highs.getSolution().col_value[: program.options])
        chosen = _chosen(point, open_, save * point, sure_first=sure_first)
        if not len(chosen):
            break
        _fix(board, program, highs, chosen, open_)
        highs.run()
    fill(board)
    return board


def _chosen(point: Floats, open_: NDArray[np.bool_], worth: Floats, *, sure_first: bool) -> Ints:
    """Options to fix now, most money first: those at 1 and the most valuable fractions."""
    fraction = np.flatnonzero(open_ & (point > 1 - _SURE) & (point < _SURE))
    count = max(1, int(_SHARE * len(fraction))) if len(fraction) else 0
    best = fraction[np.argsort(-worth[fraction], kind="stable")[:count]]
    sure = np.flatnonzero(open_ & (point >= _SURE))
    chosen = np.concatenate([sure, best])
    first = sure_first & (point[chosen] >= _SURE)
    return chosen[np.lexsort((-worth[chosen], ~first))]


def _fix(board: Board, program: Program, highs: highspy.Highs, chosen: Ints, open_: NDArray[np.bool_]) -> None:
    """Ship the chosen options, with what must come before them; what the board refuses is fixed at 0."""
    fixed: dict[int, float] = {}
    key = program.job * board.columns.days + program.day
    for option in chosen.tolist():
        job, day = int(program.job[option]), int(program.day[option])
        laid = lead(board, job, day)[0] if board.days[job] < 0 else []
        fixed.setdefault(option, float(board.days[job] == day))
        fixed |= dict.fromkeys(
            np.searchsorted(key, [each * board.columns.days + board.days[each] for each in laid]).tolist(), 1.0
        )
    places, limits = np.array(list(fixed), np.int32), np.array(list(fixed.values()))
    open_[places] = False
    highs.changeColsBounds(len(places), places, limits, limits)
