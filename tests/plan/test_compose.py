"""From the queue to a problem: lanes, clocks, budgets, order, and that no plan lies in a freeze without both signatures."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.model.clock import Clock, Mark, Start
from detente.model.plan import Job, Problem
from detente.plan.budget import Budget, Level
from detente.plan.columns import columns
from detente.plan.compose import MONTH_MINUTES, compose
from detente.plan.ground import EXPRESS, NORMAL, Ground, Promise
from detente.plan.odds import CAUGHT, ESCAPES, MINUTES
from detente.plan.remarks import remarks
from detente.plan.solve import QUICK, solve
from plan.grounds import DAY0, fix, ground

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
BERLIN = ZoneInfo("Europe/Berlin")
SOON, LATER = DAY0 + timedelta(days=3), DAY0 + timedelta(days=20)


def job(problem: Problem, name: str = "x-1") -> Job:
    return next(job for job in problem.jobs if job.id == name)


def clock(**changes: object) -> Clock:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    stated = {"regime": "bod-26-04", "version": "1", "rule": "3 days", "starts": at, "start_event": Start.DETECTION}
    return Clock(**{**stated, "due": at + timedelta(days=3), **changes})  # type: ignore[arg-type]


def test_a_fix_is_priced_by_the_day_and_by_its_kind() -> None:
    (made,) = compose(ground(fix("x-1"))).jobs
    assert (made.breach_day, made.effort_hours, made.patch_age_days) == (30.0, 3.0, 30)
    assert made.risk_minutes == pytest.approx(0.015 * ESCAPES * (1 - CAUGHT) * MINUTES)
    assert (made.lane, made.due, made.late_day) == (NORMAL, None, 95.0)


def test_three_days_do_not_fit_the_pipeline_so_the_express_lane_opens() -> None:
    problem = compose(ground(fix("x-1", due=SOON), fix("x-2", due=LATER), fix("x-3", due=DAY0 - timedelta(days=40))))
    assert [each.lane for each in problem.jobs] == [EXPRESS, NORMAL, EXPRESS]
    assert [each.due for each in problem.jobs] == [3, 20, -1]  # what lateness has cost so far no plan can change
    assert (
        job(problem).risk_minutes > 3 * job(problem, "x-2").risk_minutes
    )  # six hours of tests find less than four days
    assert solve(problem).days["x-1"] == DAY0 + timedelta(days=1)
    assert solve(problem).days["x-2"] >= DAY0 + timedelta(days=5)  # type: ignore[operator]


def test_the_express_lane_is_not_taken_where_its_risk_costs_more() -> None:
    cheap = fix("x-1", loss_month=Decimal(1), known_exploited=True)
    dear = "change: {express: {when: [kev]}}\n"
    assert compose(ground(cheap, accord=dear)).jobs[0].lane == NORMAL
    assert compose(ground(replace(cheap, loss_month=Decimal(90_000)), accord=dear)).jobs[0].lane == EXPRESS


def test_evidence_comes_before_the_patch() -> None:
    marks = (Mark("volatile evidence", datetime(2026, 3, 2, tzinfo=UTC)),)
    problem = compose(ground(fix("x-1", due=SOON, clocks=(clock(forensics=marks),))))
    assert solve(problem).days["x-1"] == DAY0 + timedelta(days=2)


def test_fixes_of_one_service_share_a_release() -> None:
    found = solve(compose(ground(fix("x-1"), fix("x-2", component="pkg:npm/right"))))
    assert (found.objective.done, found.objective.releases) == (2, 1)


NEEDS = "\ndepends: [{from: shop, on: [api]}, {from: api, on: [wiki]}]"


def test_what_is_needed_ships_first_also_through_others() -> None:
    problem = compose(
        ground(fix("x-1"), fix("x-2", "wiki"), fix("x-3", "wiki", component="pkg:npm/right"), services=_estate(NEEDS))
    )
    assert problem.precedence == (("x-2", "x-1"),)
    found = solve(problem).days
    assert found["x-2"] < found["x-1"]  # type: ignore[operator]


def test_what_is_urgent_waits_for_nothing_ordinary() -> None:
    assert compose(ground(fix("x-1", due=SOON), fix("x-2", "wiki"), services=_estate(NEEDS))).precedence == ()


def test_a_circle_has_no_order_and_is_told() -> None:
    circle = ground(
        fix("x-1"), fix("x-2", "wiki"), services=_estate(NEEDS.replace("]}]", "]}, {from: wiki, on: [shop]}]"))
    )
    problem = compose(circle)
    assert problem.precedence == ()
    assert "shop and wiki need each other" in " ".join(remarks(circle, problem))


def _estate(more: str) -> str:
    from plan.grounds import ESTATE

    return ESTATE + more


def promise(level: Level, left: float | None) -> dict[str, Promise]:
    return {"shop": Promise(0.999, Budget("slo", level, left, "half the budget", "measured"))}


def test_an_error_budget_binds_by_what_is_left_of_it() -> None:
    whole = 0.001 * MONTH_MINUTES
    for level, left, first in (
        (Level.LEFT, 0.25, whole / 4),
        (Level.UNKNOWN, None, whole),
        (Level.SPENT, 0.0, MONTH_MINUTES),
    ):
        (service,) = compose(ground(fix("x-1"), promises=promise(level, left), days=60)).services
        assert service.budget_minutes == (pytest.approx(first), pytest.approx(whole))
    assert compose(ground(fix("x-1"))).services[0].budget_minutes == (MONTH_MINUTES,)


def test_a_spent_budget_lets_pass_what_saves_more_than_it_risks() -> None:
    spent = promise(Level.SPENT, 0.0)
    problem = compose(ground(fix("x-1"), fix("x-2", loss_month=Decimal("0.1")), promises=spent, days=60))
    assert [each.earliest for each in problem.jobs] == [0, 30]
    assert "Until next month it ships" in " ".join(remarks(ground(fix("x-1"), promises=spent), problem))


def test_what_is_on_its_way_keeps_its_day() -> None:
    problem = compose(ground(fix("x-1"), running={"x-1": DAY0 + timedelta(days=2)}))
    assert solve(problem).days["x-1"] == DAY0 + timedelta(days=2)


def test_a_freeze_for_features_alone_does_not_hold_up_fixes() -> None:
    whole = "change: {freeze: [{name: Fair, from: 2026-03-01, to: 2026-04-30%s}]}\n"
    assert solve(compose(ground(fix("x-1"), accord=whole % ", changes: feature"))).objective.done == 1
    assert solve(compose(ground(fix("x-1"), accord=whole % ", changes: fix"))).objective.done == 0
    assert solve(compose(ground(fix("x-1"), accord=whole % ", squads: [blue]"))).objective.done == 1
    assert solve(compose(ground(fix("x-1"), accord=whole % ", services: [wiki, shop]"))).objective.done == 0


HOURS = st.lists(
    st.sampled_from(("mon-tue 09:00-16:00", "sat-sun 00:00-23:59", "wed 22:00-04:00", "thu-fri 10:00-12:00")),
    max_size=3,
)
FROZEN = st.lists(
    st.tuples(st.sampled_from(DAYS), st.sampled_from(("shop", "api", "")), st.sampled_from(("", "fix", "feature"))),
    max_size=4,
)
CLOSED = st.tuples(st.integers(0, 20), st.integers(0, 6))


@given(HOURS, FROZEN, CLOSED, st.integers(0, 8), st.sampled_from(("1d", "2d", "2h")))
@settings(max_examples=40, deadline=None)
def test_nothing_lies_in_a_freeze_without_both_signatures(
    hours: list[str], frozen: list[tuple[str, str, str]], closed: tuple[int, int], signed: int, canary: str
) -> None:
    first, last = DAY0 + timedelta(days=closed[0]), DAY0 + timedelta(days=closed[0] + closed[1])
    entries = [f"{{every: {day}{_named(service)}{_kind(kind)}}}" for day, service, kind in frozen]
    entries.append(f"{{name: Fair, from: {first}, to: {last}}}")
    accord = f"change: {{pipeline: {{test: 1d, staging: 1d, canary: {canary}}}, freeze: [{', '.join(entries)}]}}\n"
    written = ", ".join(f'"{each}"' for each in hours)
    services = f"services: [{{id: shop, tier: tier-1, windows: [{written}]}}, {{id: api, tier: tier-2}}]"
    stands = ground(
        fix("x-1", due=SOON), fix("x-2"), fix("x-3", "api"), accord=accord, services=services, overrides={"x-1": signed}
    )
    problem = compose(stands)
    found, length = solve(problem, QUICK), columns(problem)
    for place, each in enumerate(problem.jobs):
        day = found.days[each.id]
        if day is None:
            continue
        number = (day - DAY0).days
        soak = problem.rules.lanes[each.lane].canary
        for met in {number, *range(number - soak, number)}:
            if met >= each.override:
                assert not _shut(DAY0 + timedelta(days=met), each.service, frozen, (first, last), hours)
        assert length.start[place, number] >= 0
    assert all(each.override == 0 for each in problem.jobs if each.id != "x-1")


def _named(service: str) -> str:
    return f", services: [{service}]" if service else ""


def _kind(kind: str) -> str:
    return f", changes: {kind}" if kind else ""


def _shut(
    day: date, service: str, frozen: list[tuple[str, str, str]], fair: tuple[date, date], hours: list[str]
) -> bool:
    """By the calendar on the wall: a freeze of whole days, or no window that has an hour of this day."""
    named = any(
        DAYS[day.weekday()] == on and whose in ("", service) and kind != "feature" for on, whose, kind in frozen
    )
    if named or fair[0] <= day <= fair[1]:
        return True
    opens = {
        0: ("mon-tue",),
        1: ("mon-tue",),
        2: ("wed",),
        3: ("wed", "thu-fri"),
        4: ("thu-fri",),
        5: ("sat-sun",),
        6: ("sat-sun",),
    }
    return service == "shop" and bool(hours) and not any(each.startswith(opens[day.weekday()]) for each in hours)


def test_nobody_is_forgotten() -> None:
    stands = ground(fix("x-1", "nowhere"), fix("x-2", "wiki"), below=7)
    found, told = compose(stands), " ".join(remarks(stands, compose(stands)))
    assert solve(found).days["x-1"] is None
    assert solve(found).days["x-2"] is not None
    assert "no service claims" in told
    assert "The capacity of blue is unknown" in told
    assert "7 fixes that the accord does not escalate" in told


def test_a_ground_says_what_its_days_are() -> None:
    stands: Ground = ground(fix("x-1"), accord="change: {freeze: [{every: friday}]}\n")
    assert stands.free["shop"][:6] == (0, 1, 2, 3, 5, 6)
    assert stands.own["shop"] == tuple(range(28))
    assert compose(stands).frozen == frozenset({4, 11, 18, 25})
