"""Days, months and minutes in which a budget counts. Days and months are the accord's, in its time zone; minutes are everybody's."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Period:
    """From `starts` until before `ends`, in seconds since 1970. `kept` is when nobody needs its figures any more."""

    name: str
    starts: float
    ends: float
    kept: float


def day(now: float, zone: ZoneInfo) -> Period:
    """The day: 23 to 25 hours where clocks change."""
    today = datetime.fromtimestamp(now, zone).date()
    starts, ends = (_midnight(today + timedelta(days=more), zone) for more in (0, 1))
    return Period(today.isoformat(), starts, ends, ends + 35 * DAY_S)


def month(now: float, zone: ZoneInfo) -> Period:
    """The calendar month."""
    first = datetime.fromtimestamp(now, zone).date().replace(day=1)
    following = (first + timedelta(days=31)).replace(day=1)
    ends = _midnight(following, zone)
    return Period(f"{first:%Y-%m}", _midnight(first, zone), ends, ends + 35 * DAY_S)


def minute(now: float, zone: ZoneInfo) -> Period:
    """The minute; whole since 1970, whatever the zone."""
    starts = now // 60 * 60
    return Period(f"m{starts // 60:.0f}", starts, starts + 60, starts + DAY_S)


PERIODS: Mapping[str, Callable[[float, ZoneInfo], Period]] = {"day": day, "month": month, "minute": minute}


class Calendar:
    """The periods of a zone; the one asked for last is remembered, for nearly always it is asked for again."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._last: dict[str, Period] = {}

    def at(self, kind: str, now: float) -> Period:
        """The `day`, `month` or `minute` of this moment."""
        last = self._last.get(kind)
        if last is None or not last.starts <= now < last.ends:
            last = self._last[kind] = PERIODS[kind](now, self._zone)
        return last


def _midnight(date: date, zone: ZoneInfo) -> float:
    return datetime.combine(date, time(), zone).timestamp()
