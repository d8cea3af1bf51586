"""The windows of a workspace: its accord's freezes and calendar files, its services' hours, read once a day."""

from collections.abc import Hashable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from detente.flows.workspace import ACCORD, Workspace
from detente.plan.gate import Calendar, Closure
from detente.plan.windows import Windows

BACK, SIGHT = timedelta(days=40), timedelta(days=400)


class Days:
    """What closes services around one day, as the gate asks for it."""

    def __init__(self, windows: Windows) -> None:
        self.windows = windows

    def closures(self, service: str, at: datetime) -> Iterator[Closure]:
        """What closes the service at that moment."""
        for rule in self.windows.rules(service):
            if span := rule.at(at):
                source = "the estate" if rule.rule.startswith("services") else "the accord"
                yield Closure(rule.rule, rule.fact, source, span[1])

    def edge(self, service: str, at: datetime) -> datetime | None:
        """The next moment at which something closes or opens."""
        spans = (span for rule in self.windows.rules(service) for span in rule.spans)
        return min((moment for span in spans for moment in span if moment > at), default=None)


def windows(workspace: Workspace, day: date) -> Windows:
    """Freezes and windows from some weeks before `day` to a year after it. Errors: DetenteError, code `freeze`."""
    freezes, folder = workspace.accord.change.freeze, beside(workspace)
    named = {freeze.calendar for freeze in freezes if freeze.calendar}
    calendars = {name: path.read_bytes() for name in named if (path := folder / name).is_file()}
    hours = {service.id: service.windows for service in workspace.estate.services}
    return Windows(
        workspace.accord.timezone, day - BACK, day + SIGHT, freezes=freezes, calendars=calendars, services=hours
    )


def calendar(workspace: Workspace, now: datetime) -> Calendar:
    """When the services of this workspace may be changed, around now. Errors: DetenteError, code `freeze`, for one that cannot be read."""
    accord, hours = workspace.accord, tuple((one.id, one.windows) for one in workspace.estate.services)
    files = [beside(workspace) / freeze.calendar for freeze in accord.change.freeze if freeze.calendar]
    states = tuple(path.stat().st_mtime_ns for path in files if path.is_file())
    return _days(workspace, now.astimezone(UTC).date(), (accord.digest, hours, states))


@lru_cache(maxsize=8)
def _days(workspace: Workspace, day: date, state: Hashable) -> Days:
    """`state` is everything the spans follow from, so that a changed file is read again."""
    return Days(windows(workspace, day))


def beside(workspace: Workspace) -> Path:
    """The folder in which the accord names its files."""
    return (workspace.accord_file or workspace.folder / ACCORD).parent
