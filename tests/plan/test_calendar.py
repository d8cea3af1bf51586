"""The plan as a calendar, read back by the reader of calendars."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from icalendar import Calendar

from detente.model.plan import Move
from detente.plan.calendar import calendar
from detente.plan.solve import QUICK, solve
from plan import shop

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


def test_every_planned_fix_is_one_event_and_keeps_its_name_when_it_moves() -> None:
    problem = shop.problem(7, jobs=20, days=28)
    plan = solve(problem, QUICK)
    first = {str(each["uid"]): each for each in Calendar.from_ical(calendar(problem, plan, NOW)).events}
    assert sorted(each.start for each in first.values()) == sorted(day for day in plan.days.values() if day)
    job, day = next((job, day) for job, day in plan.days.items() if day)
    moved = replace(plan, days={**plan.days, job: day + timedelta(1)})
    second = {
        str(each["uid"]): each for each in Calendar.from_ical(calendar(problem, moved, NOW + timedelta(hours=1))).events
    }
    assert set(first) == set(second)
    assert [uid for uid in first if first[uid].start != second[uid].start] == [
        uid for uid in first if str(first[uid]["summary"]).startswith(f"{job} on ")
    ]
    assert all(second[uid]["sequence"] > first[uid]["sequence"] for uid in first)


def test_what_is_planned_no_more_is_cancelled() -> None:
    problem = shop.problem(7, jobs=20, days=28)
    plan = solve(problem, QUICK)
    job, day = next((job, day) for job, day in plan.days.items() if day)
    gone = replace(plan, days={**plan.days, job: None}, moves=(Move(job, day, None, "its day is closed now"),))
    before, after = (Calendar.from_ical(calendar(problem, each, NOW)).events for each in (plan, gone))
    (cancelled,) = [each for each in after if each["status"] == "CANCELLED"]
    assert cancelled["uid"] in [each["uid"] for each in before]
    assert len(after) == len(before)
