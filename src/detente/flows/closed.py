"""What has ended since a moment, for the evidence: the same groupings as fixes, each with its final disposition."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa

from detente.flows import patch
from detente.flows.changes import text
from detente.flows.workspace import Workspace
from detente.model.evidence import Ending
from detente.model.finding import State
from detente.model.fix import Fix
from detente.queue.dimensions import UNOWNED
from detente.queue.identity import number
from detente.queue.view import Viewer
from detente.store.engine import SqlEngine

Row = dict[str, Any]
_STATES = list(State)


@dataclass(frozen=True, slots=True)
class Closed:
    """A fix whose findings ended by one word, as it stood then; `reports` are the numbers of the reports that closed it."""

    fix: Fix
    ending: Ending
    reports: frozenset[int]


def gather(engine: SqlEngine, workspace: Workspace, since: datetime) -> list[Row]:
    """The rows of past.sql for what ended at `since` or later, each with its service; leaves them `picked`."""
    engine.bind(
        {"period": pa.table({"since": pa.array([since.astimezone(UTC).replace(tzinfo=None)], pa.timestamp("us"))})}
    )
    engine.make("closed", text("closed"))
    engine.make("picked", "SELECT place, vuln FROM closed")
    engine.make("details", text("details"))
    rows: list[Row] = engine.ask(text("past")).to_pylist()
    for row in rows:
        service = workspace.claims.service(row["asset_name"])
        row["service_name"] = service.id if service else UNOWNED
        row["service"] = number(row["service_name"])
    return rows


def view(workspace: Workspace, rows: list[Row], now: datetime) -> Iterator[Closed]:
    """The fixes of these rows, the last to end first."""
    grouped: dict[tuple[int, int, int], list[Row]] = defaultdict(list)
    for row in rows:
        grouped[row["service"], row["remedy"], row["verdict"]].append(row)
    viewer = patch.viewer(workspace, now)
    ended = {key: max(max(row["ended"], row["first_seen"]) for row in found) for key, found in grouped.items()}
    for key in sorted(grouped, key=lambda one: (ended[one], one), reverse=True):
        yield _closed(viewer, grouped[key], ended[key].replace(tzinfo=UTC))


def _closed(viewer: Viewer, found: list[Row], at: datetime) -> Closed:
    """One grouping: what was known later of its service is not held against it."""
    then, first = copy(viewer), found[0]
    history = tuple(one for one in viewer.histories.get(first["service_name"], ()) if one.at <= at)
    then.histories = {first["service_name"]: history}
    fix = then.fix(_priceless(found), found)
    ending = Ending(at, _STATES[first["verdict"]], first["source"] or "", first["ground"] or "")
    clocks = tuple(one for one in fix.clocks if one.starts <= at)
    return Closed(replace(fix, clocks=clocks, reasons=()), ending, frozenset(row["report"] for row in found))


def _priceless(found: list[Row]) -> Mapping[str, Any]:
    """What the queue says of a fix, for one that it has no more."""
    known = {"known": any(row["known"] for row in found), "assets": len({row["asset_name"] for row in found})}
    nothing = {"loss_month": Decimal(0), "position": 0, "escalated": False, "always": False, "urgency": 0}
    return (
        {**{name: found[0][name] for name in ("service", "remedy", "service_name")}, "findings": len(found)}
        | known
        | nothing
    )
