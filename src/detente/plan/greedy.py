"""Plans laid job by job: what CVSS first would do, what a linear program hints at, and filling up by money."""

import numpy as np

from detente.plan.board import Board
from detente.plan.columns import Columns, Floats, Ints
from detente.plan.program import Program

_LIKELY = 0.3  # an option the linear program takes by less is left to the search


def severity_first(columns: Columns) -> Ints:
    """The plan that sorts by CVSS and takes the earliest free day, whatever it costs: what most companies do."""
    board = Board(columns, allowed=columns.start >= 0)
    cvss = np.array([job.cvss for job in columns.problem.jobs])
    for job in np.argsort(-cvss, kind="stable").tolist():
        for each in (*columns.ahead[job], job):
            if board.day[each] < 0 and (days := board.offers(each)):
                board.put(each, min(days))
    return board.days


def rounded(columns: Columns, program: Program, point: Floats) -> Ints:
    """The plan that takes what the linear program takes (`point`), most money first, each with what must come before it."""
    board, share = Board(columns), point[: program.options]
    saves = (columns.never[program.job] - columns.cost[program.job, program.day]) * share
    for option in np.argsort(-saves, kind="stable").tolist():
        job = int(program.job[option])
        if share[option] > _LIKELY and board.day[job] < 0:
            lead(board, job, int(program.day[option]))
    fill(board)
    return board.days


def filled(columns: Columns) -> Ints:
    """The plan that ships what saves most money per hour first, each on its cheapest day."""
    board = Board(columns)
    fill(board)
    return board.days


def fill(board: Board) -> None:
    """Ship what is not planned yet where it saves money, most money per hour first."""
    rate = saving(board.columns) / (board.columns.effort + 1)
    for job in np.argsort(-rate, kind="stable").tolist():
        if board.day[job] < 0:
            settle(board, job)


def settle(board: Board, job: int) -> float:
    """Ship a job on its cheapest day, with what must come before it, if that saves money; what it adds to the cost."""
    if (day := board.best(job)) >= 0:
        return board.put(job, day)
    if all(board.day[first] >= 0 for first in board.columns.ahead[job]):
        return 0.0
    mark = board.mark()
    change = lead(board, job)
    if change >= 0:
        board.back(mark)
        return 0.0
    return change


def lead(board: Board, job: int, day: int | None = None) -> float:
    """Ship a job (on that day, or its cheapest) and first, as early as can be, what must come before it.

    What that adds to the cost; where it does not all fit nothing is laid.
    """
    mark, change = board.mark(), 0.0
    for each in (*(first for first in board.columns.ahead[job] if board.day[first] < 0), job):
        days = board.offers(each)
        chosen = min(days, key=days.__getitem__ if each == job else None, default=None)
        if each == job and day is not None:
            chosen = day
        if chosen not in days:
            board.back(mark)
            return 0.0
        change += board.put(each, chosen)
    return change


def saving(columns: Columns) -> Floats:
    """What each job saves on its cheapest day against never."""
    best: Floats = columns.never - np.where(columns.worthwhile, columns.cost, np.inf).min(axis=1)
    return best
