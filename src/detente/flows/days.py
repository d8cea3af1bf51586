"""The windows of a workspace: its accord's freezes and calendar files, its services' hours, read once a day."""

from collections.abc import Hashable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from detente.flows.workspace import ACCORD, Workspace
from detente.plan.windows import Windows

BACK, SIGHT = timedelta(days=40), timedelta(days=400)


def windows(workspace: Workspace, day: date) -> Windows:
    """Freezes and windows from some weeks before `day` to a year after it. Errors: DetenteError, code `freeze`."""
    freezes, folder = workspace.accord.change.freeze, beside(workspace)
    named = {freeze.calendar for freeze in freezes if freeze.calendar}
    calendars = {name: path.read_bytes() for name in named if (path := folder / name).is_file()}
    zone, services = workspace.accord.timezone, workspace.estate.services
    return Windows(zone, day - BACK, day + SIGHT, freezes=freezes, calendars=calendars, services=services)


def calendar(workspace: Workspace, now: datetime) -> Windows:
    """When the services of this workspace may be changed, around now. Errors: DetenteError, code `freeze`, for one that cannot be read."""
    accord, services = workspace.accord, workspace.estate.services
    files = [beside(workspace) / freeze.calendar for freeze in accord.change.freeze if freeze.calendar]
    states = tuple(path.stat().st_mtime_ns for path in files if path.is_file())
    return _days(workspace, now.astimezone(UTC).date(), (accord.digest, services, states))


@lru_cache(maxsize=8)
def _days(workspace: Workspace, day: date, state: Hashable) -> Windows:
    """`state` is everything the spans follow from, so that a changed file is read again."""
    return windows(workspace, day)


def beside(workspace: Workspace) -> Path:
    """The folder in which the accord names its files."""
    return (workspace.accord_file or workspace.folder / ACCORD).parent
