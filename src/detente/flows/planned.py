"""What the plan that counts says of one change, for the gate: its day, and what must be there before it."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from detente.flows.exposure import Risk
from detente.flows.workspace import Workspace
from detente.plan import rollout
from detente.plan.gate import Before, Planned
from detente.store import plans, rollouts


def planned(workspace: Workspace, change: str, known: Risk, now: datetime) -> Planned | None:
    """What the plan says; None for a change it does not name, or without a plan."""
    name = plans.latest(workspace.engine) if change else None
    answer = _answer(workspace.engine, name) if name else {"days": {}}
    if name is None or change not in answer["days"]:
        return None
    zone = ZoneInfo(workspace.accord.timezone)
    return Planned(
        plan=name,
        day=_day(answer, change),
        today=now.astimezone(zone).date(),
        before=tuple(_before(workspace, answer, change, known, zone)),
        risk_minutes=answer["risk_minutes"].get(change, 0.0),
    )


def _before(
    workspace: Workspace, answer: Mapping[str, Any], change: str, known: Risk, zone: ZoneInfo
) -> Iterator[Before]:
    """Its predecessors that neither a scan nor a rollout shows in production."""
    for first in answer["after"].get(change, ()):
        day = _day(answer, first)
        if first in known.saves and day is not None and not _shipped(workspace, answer["services"][first], first):
            yield Before(first, day, datetime.combine(day + timedelta(days=1), time(), zone))


def _shipped(workspace: Workspace, service: str, fix: str) -> bool:
    found = rollouts.events(workspace.engine, service=service, looks=False)
    return any(
        one.state is rollout.State.FINISHED and one.order.change.id == fix
        for one in (rollout.fold(name, events) for name, events in found.items())
    )


def _day(answer: Mapping[str, Any], fix: str) -> date | None:
    day = answer["days"].get(fix)
    return date.fromisoformat(day) if day else None


@lru_cache(maxsize=4)
def _answer(engine: Engine, name: str) -> Mapping[str, Any]:
    """A plan is never rewritten, so it is read once."""
    stored = plans.read(engine, name)
    return stored.answer if stored else {"days": {}}
