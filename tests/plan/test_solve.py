"""The planner against every plan there is, and against the rules once more."""

from dataclasses import replace
from datetime import timedelta
from itertools import count, pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from detente.model.plan import Plan, Problem
from detente.plan.columns import columns
from detente.plan.frontier import frontier
from detente.plan.greedy import severity_first
from detente.plan.objective import objective
from detente.plan.solve import QUICK, Budget, Effort, plan, solve, steps
from plan import oracle, shop

EXACT = Effort(gap=0.0, nodes=(1000,))


def days(problem: Problem, plan: Plan) -> dict[str, int | None]:
    return {job: (day - problem.day0).days if day else None for job, day in plan.days.items()}


@pytest.mark.parametrize("seed", range(16))
def test_no_plan_is_cheaper(seed: int) -> None:
    problem = shop.problem(seed, jobs=4)
    found, best = solve(problem, EXACT), oracle.cheapest(problem)
    assert oracle.cost(problem, days(problem, found)) == pytest.approx(best, abs=1e-3)
    assert found.bound <= best + 1e-3
    assert found.gap < 1e-5


@given(st.integers(0, 10_000), st.integers(1, 25), st.sampled_from((0.05, 1.0, 20.0)))
@example(4, 12, 1.0)  # the search once moved a fix away that saved nothing itself, and another waited for it
@settings(max_examples=25, deadline=None)
def test_every_plan_keeps_every_rule(seed: int, jobs: int, exchange: float) -> None:
    problem = shop.problem(seed, jobs=jobs, days=28, exchange=exchange)
    for solution in steps(columns(problem), QUICK, Budget()):
        found = plan(problem, solution)
        assert oracle.broken(problem, days(problem, found)) == []
        assert solution.cost == pytest.approx(oracle.cost(problem, days(problem, found)))
        assert found.objective.weighed(exchange) == pytest.approx(solution.cost)
        assert solution.bound <= solution.cost + 1e-6


@pytest.mark.parametrize(("seed", "jobs"), [(1, 30), (2, 24), (115, 30), (163, 18)])
def test_plans_only_get_cheaper_bounds_only_rise_and_no_rule_is_broken(seed: int, jobs: int) -> None:
    problem = shop.problem(seed, jobs=jobs, days=28)
    found = list(steps(columns(problem), Effort(again=3, nodes=(1,), together=0), Budget()))
    assert list(dict.fromkeys(each.stage for each in found))[:3] == ["greedy", "rounding", "search"]
    assert all(oracle.broken(problem, days(problem, plan(problem, each))) == [] for each in found)
    for earlier, later in pairwise(found):
        assert earlier.bound <= later.bound <= later.cost <= earlier.cost


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("turns", [0, 3, 2000])
def test_a_linear_program_left_early_still_bounds_every_plan(seed: int, turns: int) -> None:
    problem = shop.problem(seed, jobs=4)
    *_, found = steps(columns(problem), Effort(turns=turns, nodes=(), together=0), Budget())
    assert found.bound <= oracle.cheapest(problem) + 1e-3


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_what_people_do_today_keeps_the_rules_too(seed: int) -> None:
    problem = shop.problem(seed, jobs=20, days=28)
    laid = severity_first(columns(problem))
    planned = {job.id: int(day) if day >= 0 else None for job, day in zip(problem.jobs, laid, strict=True)}
    assert oracle.broken(problem, planned) == []
    assert objective(problem, laid).total == pytest.approx(oracle.cost(problem, planned))


def test_the_same_question_gets_the_same_plan() -> None:
    problem = shop.problem(3, jobs=30, days=42)
    once, again = solve(problem, Effort(nodes=(5,))), solve(problem, Effort(nodes=(5,)))
    assert once == again


@pytest.mark.parametrize("seed", range(1, 24, 2))
def test_squads_apart_prove_what_is_true(seed: int) -> None:
    problem = shop.problem(seed, jobs=4)
    found, best = solve(problem, replace(EXACT, together=0)), oracle.cheapest(problem)
    assert found.bound <= best + 1e-3
    assert best - 1e-3 <= oracle.cost(problem, days(problem, found)) <= best * 1.02


def test_a_spent_budget_ends_the_search_with_the_best_so_far() -> None:
    problem = shop.problem(3, jobs=60, days=42)
    (only,) = steps(columns(problem), Effort(), Budget(1.0, lambda: 2.0))
    assert (only.stage, oracle.broken(problem, days(problem, plan(problem, only)))) == ("greedy", [])
    ticks = count()
    stages = {each.stage for each in steps(columns(problem), Effort(together=0), Budget(9.5, lambda: next(ticks)))}
    assert stages == {"greedy", "rounding", "search"}


def test_what_is_under_way_stays_on_its_day() -> None:
    problem = shop.problem(4, jobs=12, days=28)
    free = solve(problem, QUICK)
    place, day = next(
        (place, int(open_[-1]))
        for place, row in enumerate(columns(problem).worthwhile)
        if len(open_ := np.flatnonzero(row)) > 1
        and not any(problem.jobs[place].id in pair for pair in problem.precedence)
    )
    jobs = [replace(job, pinned=day) if at == place else job for at, job in enumerate(problem.jobs)]
    held = solve(replace(problem, jobs=tuple(jobs)), QUICK)
    assert held.days[problem.jobs[place].id] == problem.day0 + timedelta(day)
    assert held.objective.total >= free.bound - 1e-6


def test_nothing_to_do_is_a_plan() -> None:
    problem = shop.problem(1, jobs=6)
    closed = replace(problem, services=tuple(replace(each, open=()) for each in problem.services))
    found = solve(closed)
    assert set(found.days.values()) == {None}
    assert found.gap == 0
    assert solve(replace(problem, jobs=(), precedence=())).objective.total == 0


def test_a_company_without_a_fix_has_a_plan_too() -> None:
    empty = replace(shop.problem(1), jobs=(), services=(), squads=(), precedence=())
    found = solve(empty)
    assert (dict(found.days), found.gap, found.objective.total) == ({}, 0.0, 0.0)
    assert frontier(empty).points[0].objective.total == 0
