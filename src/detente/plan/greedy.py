"""Plans without a solver: what CVSS first would do, and filling up a plan by money."""

import numpy as np

from detente.plan.board import Board
from detente.plan.columns import Columns, Floats, Ints


def severity_first(columns: Columns) -> Ints:
    """The plan that sorts by CVSS and takes the earliest free day, whatever it costs: what most companies do."""
    board = Board(columns, allowed=columns.start >= 0)
    cvss = np.array([job.cvss for job in columns.problem.jobs])
    for job in np.argsort(-cvss, kind="stable").tolist():
        for each in (*columns.ahead[job], job):
            days, _ = board.offers(each)
            if board.days[each] < 0 and len(days):
                board.put(each, int(days[0]))
    return board.days


def fill(board: Board) -> None:
    """Ship what is not planned yet where it saves money, most money per hour first."""
    rate = saving(board.columns) / (board.columns.effort + 1)
    for job in np.argsort(-rate, kind="stable").tolist():
        if board.days[job] < 0:
            settle(board, job)


def settle(board: Board, job: int) -> float:
    """Ship a job on its cheapest day, with what must come before it, if that saves money; what it adds to the cost."""
    if (day := board.best(job)) >= 0:
        return board.put(job, day)
    if all(board.days[first] >= 0 for first in board.columns.ahead[job]):
        return 0.0
    laid, change = lead(board, job)
    if change < 0:
        return change
    _undo(board, laid)
    return 0.0


def lead(board: Board, job: int, day: int | None = None) -> tuple[list[int], float]:
    """Ship a job (on that day, or its cheapest) and first, as early as can be, what must come before it.

    What was laid and what that adds to the cost; nothing where it does not all fit.
    """
    laid: list[int] = []
    change = 0.0
    for each in (*(first for first in board.columns.ahead[job] if board.days[first] < 0), job):
        days, costs = board.offers(each)
        if each == job and day is not None:
            days, costs = days[days == day], costs[days == day]
        if not len(days):
            _undo(board, laid)
            return [], 0.0
        change += board.put(each, int(days[costs.argmin() if each == job else 0]))
        laid.append(each)
    return laid, change


def _undo(board: Board, laid: list[int]) -> None:
    for each in reversed(laid):
        board.take(each)


def saving(columns: Columns) -> Floats:
    """What each job saves on its cheapest day against never."""
    best: Floats = columns.never - np.where(columns.worthwhile, columns.cost, np.inf).min(axis=1)
    return best
