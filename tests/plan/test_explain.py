"""What moving a day costs, what to relax, and why a new plan differs from its parent."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from detente.model.plan import Problem
from detente.plan.columns import Ints, columns
from detente.plan.explain import neighbours, reliefs, shift
from detente.plan.frontier import frontier
from detente.plan.revise import digest, heir, hold
from detente.plan.solve import QUICK, Budget, Effort, plan, solve, steps
from plan import oracle, shop

EXACT = Effort(gap=0.0, nodes=(1000,))


def solved(problem: Problem, effort: Effort = EXACT) -> Ints:
    *_, last = steps(columns(problem), effort, Budget())
    return last.days


@pytest.mark.parametrize("seed", range(8))
def test_a_shift_costs_no_less_than_the_best_plan_with_that_day(seed: int) -> None:
    problem = shop.problem(seed, jobs=4)
    days, best = solved(problem), oracle.cheapest(problem)
    for place, job in enumerate(problem.jobs):
        for moved in neighbours(problem, days, job.id):
            day = (moved.day - problem.day0).days
            service = next(each for each in problem.services if each.id == job.service)
            only = replace(service, id="alone", open=(day,))
            jobs = tuple(
                replace(each, service="alone") if at == place else each for at, each in enumerate(problem.jobs)
            )
            if moved.cost is None:
                assert moved.lacks
            elif sum(each.service == job.service for each in problem.jobs) == 1:
                forced = oracle.cheapest(replace(problem, services=(*problem.services, only), jobs=jobs))
                assert moved.cost >= min(forced, best) - best - 1e-6


def test_a_closed_day_says_so() -> None:
    problem = shop.problem(2, jobs=4)
    frozen = problem.day0 + timedelta(min(problem.frozen))
    assert shift(problem, solved(problem), "fix-0", frozen).lacks == ("window",)
    assert shift(problem, solved(problem), "fix-0", problem.day0 - timedelta(1)).cost is None


def test_reliefs_name_the_one_constraint_that_binds() -> None:
    problem = shop.problem(1, jobs=1, days=14)
    (job,) = problem.jobs
    job = replace(
        job,
        effort_hours=10.0,
        due=9,
        risk_minutes=0.1,
        lane="normal",
        express=None,
        earliest=0,
        late_day=900.0,
        override=0,
    )
    service = replace(problem.services[0], id=job.service, open=(8,), release_minutes=0.1, budget_minutes=(9.0, 9.0))
    squad = replace(problem.squads[0], id=service.squad, hours=(0.5, 0.5))
    problem = replace(
        problem, jobs=(job,), services=(service,), squads=(squad,), frozen=frozenset(), releases=(1,) * 14
    )
    found = reliefs(problem, solved(problem), job.id)
    assert [each.what for each in found] == [f"{10.0 + service.release_hours:.1f} more hours for {squad.id}"]
    assert found[0].day == problem.day0 + timedelta(8)
    frozen = replace(problem, squads=(replace(squad, hours=(99.0, 99.0)),), frozen=frozenset({8}))
    ways = reliefs(frozen, np.array([-1]), job.id)
    assert {each.what for each in ways} == {"ship in a freeze", "ship in a freeze, through the express lane"}
    assert [each.cost for each in ways] == sorted(each.cost for each in ways)
    # where hours and freezes are both in the way, neither is enough: what is named together is all that is needed
    (both,) = reliefs(replace(problem, frozen=frozenset(range(14))), np.array([-1]), job.id)
    assert both.what == f"{10.0 + service.release_hours:.1f} more hours for {squad.id} and ship in a freeze"
    (window,) = reliefs(
        replace(frozen, frozen=frozenset(range(14)), services=(replace(service, open=()),)), np.array([-1]), job.id
    )
    assert window.what == f"ship in a freeze and ship outside the windows of {service.id}"
    assert reliefs(replace(problem, jobs=(replace(job, due=-1),)), np.array([-1]), job.id) == ()


def test_the_frontier_trades_outage_for_breach() -> None:
    problem = shop.problem(7, jobs=60, days=60)
    found = frontier(problem)
    outage = [point.objective.outage_cost for point in found.points]
    breach = [point.objective.breach for point in found.points]
    assert len(found.points) > 2
    assert outage == sorted(outage, reverse=True)
    signed = [point for point in found.points if point.tangent]
    assert [point.exchange for point in signed] == [1.0]
    assert [each for each, point in zip(breach, found.points, strict=True) if not point.tangent] == sorted(
        each for each, point in zip(breach, found.points, strict=True) if not point.tangent
    )
    assert all(signed[0].objective.weighed(1.0) <= point.objective.weighed(1.0) for point in found.points)
    assert found.severity_first.weighed(1.0) >= signed[0].objective.weighed(1.0)


def test_planning_again_keeps_what_is_under_way_and_says_what_moved() -> None:
    problem = shop.problem(7, jobs=40, days=28)
    parent = solve(problem, QUICK)
    passed = 7
    later = replace(
        problem,
        day0=problem.day0 + timedelta(passed),
        services=tuple(
            replace(each, open=tuple(day - passed for day in each.open if day >= passed)) for each in problem.services
        ),
        frozen=frozenset(day - passed for day in problem.frozen),
        jobs=(*problem.jobs[:-1], replace(problem.jobs[-1], id="fix-new")),
        precedence=(),
    )
    held = hold(later, problem, parent)
    pinned = {job.id: later.day0 + timedelta(job.pinned) for job in held.jobs if job.pinned is not None}
    assert pinned
    new = heir(held, parent, plan(held, next(steps(columns(held), QUICK, Budget()))))
    assert {job: new.days[job] for job in pinned} == pinned
    assert new.parent == digest(parent)
    moved = {move.job: move for move in new.moves}
    assert moved["fix-new"].why == "new since the last plan"
    assert moved["fix-39"].why == "no longer open"
    assert {job for job in new.days if job in parent.days and new.days[job] != parent.days[job]} | {
        "fix-new",
        "fix-39",
    } == set(moved)
    assert all(move.why for move in new.moves)
    assert digest(new) != digest(parent)


def test_a_move_forced_by_a_new_freeze_names_it() -> None:
    problem = shop.problem(7, jobs=20, days=28)
    parent = solve(problem, QUICK)
    job, day = next((job, day) for job, day in parent.days.items() if day is not None)
    closed = replace(problem, frozen=problem.frozen | {(day - problem.day0).days})
    again = heir(closed, parent, solve(closed, QUICK))
    assert next(move for move in again.moves if move.job == job).why == "its day is closed now"
