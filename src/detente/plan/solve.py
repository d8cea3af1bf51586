"""The planner: relax, round, search, prove. Better plans one after the other, each with what it is proven to be away from the best."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from detente.model.plan import Plan, Problem
from detente.plan.board import Board
from detente.plan.columns import Columns, Ints, columns
from detente.plan.greedy import filled, rounded
from detente.plan.objective import objective
from detente.plan.parts import Parts
from detente.plan.polish import Standing, money, polish
from detente.plan.program import program
from detente.plan.relax import Run, relaxed
from detente.plan.search import Priced, search
from detente.plan.solver import Limits

_LEGS = 4  # of a search; before each it sees where most is left
_LEAST = 1e-6  # money: a squad this close to its best is done


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to look: `turns` of the linear program, `steps` of search per fix, then squad programs, once per entry of `nodes`, until
    `gap` is proven.

    After every round `again` steps per fix, most where most is left to prove. Up to `together` options one program proves the whole
    plan instead. Effort is counted in turns, steps and nodes, so that the same problem gets the same plan on any machine; only a budget of
    seconds, where one is given, can end it sooner.
    """

    turns: int = 2000
    steps: int = 8
    again: int = 20
    nodes: tuple[int, ...] = (1, 40, 400, 4000)
    gap: float = 0.002
    together: int = 800


QUICK = Effort(nodes=())


@dataclass(frozen=True, slots=True)
class Budget:
    """`seconds` to spend in all, by the caller's own watch `spent`."""

    seconds: float = float("inf")
    spent: Callable[[], float] = lambda: 0.0

    @property
    def left(self) -> float:
        """Seconds that remain; not positive when it is over."""
        return self.seconds - self.spent()


@dataclass(frozen=True, slots=True)
class Solution:
    """A plan as the planner holds it: `days[j]`, -1 for never, its cost and its bound at the exchange rate, and what found it."""

    days: Ints
    cost: float
    bound: float
    stage: str

    @property
    def gap(self) -> float:
        """The share of the cost that is not proven to be needed."""
        return max(0.0, (self.cost - self.bound) / self.cost) if self.cost > 0 else 0.0


def solve(problem: Problem, effort: Effort = Effort(), budget: Budget = Budget(), run: Run = map) -> Plan:
    """The best plan that effort and budget allow; `run` maps squads in parallel where the caller has threads."""
    arrays = columns(problem)
    *_, last = steps(arrays, effort, budget, run)
    return plan(problem, last)


def plan(problem: Problem, solution: Solution) -> Plan:
    """A solution by names and dates."""
    days = {
        job.id: problem.day0 + timedelta(int(day)) if day >= 0 else None
        for job, day in zip(problem.jobs, solution.days, strict=True)
    }
    return Plan(days=days, objective=objective(problem, solution.days), bound=solution.bound, gap=solution.gap)


def steps(arrays: Columns, effort: Effort, budget: Budget, run: Run = map) -> Iterator[Solution]:
    """Ever better solutions; the first comes at once, with what every fix costs at least by itself as its bound."""
    laid = filled(arrays)
    best = Solution(laid, Board(arrays, laid).cost, arrays.floor, "greedy")
    yield best
    if budget.left <= 0 or not arrays.worthwhile.any():
        return
    for found in _proven(arrays, effort, budget, run):
        cheaper = min(found, best, key=lambda each: each.cost)
        best = replace(cheaper, bound=min(cheaper.cost, max(found.bound, best.bound)), stage=found.stage)
        yield best


def _proven(arrays: Columns, effort: Effort, budget: Budget, run: Run) -> Iterator[Solution]:
    """Solutions with the bound of the linear program and what lifts it. A rounded start is worth more to the search than a cheap one."""
    whole = program(arrays)
    whole = whole.together() if whole.options <= effort.together else whole
    for parts, point in relaxed(arrays, whole, effort.turns, lambda: budget.left, run):
        standing = Standing(rounded(arrays, whole, point), parts.relaxed)
        yield _solution(arrays, parts, standing, "rounding")
    jobs = len(arrays.service)
    priced = arrays.priced(parts.paid(arrays))
    look = partial(_searched, arrays, parts, priced=priced, more=lambda: budget.left > 0)
    standing = look(standing, effort.steps * jobs)
    latest = _solution(arrays, parts, standing, "search")
    yield latest
    for number, nodes in enumerate(effort.nodes, 1):
        if latest.gap <= effort.gap or budget.left <= 0:
            return
        standing = polish(arrays, parts, standing, _limits(latest, arrays, nodes, effort, budget), run)
        standing = look(standing, effort.again * jobs, seed=number)
        latest = _solution(arrays, parts, standing, f"squads, round {number}")
        yield latest


def _searched(
    arrays: Columns,
    parts: Parts,
    standing: Standing,
    steps: int,
    *,
    priced: Priced,
    more: Callable[[], bool],
    seed: int = 0,
) -> Standing:
    """Searched in some legs, each mostly in the squads that still have most to prove."""
    for leg in range(_LEGS):
        gaps = money(arrays, parts, standing) if len(parts.members) == len(arrays.hours) else None
        look = partial(search, arrays, standing.days, steps // _LEGS, priced=priced, more=more)
        standing = replace(standing, days=look(seed=seed * _LEGS + leg, weight=gaps))
    return standing


def _limits(
    latest: Solution, arrays: Columns, nodes: int, effort: Effort, budget: Budget
) -> Callable[[], Limits | None]:
    money = max(effort.gap * latest.cost / len(arrays.hours) / 2, _LEAST)
    return lambda: Limits(nodes, money, budget.left) if budget.left > 0 else None


def _solution(arrays: Columns, parts: Parts, standing: Standing, stage: str) -> Solution:
    cost = Board(arrays, standing.days).cost
    return Solution(standing.days, cost, min(cost, parts.constant + float(standing.least.sum())), stage)
