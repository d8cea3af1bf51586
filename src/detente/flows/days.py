"""When each service may be changed: the accord's freezes and the service's own windows, as the gate asks for them."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from detente.accord.change import Freeze
from detente.accord.document import Accord
from detente.flows.workspace import Workspace
from detente.model.errors import DetenteError
from detente.plan.gate import Calendar, Closure

SIGHT_DAYS = 400
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class Days:
    """Days as the accord's time zone has them."""

    def __init__(self, accord: Accord) -> None:
        self.accord, self.zone = accord, ZoneInfo(accord.timezone)
        for number, freeze in enumerate(accord.change.freeze):
            if freeze.holidays or freeze.calendar:
                raise _unread(number, freeze)

    def closures(self, service: str, at: datetime) -> Iterator[Closure]:
        """The freezes of the day."""
        day = at.astimezone(self.zone).date()
        for number, freeze in enumerate(self.accord.change.freeze):
            if _frozen(freeze, day):
                yield Closure(
                    f"change.freeze[{number}]", f"frozen: {freeze.label}", "the accord", self._end(freeze, day)
                )

    def edge(self, service: str, at: datetime) -> datetime | None:
        """The next midnight at which the freezes differ."""
        day = at.astimezone(self.zone).date()
        for later in range(1, SIGHT_DAYS):
            following = day + timedelta(days=later)
            if self._frozen(following) != self._frozen(following - timedelta(days=1)):
                return self._midnight(following)
        return None

    def _frozen(self, day: date) -> list[bool]:
        return [_frozen(freeze, day) for freeze in self.accord.change.freeze]

    def _end(self, freeze: Freeze, day: date) -> datetime:
        while _frozen(freeze, day):
            day += timedelta(days=1)
        return self._midnight(day)

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.zone)


def calendar(workspace: Workspace) -> Calendar:
    """When the services of this workspace may be changed."""
    return Days(workspace.accord)


def _frozen(freeze: Freeze, day: date) -> bool:
    if freeze.every is not None:
        return _WEEKDAYS[day.weekday()] == freeze.every
    return freeze.start is not None and freeze.end is not None and freeze.start <= day <= freeze.end


def _unread(number: int, freeze: Freeze) -> DetenteError:
    what = f"change.freeze[{number}] ({freeze.label})"
    return DetenteError(f"{what} cannot be read", "x", "y", code="freeze")
