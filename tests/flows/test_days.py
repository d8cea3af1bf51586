"""Freezes and windows as moments: weekdays, holidays, events, calendar files, hours, clock changes."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine

from detente.flows.days import calendar
from detente.flows.workspace import Workspace
from detente.model.errors import DetenteError
from detente.plan.windows import Windows, merged

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
ICS = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//shop//EN
BEGIN:VEVENT
UID:1
SUMMARY:Close of the month
DTSTART;TZID=Europe/Berlin:20260310T180000
DTEND;TZID=Europe/Berlin:20260310T220000
RRULE:FREQ=WEEKLY;COUNT=3
END:VEVENT
BEGIN:VEVENT
UID:2
SUMMARY:Fair
DTSTART;VALUE=DATE:20260401
DTEND;VALUE=DATE:20260403
END:VEVENT
END:VCALENDAR
""".replace("\n", "\r\n")


def days(folder: Path, freeze: str = "[]", windows: str = "[]", now: datetime = NOW) -> Windows:
    folder.mkdir(exist_ok=True)
    text = f"accord: 1\norganisation: S\ncurrency: EUR\ntimezone: Europe/Berlin\nchange: {{freeze: {freeze}}}\n"
    (folder / "accord.yaml").write_text(text)
    (folder / "estate.yaml").write_text(f"services: [{{id: wiki, windows: {windows}}}]")
    return calendar(Workspace(folder, create_engine("sqlite://")), now)


def closed(found: Windows, *moments: str) -> list[bool]:
    return [bool(list(found.closures("wiki", datetime.fromisoformat(f"2026-{moment}:00+00:00")))) for moment in moments]


def test_a_weekday_is_one_of_the_accords_own_zone(tmp_path: Path) -> None:
    found = days(tmp_path, "[{every: friday}]")
    assert closed(found, "03-05T22:59", "03-05T23:00", "03-06T22:59", "03-06T23:00") == [False, True, True, False]
    assert found.edge("wiki", NOW) == datetime(2026, 3, 5, 23, tzinfo=UTC)


def test_days_that_touch_are_one_freeze(tmp_path: Path) -> None:
    found = days(tmp_path, "[{name: Fair, from: 2026-03-03, to: 2026-03-05}, {every: thursday}]")
    first, second = found.closures("wiki", datetime(2026, 3, 5, 9, tzinfo=UTC))
    assert (first.fact, second.fact) == ("frozen: Fair", "frozen: thursday")
    assert first.until == second.until == datetime(2026, 3, 5, 23, tzinfo=UTC)


def test_holidays_and_the_day_before(tmp_path: Path) -> None:
    found = days(tmp_path, "[{holidays: DE-BE, days_before: 1}]")
    assert closed(found, "03-07T09:00", "03-08T09:00", "03-09T09:00", "04-30T09:00", "05-01T09:00") == [
        True,
        True,
        False,
        True,
        True,
    ]
    with pytest.raises(DetenteError) as caught:
        days(tmp_path, "[{holidays: XX-YY}]")
    assert caught.value.code == "freeze"


def test_a_calendar_file_with_hours_and_repetition(tmp_path: Path) -> None:
    (tmp_path / "freezes.ics").write_text(ICS)
    found = days(tmp_path, "[{calendar: freezes.ics}]")
    assert closed(found, "03-10T16:59", "03-10T17:00", "03-17T20:59", "03-24T18:00", "03-31T17:00") == [
        False,
        True,
        True,
        True,
        False,
    ]
    assert closed(found, "04-01T09:00", "04-02T21:59", "04-02T22:00") == [True, True, False]


def test_a_changed_calendar_is_read_again(tmp_path: Path) -> None:
    (tmp_path / "freezes.ics").write_text(ICS)
    days(tmp_path, "[{calendar: freezes.ics}]")
    (tmp_path / "freezes.ics").write_text(ICS.replace("20260401", "20260402"))
    assert closed(days(tmp_path, "[{calendar: freezes.ics}]"), "04-01T09:00") == [False]


