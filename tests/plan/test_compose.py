"""From the queue to a problem: lanes, clocks, budgets, order, and that no plan lies in a freeze without both signatures."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from detente.model.clock import Clock, Start
from detente.model.plan import Job, Problem
from detente.plan.compose import compose
from detente.plan.ground import EXPRESS, NORMAL
from detente.plan.odds import CAUGHT, ESCAPES, MINUTES
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
    assert [each.express for each in problem.jobs] == [EXPRESS, None, EXPRESS]
    assert [each.due for each in problem.jobs] == [3, 20, -1]  # what lateness has cost so far no plan can change
    assert job(problem).express_minutes > 3 * job(problem).risk_minutes  # six hours of tests find less than four days
