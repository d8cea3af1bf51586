"""Days, months and minutes in the accord's time zone."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from detente.gateway.periods import PERIODS, Calendar

BERLIN = ZoneInfo("Europe/Berlin")
MOMENTS = st.floats(1.6e9, 2.2e9)
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Auckland"]).map(
    ZoneInfo
)


@given(MOMENTS, ZONES)
def test_a_period_is_what_the_wall_clock_says(now: float, zone: ZoneInfo) -> None:
    local = datetime.fromtimestamp(now, zone)
    for kind, name in (("day", f"{local:%Y-%m-%d}"), ("month", f"{local:%Y-%m}")):
        found = PERIODS[kind](now, zone)
        assert found.name == name
        assert found.starts <= now < found.ends < found.kept
        assert PERIODS[kind](found.ends, zone).starts == found.ends
        assert PERIODS[kind](found.starts - 0.001, zone).ends == found.starts


@given(MOMENTS)
def test_minutes_are_the_same_everywhere(now: float) -> None:
    here, there = (PERIODS["minute"](now, zone) for zone in (BERLIN, ZoneInfo("Asia/Kathmandu")))
    assert here == there
    assert here.starts <= now < here.ends == here.starts + 60


def test_days_are_as_long_as_clocks_make_them() -> None:
    lengths = [
        (found.ends - found.starts) / 3600
        for day in ("2026-03-29T10:00", "2026-10-25T10:00", "2026-11-25T10:00")
        for found in [PERIODS["day"](datetime.fromisoformat(f"{day}Z").timestamp(), BERLIN)]
    ]
    assert lengths == [23, 25, 24]


@given(st.lists(MOMENTS, min_size=1, max_size=20), st.integers(-100, 100))
def test_a_calendar_remembers_nothing_wrong(moments: list[float], minutes: int) -> None:
    calendar = Calendar(BERLIN)
    for now in [*moments, *(one + timedelta(minutes=minutes).total_seconds() for one in moments)]:
        for kind, read in PERIODS.items():
            assert calendar.at(kind, now) == read(now, BERLIN)
