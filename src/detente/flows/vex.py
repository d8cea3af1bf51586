"""What the company states about weaknesses: those decided not to matter or fixed, and those it affects and accepts for a time."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from detente.flows import patch
from detente.flows.changes import text
from detente.flows.settle import Listed, Settled, settle
from detente.flows.workspace import Workspace
from detente.model.finding import State
from detente.model.fix import Finding
from detente.model.vex import Statement, Status
from detente.queue.view import finding
from detente.store.engine import SqlEngine

_STATES = list(State)
_STATUS = {
    State.FIXED: Status.FIXED,
    State.NOT_AFFECTED: Status.NOT_AFFECTED,
    State.FALSE_POSITIVE: Status.NOT_AFFECTED,
}


def statements(workspace: Workspace, now: datetime) -> tuple[Statement, ...]:
    """Every statement in force: the newest of each about a component, then the findings under active exceptions."""
    with patch.triage(workspace, now) as (engine, _):
        decided = [_decided(row) for row in engine.ask(text("stated")).to_pylist()]
        return (*decided, *_accepted(engine, settle(workspace, engine, now), now))


def _decided(row: dict[str, Any]) -> Statement:
    names = [name for name in (row["ids"] or "").split() if name != row["vulnerability"]]
    return Statement(
        vulnerability=row["vulnerability"],
        aliases=tuple(names),
        asset=row["asset_name"] or "",
        component=row["component"] or "",
        version=row["version"] or "",
        status=_STATUS[_STATES[row["state"]]],
        why=row["reason"] or "",
        author=row["author"] or "",
        at=row["seen"].replace(tzinfo=UTC),
    )


def _accepted(engine: SqlEngine, settled: Settled, now: datetime) -> Iterator[Statement]:
    if not settled.active:
        return
    fixes = {(row["service"], row["remedy"]) for row in settled.rows if row["exception"] in settled.active}
    wanted = pa.table({"service": [fix for fix, _ in sorted(fixes)], "remedy": [each for _, each in sorted(fixes)]})
    found = {one.id: one for rows in patch.details(engine, wanted).values() for one in map(finding, rows)}
    for name, exception in settled.active.items():
        for each in exception.request.findings:
            if each in found:
                yield _waiting(found[each], name, exception, now)


def _waiting(one: Finding, name: str, exception: Listed, now: datetime) -> Statement:
    request = exception.request
    guard = f", behind {request.safeguard.name}" if request.safeguard else ""
    return Statement(
        vulnerability=one.vulnerability,
        aliases=one.aliases,
        asset=one.asset,
        component=one.component,
        version=one.version.split()[0] if one.version else "",
        status=Status.AFFECTED,
        why=f"accepted until {request.until}{guard}: {request.reason} ({name})",
        author=" and ".join(exception.standing.signed.values()),
        at=now,
        guarded=request.safeguard is not None,
    )
