"""When each service may be changed: the accord's freezes and the service's own windows, as moments in the accord's time zone.

Everything is a list of closed spans: a weekday, a holiday and the days before it, a dated event, an entry of a calendar file, the hours
outside a service's windows. A clock change makes a day 23 or 25 hours long; spans are kept in UTC, so that they stay right.
"""

from collections.abc import Hashable, Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from detente.accord.change import Freeze
from detente.flows.workspace import ACCORD, Workspace
from detente.model.errors import DetenteError
from detente.plan.gate import Calendar, Closure

BACK, SIGHT = timedelta(days=40), timedelta(days=400)
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Span = tuple[datetime, datetime]


class Days:
    """The closed spans around one day, for every service that is asked for."""

    def __init__(self, workspace: Workspace, day: date) -> None:
        self._zone = ZoneInfo(workspace.accord.timezone)
        self._first, self._last = day - BACK, day + SIGHT
        self._windows = {service.id: service.windows for service in workspace.estate.services}
        folder = beside(workspace)
        self._freezes = [
            (f"change.freeze[{number}]", f"frozen: {freeze.label}", merged(self._spans(number, freeze, folder)))
            for number, freeze in enumerate(workspace.accord.change.freeze)
        ]

    def closures(self, service: str, at: datetime) -> Iterator[Closure]:
        """What closes the service at that moment."""
        for rule, fact, spans in self._closed(service):
            for start, end in spans:
                if start <= at < end:
                    yield Closure(rule, fact, "the estate" if rule.startswith("services") else "the accord", end)

    def edge(self, service: str, at: datetime) -> datetime | None:
        """The next moment at which something closes or opens."""
        moments = (moment for _, _, spans in self._closed(service) for span in spans for moment in span if moment > at)
        return min(moments, default=None)

    def _closed(self, service: str) -> Iterator[tuple[str, str, list[Span]]]:
        yield from self._freezes
        if windows := self._windows.get(service):
            fact = f"outside its windows: {', '.join(windows)}"
            yield f"services.{service}.windows", fact, merged(self._outside(windows))

    def _spans(self, number: int, freeze: Freeze, folder: Path) -> Iterator[Span]:
        if freeze.calendar is not None:
            yield from self._entries(number, folder / freeze.calendar)
        elif freeze.holidays is not None:
            for day in _holidays(number, freeze.holidays, self._first.year, self._last.year):
                yield self._midnight(day - timedelta(days=freeze.days_before)), self._midnight(day + timedelta(days=1))
        elif freeze.start is not None and freeze.end is not None:
            yield self._midnight(freeze.start), self._midnight(freeze.end + timedelta(days=1))
        else:
            chosen = WEEK.index(str(freeze.every)[:3])
            yield from (self._whole(day) for day in self._range() if day.weekday() == chosen)

    def _entries(self, number: int, path: Path) -> Iterator[Span]:
        """The events of a calendar file, repeated ones included (RFC 5545)."""
        import recurring_ical_events
        from icalendar import Calendar as File

        try:
            events = recurring_ical_events.of(File.from_ical(path.read_bytes())).between(self._first, self._last)
        except (OSError, ValueError) as error:
            raise _unread(number, f"{path.name} cannot be read: {error}") from error
        for event in events:
            yield self._moment(event.start), self._moment(event.end)

    def _moment(self, value: date) -> datetime:
        if not isinstance(value, datetime):
            return self._midnight(value)
        return (value if value.tzinfo else value.replace(tzinfo=self._zone)).astimezone(UTC)

    def _outside(self, windows: Iterable[str]) -> Iterator[Span]:
        """The hours of every day in which no window is open."""
        hours = [_window(text) for text in windows]
        for day in self._range():
            at, (_, end) = self._midnight(day), self._whole(day)
            for opens, closes in sorted((start, stop) for days, start, stop in hours if day.weekday() in days):
                yield at, max(at, self._clock(day, opens))
                at = max(at, self._clock(day, closes))
            yield at, end

    def _range(self) -> Iterator[date]:
        return (self._first + timedelta(days=number) for number in range((self._last - self._first).days))

    def _whole(self, day: date) -> Span:
        return self._midnight(day), self._midnight(day + timedelta(days=1))

    def _midnight(self, day: date) -> datetime:
        return self._clock(day, time())

    def _clock(self, day: date, at: time) -> datetime:
        return datetime.combine(day, at, self._zone).astimezone(UTC)


def calendar(workspace: Workspace, now: datetime) -> Calendar:
    """When the services of this workspace may be changed, around now. Errors: DetenteError, code `freeze`, for one that cannot be read."""
    accord, windows = workspace.accord, tuple((one.id, one.windows) for one in workspace.estate.services)
    files = [beside(workspace) / freeze.calendar for freeze in accord.change.freeze if freeze.calendar]
    states = tuple(path.stat().st_mtime_ns for path in files if path.is_file())
    return _days(workspace, now.astimezone(UTC).date(), (accord.digest, windows, states))


@lru_cache(maxsize=8)
def _days(workspace: Workspace, day: date, state: Hashable) -> Days:
    """`state` is everything the spans follow from, so that a changed file is read again."""
    return Days(workspace, day)


def beside(workspace: Workspace) -> Path:
    """The folder in which the accord names its files."""
    return (workspace.accord_file or workspace.folder / ACCORD).parent


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same time as spans that neither touch nor overlap; empty ones vanish."""
    found: list[Span] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((start, end))
    return found


def _window(text: str) -> tuple[set[int], time, time]:
    """`tue-thu 09:00-16:00` as weekdays and hours; `fri-mon` goes over the weekend."""
    days, hours = text.split(" ")
    first, _, last = days.partition("-")
    start, stop = WEEK.index(first), WEEK.index(last or first)
    opens, closes = (time.fromisoformat(part) for part in hours.split("-"))
    return {(start + number) % 7 for number in range((stop - start) % 7 + 1)}, opens, closes


def _holidays(number: int, name: str, first: int, last: int) -> Iterable[date]:
    import holidays

    country, _, region = name.partition("-")
    try:
        return list(holidays.country_holidays(country, subdiv=region or None, years=range(first, last + 1)))
    except NotImplementedError as error:
        raise _unread(number, f"no holidays are known for {name}") from error


def _unread(number: int, why: str) -> DetenteError:
    what = f"The freeze change.freeze[{number}] is not understood"
    return DetenteError(
        what, f"{why}.", "Correct it in the accord: what cannot be read protects nobody.", code="freeze"
    )
