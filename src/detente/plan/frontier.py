"""The frontier both officers choose from: expected outage cost against expected breach loss, one plan per exchange rate."""

import numpy as np

from detente.model.plan import Frontier, Point, Problem
from detente.plan.columns import Ints, columns
from detente.plan.greedy import severity_first
from detente.plan.objective import objective
from detente.plan.solve import Budget, Effort, steps

RATES = (1.0, 0.2, 0.08, 0.03, 0.014, 0.006, 0.0025, 0.001)  # from neutral to "an outage is a thousand times worse"
_SHORT = Effort(steps=2, nodes=())


def frontier(problem: Problem, signed: Ints | None = None) -> Frontier:
    """Plans for eight exchange rates and the signed one. `signed` are days already found for the accord's own rate.

    Each rate takes the best for it of all plans found, so that the points lie on one convex line; those worse in both than
    another are left out.
    """
    own = problem.costs.exchange
    rates = sorted({*RATES, own}, reverse=True)
    days = {rate: signed if rate == own and signed is not None else _days(problem, rate) for rate in rates}
    objectives = [objective(problem, found) for found in days.values()]
    mine = objective(problem, days[own]) if signed is not None else min(objectives, key=lambda each: each.weighed(own))
    points = {mine: Point(exchange=own, objective=mine, tangent=True)}
    for rate in rates:
        best = min(objectives, key=lambda each: each.weighed(rate))
        points.setdefault(best, Point(exchange=rate, objective=best))
    kept = [point for point in points.values() if not _dominated(point, list(points.values()))]
    ordered = sorted(kept, key=lambda each: -each.objective.outage_cost)
    return Frontier(points=tuple(ordered), severity_first=objective(problem, severity_first(columns(problem))))


def _days(problem: Problem, exchange: float) -> Ints:
    *_, last = steps(columns(problem, 1 / exchange), _SHORT, Budget())
    return np.asarray(last.days)


def _dominated(point: Point, points: list[Point]) -> bool:
    """Whether another point has no more outage and no more breach, and less of one; the signed rate's own plan always stays."""
    mine = (point.objective.outage_cost, point.objective.breach)
    others = ((each.objective.outage_cost, each.objective.breach) for each in points)
    return not point.tangent and any(
        other != mine and all(a <= b for a, b in zip(other, mine, strict=True)) for other in others
    )
