"""Freezes and windows against a reader of wall clocks that looks at every minute."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.accord.change import Freeze
from detente.model.errors import DetenteError
from detente.model.estate import Service
from detente.plan.windows import WEEK, Windows

BERLIN = ZoneInfo("Europe/Berlin")
NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)  # the days of 23 and of 25 hours


def freeze(**keys: object) -> Freeze:
    return Freeze.model_validate(keys)


def windows(day: date, freezes: tuple[Freeze, ...] = (), hours: tuple[str, ...] = ()) -> Windows:
    first, last = day - timedelta(days=10), day + timedelta(days=30)
    return Windows("Europe/Berlin", first, last, freezes=freezes, services=[Service("shop", windows=hours)])


def is_shut(found: Windows, moment: datetime) -> bool:
    return bool(list(found.closures("shop", moment)))


def shut(moment: datetime, weekday: str, span: tuple[date, date], hours: list[tuple[int, int, int]]) -> bool:
    """By the wall clock: whether anything closes the service in this minute."""
    local = moment.astimezone(BERLIN)
    minute = local.hour * 60 + local.minute
    inside = any(local.weekday() == day and opens <= minute < closes for day, opens, closes in hours)
    return NAMES[local.weekday()] == weekday or span[0] <= local.date() <= span[1] or not inside


HOURS = st.integers(0, 6).flatmap(
    lambda day: st.tuples(st.just(day), st.sampled_from((0, 240, 550)), st.sampled_from((600, 960, 1430)))
)


@given(
    st.sampled_from((SPRING, AUTUMN, date(2026, 12, 31))),
    st.sampled_from(NAMES),
    st.integers(-2, 2),
    st.lists(HOURS, min_size=1, max_size=6),
)
@settings(max_examples=20, deadline=None)
def test_every_minute_around_a_clock_change(
    day: date, weekday: str, off: int, hours: list[tuple[int, int, int]]
) -> None:
    span = (day + timedelta(days=off), day + timedelta(days=off + 1))
    spoken = tuple(
        f"{WEEK[on]} {opens // 60:02}:{opens % 60:02}-{closes // 60:02}:{closes % 60:02}" for on, opens, closes in hours
    )
    found = windows(
        day, (freeze(every=weekday), freeze(name="Fair", **{"from": str(span[0]), "to": str(span[1])})), spoken
    )
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=1)
    moments = [start + timedelta(minutes=7 * number) for number in range(3 * 24 * 60 // 7)]
    for moment in moments:
        closed = is_shut(found, moment)
        assert closed is shut(moment, weekday, span, hours)
        edge, open_again = found.edge("shop", moment), found.next_open("shop", moment)
        assert edge is None or edge > moment
        assert (open_again == moment) is not closed
        assert open_again is None or not is_shut(found, open_again)


@given(st.sampled_from((SPRING, AUTUMN)), st.sampled_from(NAMES), st.lists(HOURS, max_size=4))
@settings(max_examples=10, deadline=None)
def test_a_day_is_open_when_an_hour_of_it_is(day: date, weekday: str, hours: list[tuple[int, int, int]]) -> None:
    spoken = tuple(
        f"{WEEK[on]} {opens // 60:02}:{opens % 60:02}-{closes // 60:02}:{closes % 60:02}" for on, opens, closes in hours
    )
    found = windows(day, (freeze(every=weekday),), spoken)
    slow = []
    for number in range(7):
        start = datetime.combine(day + timedelta(days=number - 3), datetime.min.time(), BERLIN).astimezone(UTC)
        end = datetime.combine(day + timedelta(days=number - 2), datetime.min.time(), BERLIN).astimezone(UTC)
        minutes = range(0, int((end - start).total_seconds() // 60), 10)
        run = longest = 0
        for minute in minutes:
            run = 0 if is_shut(found, start + timedelta(minutes=minute)) else run + 10
            longest = max(longest, run)
        slow += [number] if longest >= 60 else []
    assert list(found.open_days("shop", day - timedelta(days=3), 7)) == slow


def test_a_window_may_end_the_next_morning() -> None:
    found = windows(date(2026, 3, 2), (), ("fri 22:00-04:00",))
    asked = [datetime(2026, 3, day, hour, tzinfo=UTC) for day, hour in ((6, 20), (6, 21), (7, 2), (7, 3))]
    assert [is_shut(found, moment) for moment in asked] == [True, False, False, True]
    assert found.next_open("shop", asked[0]) == asked[1]


def test_what_closes_wins_and_every_reason_is_named() -> None:
    found = windows(
        date(2026, 5, 1), (freeze(holidays="DE-BE", days_before=1), freeze(every="friday")), ("fri 09:00-16:00",)
    )
    closures = found.closures("shop", datetime(2026, 5, 1, 9, tzinfo=UTC))
    assert [each.fact for each in closures] == ["frozen: DE-BE", "frozen: friday"]
    assert found.frozen_days(date(2026, 4, 29), 4) == {1, 2}  # Thursday before the holiday, and the Friday itself


def test_windows_that_freezes_leave_nothing_of_are_refused() -> None:
    found = windows(date(2026, 5, 1), (freeze(every="friday"),), ("fri 09:00-16:00",))
    assert found.next_open("shop", datetime(2026, 5, 1, 9, tzinfo=UTC)) is None
    with pytest.raises(DetenteError, match="can never be changed") as told:
        found.check("shop")
    assert "outside its windows: fri 09:00-16:00" in told.value.why
    found.check("another")


def test_no_freeze_and_no_window_is_always_open() -> None:
    found = windows(date(2026, 5, 1))
    assert found.open_days("shop", date(2026, 5, 1), 3) == (0, 1, 2)
    assert found.edge("shop", datetime(2026, 5, 1, tzinfo=UTC)) is None
