"""When each service may be changed: the accord's freezes and the service's own windows, as moments in the accord's time zone.

Everything is a list of closed spans: a weekday, a holiday and the days before it, a dated event, an entry of a calendar, the hours
outside a service's windows. What closes wins over what opens. A clock change makes a day 23 or 25 hours long; spans are kept in
UTC, so that they stay right.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from math import prod
from typing import Any
from zoneinfo import ZoneInfo

from detente.accord.change import Freeze
from detente.model.change import Purpose
from detente.model.errors import DetenteError
from detente.model.estate import Service
from detente.plan.gate import Closure

NEED = timedelta(hours=1)
"""How long a day must be open in one piece to count as open."""

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Rule:
    """One reason to be closed: the accord's key or the estate's, the fact in words, its spans apart and in order."""

    rule: str
    fact: str
    spans: tuple[Span, ...]

    def at(self, moment: datetime) -> Span | None:
        """The closed span that holds the moment."""
        place = bisect_right(self.spans, moment, key=lambda span: span[0]) - 1
        return self.spans[place] if place >= 0 and moment < self.spans[place][1] else None


class Windows:
    """Freezes and windows between two days. `calendars` are the iCalendar texts that freezes name, `services` those of the estate.

    Errors: DetenteError, code `freeze`, where a freeze cannot be read: what is not understood protects nobody.
    """

    def __init__(
        self,
        zone: str,
        first: date,
        last: date,
        *,
        freezes: Sequence[Freeze] = (),
        calendars: Mapping[str, bytes] = {},
        services: Iterable[Service] = (),
    ) -> None:
        self._zone, self._first, self._last = ZoneInfo(zone), first, last
        self._calendars, self._services = calendars, {each.id: each for each in services}
        self._own: dict[tuple[str, Purpose | None], tuple[Rule, ...]] = {}
        self._freezes = tuple((freeze, self._rule(number, freeze)) for number, freeze in enumerate(freezes))

    def rules(self, service: str, purpose: Purpose | None = None) -> tuple[Rule, ...]:
        """Everything that closes the service at some time to a change of this purpose (None: of any)."""
        if (service, purpose) not in self._own:
            known = self._services.get(service, Service(service))
            bound = (rule for freeze, rule in self._freezes if freeze.binds(known, purpose))
            self._own[service, purpose] = (*bound, *self._hours(known))
        return self._own[service, purpose]

    def closures(self, service: str, at: datetime, purpose: Purpose | None = None) -> Iterator[Closure]:
        """What closes the service at that moment, and when nothing does any more."""
        found = [rule for rule in self.rules(service, purpose) if rule.at(at)]
        until = self.next_open(service, at, purpose) if found else None
        for rule in found:
            source = "the estate" if rule.rule.startswith("services") else "the accord"
            yield Closure(rule.rule, rule.fact, source, until)

    def edge(self, service: str, at: datetime, purpose: Purpose | None = None) -> datetime | None:
        """The next moment at which something closes or opens; None when none is in sight."""
        spans = (span for rule in self.rules(service, purpose) for span in rule.spans)
        return min((moment for span in spans for moment in span if moment > at), default=None)

    def next_open(self, service: str, moment: datetime, purpose: Purpose | None = None) -> datetime | None:
        """The first moment from this one on at which nothing closes the service; None within what is known."""
        for start, end in merged(span for rule in self.rules(service, purpose) for span in rule.spans):
            if start <= moment < end:
                moment = end
        return moment if moment < self._midnight(self._last) else None

    def open_days(self, service: str, first: date, count: int, purpose: Purpose | None = None) -> tuple[int, ...]:
        """The days, counted from `first`, on which the service is open for `NEED` in one piece."""
        return self._open(self.rules(service, purpose), first, count)

    def own_days(self, service: str, first: date, count: int) -> tuple[int, ...]:
        """The same by the service's own windows alone, as if there were no freezes."""
        return self._open(self._hours(self._services.get(service, Service(service))), first, count)

    def frozen_days(self, first: date, count: int, purpose: Purpose | None = None) -> frozenset[int]:
        """The days on which freezes that bind everybody leave no service open."""
        fleet = [rule for freeze, rule in self._freezes if not freeze.scoped and freeze.binds(Service(""), purpose)]
        return frozenset(range(count)) - frozenset(self._open(fleet, first, count))

    def check(self, service: str, purpose: Purpose | None = None) -> None:
        """DetenteError, code `freeze`, for a service that freezes and windows together never open."""
        if self.next_open(service, self._midnight(self._first), purpose) is None:
            facts = "; ".join(rule.fact for rule in self.rules(service, purpose))
            do = "Widen its windows, or shorten a freeze."
            raise DetenteError(
                f"{service} can never be changed", f"Nothing is left of its time ({facts}).", do, code="freeze"
            )

    def _open(self, rules: Iterable[Rule], first: date, count: int) -> tuple[int, ...]:
        closed = merged(span for rule in rules for span in rule.spans)
        whole = (self._whole(first + timedelta(days=number)) for number in range(count))
        return tuple(
            number
            for number, (start, end) in enumerate(whole)
            if any(until - at >= NEED for at, until in _gaps(closed, start, end))
        )

    def _rule(self, number: int, freeze: Freeze) -> Rule:
        for scope, named, known in (
            ("service", freeze.services, self._services),
            ("squad", freeze.squads, {each.squad for each in self._services.values()}),
        ):
            if strange := next((each for each in named if each not in known), ""):
                raise _unread(number, f"the estate knows no {scope} {strange}")
        return Rule(f"change.freeze[{number}]", f"frozen: {freeze.label}", merged(self._spans(number, freeze)))

    def _hours(self, service: Service) -> tuple[Rule, ...]:
        """The time outside a service's own windows; without any it is always open."""
        if not service.windows:
            return ()
        fact = f"outside its windows: {', '.join(service.windows)}"
        return (Rule(f"services.{service.id}.windows", fact, self._outside(service.windows)),)

    def _spans(self, number: int, freeze: Freeze) -> Iterator[Span]:
        if freeze.calendar is not None:
            yield from self._entries(number, freeze.calendar)
        elif freeze.holidays is not None:
            for day in _holidays(number, freeze.holidays, self._first.year, self._last.year + 1):
                yield self._midnight(day - timedelta(days=freeze.days_before)), self._midnight(day + timedelta(days=1))
        elif freeze.start is not None and freeze.end is not None:
            yield self._midnight(freeze.start), self._midnight(freeze.end + timedelta(days=1))
        else:
            chosen = WEEK.index(str(freeze.every)[:3])
            yield from (self._whole(day) for day in self._range if day.weekday() == chosen)

    def _entries(self, number: int, name: str) -> Iterator[Span]:
        """The events of a calendar, repeated ones included (RFC 5545)."""
        import recurring_ical_events
        from icalendar import Calendar

        try:
            whole = Calendar.from_ical(self._calendars[name])
            if hasty := next((each for each in whole.events if _hasty(each.get("rrule"))), None):
                raise ValueError(f"{hasty.get('summary', 'an entry')} repeats more often than every hour")
            events = recurring_ical_events.of(whole).between(self._first, self._last)
        except KeyError:
            raise _unread(number, f"{name} is not there") from None
        except ValueError as error:
            raise _unread(number, f"{name} cannot be read: {error}") from error
        for event in events:
            if event.get("status") != "CANCELLED":
                yield self._moment(event.start), self._moment(event.end)

    def _moment(self, value: date) -> datetime:
        if not isinstance(value, datetime):
            return self._midnight(value)
        return (value if value.tzinfo else value.replace(tzinfo=self._zone)).astimezone(UTC)

    def _outside(self, windows: Iterable[str]) -> tuple[Span, ...]:
        """The time in which no window is open."""
        opened = merged(span for text in windows for span in self._window(text))
        return tuple(_gaps(opened, self._midnight(self._first), self._midnight(self._last)))

    def _window(self, text: str) -> Iterator[Span]:
        """`tue-thu 09:00-16:00`; `fri-mon` goes over the weekend, `22:00-04:00` into the next morning."""
        days, hours = text.split(" ")
        first, _, last = days.partition("-")
        begin, end = WEEK.index(first), WEEK.index(last or first)
        weekdays = {(begin + number) % 7 for number in range((end - begin) % 7 + 1)}
        opens, closes = (time.fromisoformat(part) for part in hours.split("-"))
        overnight = timedelta(days=closes <= opens)
        for day in (self._first - timedelta(days=1), *self._range):
            if day.weekday() in weekdays:
                yield self._clock(day, opens), self._clock(day + overnight, closes)

    @cached_property
    def _range(self) -> tuple[date, ...]:
        return tuple(self._first + timedelta(days=number) for number in range((self._last - self._first).days))

    def _whole(self, day: date) -> Span:
        return self._midnight(day), self._midnight(day + timedelta(days=1))

    def _midnight(self, day: date) -> datetime:
        return self._clock(day, time())

    def _clock(self, day: date, at: time) -> datetime:
        return datetime.combine(day, at, self._zone).astimezone(UTC)


def merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same time as spans that neither touch nor overlap; empty ones vanish."""
    found: list[Span] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((start, end))
    return tuple(found)


def _gaps(closed: Iterable[Span], start: datetime, end: datetime) -> Iterator[Span]:
    """The time between two moments that merged spans leave over."""
    for first, last in closed:
        if first >= end:
            break
        if first > start:
            yield start, first
        start = max(start, last)
    if start < end:
        yield start, end


def _hasty(found: Any) -> bool:
    """Whether a rule of repetition (or one of several) means millions of entries a year: none that is meant does."""
    rules = found if isinstance(found, list) else [found] if found else []
    return any(
        "".join(rule.get("FREQ", [])).upper() in ("SECONDLY", "MINUTELY")
        or prod(len(rule.get(part, "0")) for part in ("BYHOUR", "BYMINUTE", "BYSECOND")) > 24
        for rule in rules
    )


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
