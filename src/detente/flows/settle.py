"""Whoever looks at exceptions settles them first: what is over or void is recorded before anything is decided by it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa

from detente.accord import document
from detente.accord.exceptions import Case, Standing, identity, read, residual, standing, void
from detente.accord.signatures import folded
from detente.flows.changes import text as sql
from detente.flows.workspace import Workspace
from detente.model.estate import Service
from detente.model.exception import Event, Request, Situation, State, Step
from detente.queue.acceptance import number, situation
from detente.store import exceptions, ledger
from detente.store.engine import SqlEngine

Row = dict[str, Any]
_RUNNING = (State.REQUESTED, State.SIGNED, State.ACTIVE)


@dataclass(frozen=True, slots=True)
class Listed:
    """One exception as people see it."""

    id: str
    request: Request
    standing: Standing
    residual_month: Decimal


@dataclass(frozen=True, slots=True)
class Settled:
    """All exceptions at a moment, and the rows of excepted.sql for those that were signed by both or still may be.

    `fresh` are those that ended by this very look.
    """

    listed: tuple[Listed, ...]
    rows: tuple[Row, ...]
    fresh: tuple[Listed, ...] = ()

    @property
    def active(self) -> dict[str, Listed]:
        """Those that let something wait, by id."""
        return {one.id: one for one in self.listed if one.standing.state is State.ACTIVE}

    @property
    def back(self) -> tuple[tuple[Listed, int], ...]:
        """What both had signed and facts or time have ended, with how many findings are open again and not accepted anew."""
        waits = {row["finding"] for row in self.rows if row["exception"] in self.active}
        counts = Counter(row["exception"] for row in self.rows if row["finding"] not in waits)
        return tuple((one, counts[one.id]) for one in self.listed if _over(one.standing) and counts[one.id])


def _over(stands: Standing) -> bool:
    """Whether it let something wait and does so no more; a no is known to those who said it."""
    return stands.state in (State.VOIDED, State.EXPIRED) and len(stands.signed) > 1


def settle(workspace: Workspace, engine: SqlEngine, now: datetime) -> Settled:
    """Where each exception stands by the facts of this moment; what ended is recorded once."""
    cases = {one.id: opened(one) for one in exceptions.kept(workspace.engine)}
    if not cases:
        return Settled((), ())
    stands = {name: standing(case, now) for name, case in cases.items()}
    told = [name for name, one in stands.items() if one.state in _RUNNING or _over(one)]
    held = rows(engine, {name: cases[name].request.findings for name in told})
    by_name: dict[str, list[Row]] = defaultdict(list)
    for row in held:
        by_name[row["exception"]].append(row)
    fresh = []
    for name, case in cases.items():
        true_now = situation(by_name[name], services(workspace)) if name in by_name else Situation()
        if event := _ending(workspace, case, true_now if name in by_name else None, now):
            record(workspace, case, event)
            cases[name] = replace(case, events=(*case.events, event))
            fresh.append(name)
    found = tuple(
        Listed(name, c.request, standing(c, now), residual(c.request, c.request.loss_month))
        for name, c in cases.items()
    )
    return Settled(found, tuple(held), tuple(one for one in found if one.id in fresh))


def _ending(workspace: Workspace, case: Case, true_now: Situation | None, now: datetime) -> Event | None:
    """What ends a case now, unless something has already. Without an open finding only time and its safeguard do."""
    stands = standing(case, now)
    if stands.state is State.EXPIRED and not any(event.step is Step.EXPIRED for event in case.events):
        return Event(step=Step.EXPIRED, at=now, reason=stands.reason)
    if stands.state not in _RUNNING:
        return None
    unchanged = Situation(exposure=case.request.exposure)
    reason = void(case.request, true_now or unchanged, workspace.accord, now)
    return Event(step=Step.VOIDED, at=now, reason=reason) if reason else None


def record(workspace: Workspace, case: Case, event: Event) -> Standing:
    """The event, and its entry in the ledger, together or not at all."""
    whole = identity(case.request)
    facts = {"role": event.role, "person": event.person, "key": event.key, "reason": event.reason}
    entry = ledger.Entry(f"exception-{event.step}", whole, {key: value for key, value in facts.items() if value})
    with workspace.engine.begin() as connection:
        exceptions.add(connection, whole, folded(case.request.requester), event)
        ledger.append(connection, [entry], event.at)
    return standing(replace(case, events=(*case.events, event)), event.at)


def opened(kept: exceptions.Kept) -> Case:
    """What is kept, as nouns."""
    return Case(read(kept.text), kept.events, document.load(kept.accord, "accord.yaml"))


def services(workspace: Workspace) -> dict[str, Service]:
    """The services of the estate by id."""
    return {service.id: service for service in workspace.estate.services}


def rows(engine: SqlEngine, covered: Mapping[str, Iterable[str]]) -> list[Row]:
    """What is true now of the findings of each exception that are still open (excepted.sql)."""
    pairs = [(name, number(finding)) for name, ids in covered.items() for finding in ids]
    names, numbers = [name for name, _ in pairs], [finding for _, finding in pairs]
    engine.bind(
        {"excepted": pa.table({"exception": pa.array(names, pa.string()), "finding": pa.array(numbers, pa.int64())})}
    )
    found: list[Row] = engine.ask(sql("excepted")).to_pylist()
    return found
