"""Time as rules count it: hours pass, days and months are read off the calendar of the accord's time zone."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

from detente.accord.quantity import Duration

SKEW = timedelta(minutes=5)
"""How far the clocks of two machines may differ: a moment further ahead is no moment that has been (as in RFC 4120)."""

_DAY = 86_400


def after(start: datetime, zone: ZoneInfo, *, hours: int = 0, days: int = 0, months: int = 0) -> datetime:
    """The moment (UTC) that long after an aware `start`.

    Days and months keep the time on the wall, across a change to summer time too; a month after the 31st ends with the shorter
    month. Hours are elapsed time.
    """
    wall = start.astimezone(zone).replace(tzinfo=None) + relativedelta(days=days, months=months)
    return wall.replace(tzinfo=zone).astimezone(UTC) + timedelta(hours=hours)


def lasting(start: datetime, zone: ZoneInfo, length: Duration) -> datetime:
    """The moment `length` (calendar time) after `start`: whole days by the calendar, the rest by the watch."""
    days, seconds = divmod(length.seconds, _DAY)
    return after(start, zone, days=days) + timedelta(seconds=seconds)


def begin(day: date, zone: ZoneInfo) -> datetime:
    """The first moment (UTC) of a day in `zone`."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def end(day: date, zone: ZoneInfo) -> datetime:
    """The last second (UTC) of a day in `zone`."""
    return datetime.combine(day, time(23, 59, 59), zone).astimezone(UTC)
