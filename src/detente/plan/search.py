"""Large neighbourhood search: take a few fixes of one squad off the plan, lay them again in another order, keep what is cheaper."""

from random import Random

import numpy as np

from detente.plan.board import Board
from detente.plan.columns import Columns, Floats, Ints
from detente.plan.greedy import saving, settle

_TAKEN = 7  # fixes taken off at once; more seldom fit better than before
_SMALL = 0.95  # of all steps; the others make room for what is large
_HEAT = 0.004  # how much worse a step may be, in mean savings: falls to 0 over the search


def search(columns: Columns, days: Ints, steps: int, *, seed: int = 0, squads: Ints | None = None) -> Ints:
    """Days of a plan that costs no more, after that many steps; the same seed takes the same steps.

    Over all squads it may pass through worse plans; with `squads` it stays with those and moves only what gets cheaper.
    """
    random, board = Random(seed), Board(columns, days)  # noqa: S311 - it decides where to look, and guards nothing
    rate = saving(columns) / (columns.effort + 1)
    crews = [
        np.flatnonzero(columns.squad == squad).tolist()
        for squad in (range(len(columns.hours)) if squads is None else squads)
    ]
    crews = [crew for crew in crews if crew]
    sizes = [len(crew) for crew in crews]
    best, cost, lowest = board.days.copy(), 0.0, 0.0
    heat = float(np.maximum(saving(columns), 0).mean()) * _HEAT if squads is None else 0.0
    for step in range(steps if crews else 0):
        crew = random.choices(crews, sizes)[0]
        cost += _step(board, _near(board, crew, random), rate, random, heat * (1 - step / steps))
        if cost < lowest - 1e-6:
            best, lowest = board.days.copy(), cost
    return best


def _near(board: Board, crew: list[int], random: Random) -> list[int]:
    """Fixes of a squad whose days lie near one of them, with some that are not planned."""
    centre = random.choice(crew)
    day = int(board.days[centre]) if board.days[centre] >= 0 else random.randrange(board.columns.days)
    reach = random.choice((4, 10, 25))
    near = [job for job in crew if board.days[job] >= 0 and abs(int(board.days[job]) - day) <= reach]
    idle = [job for job in crew if board.days[job] < 0]
    most = _TAKEN if random.random() < _SMALL else len(near)
    some = random.sample(near, min(len(near), random.randint(2, max(2, most))))
    return list({centre: None, **dict.fromkeys(some + random.sample(idle, min(len(idle), 3)))})


def _step(board: Board, jobs: list[int], rate: Floats, random: Random, heat: float) -> float:
    """Lay some jobs again; what that adds to the cost, 0 where it was undone."""
    before = board.days.copy()
    taken = [job for job in _closed(board, jobs) if before[job] >= 0]
    change = sum(board.take(job) for job in taken)
    laid = list(dict.fromkeys(jobs + taken))
    noise = {job: rate[job] * random.uniform(0.4, 1.6) for job in laid}
    for job in sorted(laid, key=lambda each: -noise[each]):
        if board.days[job] < 0:
            change += settle(board, job)
            laid += [first for first in board.columns.ahead[job] if first not in laid and before[first] < 0]
    if change < heat * random.random():
        return change
    for job in laid:
        if board.days[job] >= 0:
            board.take(job)
    for job in taken:
        board.put(job, int(before[job]))
    return 0.0


def _closed(board: Board, jobs: list[int]) -> list[int]:
    """The jobs with everything that ships after them because of them."""
    found = dict.fromkeys(jobs)
    waiting = list(jobs)
    while waiting:
        new = [then for then in board.columns.after[waiting.pop()] if then not in found]
        found |= dict.fromkeys(new)
        waiting += new
    return list(found)