def test_what_is_cancelled_freezes_nothing(tmp_path: Path) -> None:
    (tmp_path / "freezes.ics").write_text(ICS.replace("SUMMARY:Fair", "STATUS:CANCELLED\r\nSUMMARY:Fair"))
    found = days(tmp_path, "[{calendar: freezes.ics}]")
    assert closed(found, "04-01T09:00", "03-10T17:00") == [False, True]


@pytest.mark.parametrize(
    "rule", ["FREQ=SECONDLY", "FREQ=MINUTELY;INTERVAL=2", f"FREQ=DAILY;BYMINUTE={','.join(map(str, range(60)))}"]
)
def test_a_repetition_that_nobody_means_is_refused_and_costs_no_time(tmp_path: Path, rule: str) -> None:
    (tmp_path / "freezes.ics").write_text(ICS.replace("FREQ=WEEKLY;COUNT=3", rule))
    with pytest.raises(DetenteError, match="Close of the month repeats more often than every hour"):
        days(tmp_path, "[{calendar: freezes.ics}]")


@pytest.mark.parametrize("content", [None, "no calendar", "BEGIN:VCALENDAR"])
def test_a_calendar_that_cannot_be_read_is_said(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "freezes.ics").write_text(content)
    with pytest.raises(DetenteError) as caught:
        days(tmp_path, "[{calendar: freezes.ics}]")
    assert caught.value.code == "freeze"


def test_windows_of_a_service(tmp_path: Path) -> None:
    found = days(tmp_path, windows='["tue-thu 09:00-16:00", "sun 20:00-22:00"]')
    assert closed(found, "03-02T09:00", "03-03T07:59", "03-03T08:00", "03-03T14:59", "03-03T15:00", "03-08T19:30") == [
        True,
        True,
        False,
        False,
        True,
        False,
    ]
    (why,) = found.closures("wiki", NOW)
    assert (why.rule, why.until) == ("services.wiki.windows", datetime(2026, 3, 3, 8, tzinfo=UTC))
    assert not list(found.closures("other", NOW))
    assert found.edge("wiki", datetime(2026, 3, 3, 9, tzinfo=UTC)) == datetime(2026, 3, 3, 15, tzinfo=UTC)


def test_a_window_over_the_weekend(tmp_path: Path) -> None:
    found = days(tmp_path, windows='["sat-mon 10:00-12:00"]')
    assert closed(found, "03-06T10:00", "03-07T10:00", "03-08T10:00", "03-09T10:00", "03-10T10:00") == [
        True,
        False,
        False,
        False,
        True,
    ]


def test_clock_changes_keep_the_hour_of_the_wall(tmp_path: Path) -> None:
    found = days(tmp_path, windows='["mon-sun 09:00-10:00"]')
    assert closed(found, "03-28T08:30", "03-29T07:30", "03-29T08:30", "10-25T07:30", "10-25T08:30") == [
        False,
        False,
        True,
        True,
        False,
    ]


def test_nothing_is_closed_where_nothing_is_said(tmp_path: Path) -> None:
    found = days(tmp_path)
    assert (list(found.closures("wiki", NOW)), found.edge("wiki", NOW)) == ([], None)


HOURS = st.integers(0, 40)


@given(st.lists(st.tuples(HOURS, HOURS), max_size=8))
def test_merging_keeps_the_time_and_leaves_gaps(pairs: list[tuple[int, int]]) -> None:
    spans = [(NOW + timedelta(hours=start), NOW + timedelta(hours=end)) for start, end in pairs]
    found = merged(spans)
    for hour in range(40):
        at = NOW + timedelta(hours=hour, minutes=30)
        assert any(start <= at < end for start, end in found) == any(start <= at < end for start, end in spans)
    assert all(before[1] < after[0] for before, after in pairwise(found))
