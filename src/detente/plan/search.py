"""Large neighbourhood search: take a few fixes of one squad off the plan, lay them again in another order, keep what is cheaper.

Shaw 1998, "Using constraint programming and local search methods to solve vehicle routing problems"; Schrimpf et al. 2000, "Record
breaking optimization results using the ruin and recreate principle".
"""

from collections.abc import Callable
from random import Random

import numpy as np

from detente.plan.board import Board
from detente.plan.columns import Columns, Floats, Ints, Option
from detente.plan.greedy import saving, settle

_TAKEN = 12  # fixes taken off at once; more seldom fit better than before
_SMALL = 0.95  # of all steps; the others make room for what is large
_BATCH = 0.1  # of all steps take a whole service off
_JOINT = 0.1  # of all steps try one release for several fixes
_GUIDED = 0.55  # of all steps at most: the rest of these lay by prices
_HEAT = 0.004  # how much worse a step may be, in mean savings: falls to 0 over the search
_PATIENCE = 128  # steps between two looks at the watch

Priced = list[list[Option]]


def search(
    columns: Columns,
    days: Ints,
    steps: int,
    *,
    seed: int = 0,
    weight: Floats | None = None,
    priced: Priced | None = None,
    more: Callable[[], bool] = lambda: True,
) -> Ints:
    """Days of a plan that costs no more, after that many steps or once there are no `more`; the same seed takes the same steps.

    A squad is looked at as often as its `weight` says, by default as it has fixes. Where options are `priced` with what they take of
    scarce hours and minutes, every other step lays fixes by that first: on its own a fix always takes the earliest hours.
    """
    random, board = Random(seed), Board(columns, days)  # noqa: S311 - it decides where to look, and guards nothing
    rate = (saving(columns) / (columns.effort + 1)).tolist()
    crews = [np.flatnonzero(columns.squad == squad).tolist() for squad in range(len(columns.hours))]
    sizes = np.array([len(crew) for crew in crews], np.float64)
    weights = (sizes if weight is None else np.minimum(sizes, 1) * weight).tolist()
    heat, best, cost, lowest = _heat(columns), board.day.copy(), 0.0, 0.0
    for step in range(steps if sum(weights) > 0 else 0):
        if step % _PATIENCE == 0 and not more():
            break
        jobs = _closed(board, _near(board, random.choices(crews, weights)[0], random))
        noise = {job: -rate[job] * random.uniform(0.7, 1.3) for job in jobs}
        cost += _step(board, sorted(jobs, key=noise.__getitem__), random, heat * (1 - step / steps), priced)
        if cost < lowest - 1e-6:
            best, lowest = board.day.copy(), cost
    return np.array(best, np.int64)


def _heat(columns: Columns) -> float:
    """How much worse the first steps may be; what is under way says nothing about that, its price is no real one."""
    free = np.array([job.pinned is None for job in columns.problem.jobs], bool)
    return _HEAT * float(np.maximum(saving(columns)[free], 0).mean()) if free.any() else 0.0


def _near(board: Board, crew: list[int], random: Random) -> list[int]:
    """A fix with others of its service, or of its squad whose days lie near, and with some that are not planned."""
    centre = random.choice(crew)
    if random.random() < _BATCH:
        service = board.columns.service
        return [job for job in crew if service[job] == service[centre]]
    day = board.day[centre] if board.day[centre] >= 0 else random.randrange(board.columns.days)
    reach = random.choice((7, 20, 90))
    near = [job for job in crew if board.day[job] >= 0 and abs(board.day[job] - day) <= reach]
    idle = [job for job in crew if board.day[job] < 0]
    most = _TAKEN if random.random() < _SMALL else len(near)
    some = random.sample(near, min(len(near), random.randint(2, max(2, most))))
    return list(dict.fromkeys([centre, *some, *random.sample(idle, min(len(idle), 3))]))


def _step(board: Board, order: list[int], random: Random, heat: float, priced: Priced | None) -> float:
    """Lay some jobs again in that order; what that adds to the cost, 0 where it was undone."""
    board.forget()
    change = sum(board.take(job) for job in order if board.day[job] >= 0)
    way = random.random()
    if way < _JOINT:
        change += _joint(board, order, random)
    elif priced and way < _GUIDED:
        change += _guided(board, order, priced)
    change += sum(settle(board, job) for job in order if board.day[job] < 0)
    if change < heat * random.random():
        return change
    board.back(0)
    return 0.0


def _guided(board: Board, order: list[int], priced: Priced) -> float:
    """Lay jobs on the days that are best at those prices, then move each up to the best that is left; what that adds to the cost.

    One that ships only because others wait for it stays where it is.
    """
    change = 0.0
    for job in order:
        if (day := board.best(job, priced)) >= 0:
            change += board.put(job, day)
    for job in order:
        if (held := board.day[job]) >= 0:
            change += board.take(job)
            day = board.best(job)
            change += board.put(job, day if day >= 0 else held)
    return change


def _joint(board: Board, order: list[int], random: Random) -> float:
    """Lay all jobs of one service that can on one day: none of them alone would leave its own best day for a release they share."""
    columns, centre = board.columns, random.choice(order)
    if not columns.cheap[centre]:
        return 0.0
    day, service = random.choice(columns.cheap[centre])[1], columns.service[centre]
    mine = (job for job in order if columns.service[job] == service and columns.worthwhile[job, day])
    return sum(board.put(job, day) for job in mine if not board.lacks(job, day))


def _closed(board: Board, jobs: list[int]) -> list[int]:
    """The jobs with everything that ships after them because of them."""
    found = dict.fromkeys(jobs)
    waiting = list(jobs)
    while waiting:
        new = [then for then in board.columns.after[waiting.pop()] if then not in found]
        found |= dict.fromkeys(new)
        waiting += new
    return list(found)
