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


def test_the_file_is_one_that_every_importer_reads() -> None:
    """RFC 5545: lines of 75 octets at most that end with CR LF, stamps in UTC, days without a time zone that would need a VTIMEZONE."""
    problem = shop.problem(7, jobs=20, days=28)
    plan = solve(problem, QUICK)
    names = {job: f"upgrade größer, „länger“; and 漢字 on {job} " * 4 for job in plan.days}
    content = calendar(problem, plan, NOW, names)
    assert content.count(b"\n") == content.count(b"\r\n") > 50
    assert max(map(len, content.split(b"\r\n"))) <= 75
    for line in content.split(b"\r\n"):
        line.decode()  # no character is cut in two
    assert b"DTSTAMP:20261123T090000Z" in content
    assert b"TZID" not in content
    assert b"DTSTART;VALUE=DATE:2026" in content
    assert {str(each["summary"]) for each in Calendar.from_ical(content).events} <= set(names.values())
