"""A rollout step by step: start, look, act, decide, and begin again where it was left after a restart."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from detente.accord.clocks import earliest
from detente.flows import gate, patch
from detente.flows.workspace import Workspace
from detente.model.change import Change, Counts, Event, Purpose, Stage, Step
from detente.model.errors import DetenteError
from detente.plan import rollout
from detente.plan.canary import errors_needed
from detente.plan.lane import Admission, express
from detente.plan.order import EXPOSED, STAGES, Order, facts
from detente.plan.rollout import OVER, Contradiction, Rollout, State
from detente.store import rollouts

FORWARD = frozenset({Step.PROMOTED, Step.RESUMED, Step.RESTARTED})
TRIES = 3
FIRST_WAIT_S = 1.0


@dataclass(frozen=True, slots=True)
class Look:
    """What a source says: counts, or whether a check passed, or why it saw nothing."""

    counts: Counts | None = None
    passed: bool | None = None
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one attempt of an executor; `told` is what it said, without secrets."""

    ok: bool
    told: str


Source = Callable[[Rollout, datetime], Look]
Executor = Callable[[Rollout], Outcome]


@dataclass(frozen=True, slots=True)
class Hands:
    """What a rollout is moved with: the clock, who looks, who acts, and how to wait between two attempts."""

    now: Callable[[], datetime]
    look: Source | None = None
    act: Executor | None = None
    sleep: Callable[[float], None] = lambda _: None


def order(workspace: Workspace, change: Change, *, start: Stage = Stage.TEST, **settings: Any) -> Order:
    """The order the accord makes of a change: its pipeline or express lane, its confidence, the SLO of its service.

    `settings` are those of `Order` that are left: rho0, hold_s, health, executor. `start` leaves out the stages before it, for a
    pipeline that has its own test and staging.
    """
    accord, service = workspace.accord, gate.service_of(workspace, change.service)
    lane = accord.change.express if change.express else accord.change.pipeline
    soaks = {Stage.TEST: lane.test, Stage.STAGING: lane.staging, Stage.CANARY: lane.canary}
    kept = STAGES[STAGES.index(start) :]
    promise = gate.target(workspace, service)
    return Order(
        change=change,
        soak_s={stage: soak.seconds for stage, soak in soaks.items() if stage in kept},
        alpha=round(1 - float(accord.change.rollback_when.confidence), 9),
        allowed=round(1 - promise, 9) if promise is not None and 0 < promise < 1 else None,
        **settings,
    )


def start(workspace: Workspace, ordered: Order, now: datetime) -> Rollout:
    """Begin. Where customers meet the first stage, the gate is asked first.

    Errors: DetenteError, code `gate-closed`, or `express` for a change that the accord does not let into that lane.
    """
    if ordered.change.express:
        _admit(workspace, ordered.change, now)
    name = f"r-{sha256(json.dumps([facts(ordered), now.isoformat()]).encode()).hexdigest()[:12]}"
    event = Event(now, Step.STARTED, facts(ordered))
    begun = rollout.fold(name, [event])
    exposed = begun.stage in EXPOSED
    closed = _twice(workspace, ordered) or (exposed and gate.shut(workspace, begun, begun.stage, now))
    if closed:
        raise DetenteError(
            f"{ordered.change.id} cannot start on {ordered.change.service}",
            f"{closed}.",
            f"Ask `detente gate {ordered.change.service} --change {ordered.change.id}` when it may.",
            code="gate-closed",
        )
    with workspace.engine.begin() as connection:
        rollouts.append(connection, name, ordered.change.service, 0, [event])
    return begun


def _twice(workspace: Workspace, ordered: Order) -> str:
    """Why a second rollout of the same change may not start: two would promote it twice."""
    known = rollouts.events(workspace.engine, service=ordered.change.service, looks=False)
    running = rollout.running(rollout.fold(name, events) for name, events in known.items())
    return next(
        (f"rollout {one.id} of it is under way" for one in running if one.order.change.id == ordered.change.id), ""
    )


def admission(workspace: Workspace, change: Change, now: datetime) -> Admission:
    """Whether a change may take the express lane: it must be an open fix of its service, and urgent by the accord."""
    found = patch.fix(workspace, change.id, now) if change.purpose is Purpose.FIX else None
    if found is None or found.service != change.service:
        return Admission(False, (f"{change.id} is no open fix of {change.service}: no clock says that it is urgent",))
    bound = earliest(found.clocks)
    left = bound.due - now if bound and bound.due else None
    return express(found, workspace.accord.change.express.when, left)


def _admit(workspace: Workspace, change: Change, now: datetime) -> None:
    admitted = admission(workspace, change, now)
    if not admitted.open:
        raise DetenteError(
            f"{change.id} cannot take the express lane",
            f"{'; '.join(admitted.reasons) or 'the accord opens it to nothing'}.",
            "Leave out --express, or name with --change a fix that `change.express.when` of the accord admits.",
            code="express",
        )


def get(workspace: Workspace, name: str) -> Rollout:
    """Where a rollout stands. Errors: DetenteError, code `unknown-rollout`."""
    events = rollouts.events(workspace.engine, name)
    if not events:
        why = "No rollout of this workspace has that id."
        raise DetenteError(f"No rollout {name!r}", why, "`detente rollout status` lists them.", code="unknown-rollout")
    return rollout.fold(name, events[name])


def every(workspace: Workspace) -> list[Rollout]:
    """All rollouts, the newest first; without their evidence, which a list does not show."""
    known = rollouts.events(workspace.engine, looks=False)
    return sorted(
        (rollout.fold(name, events) for name, events in known.items()), key=lambda one: one.began, reverse=True
    )


def observe(workspace: Workspace, one: Rollout, look: Look, now: datetime) -> Rollout:
    """Put down what was seen. What cannot be evidence (no counts at all) is put down as missing."""
    if look.counts is not None:
        counts = look.counts
        return _add(workspace, one, Event(now, Step.OBSERVED, {"counts": [counts.n, counts.x, counts.m, counts.z]}))
    if look.passed is not None:
        return _add(workspace, one, Event(now, Step.OBSERVED, {"passed": look.passed}))
    return _add(workspace, one, Event(now, Step.MISSED, {"why": look.missing or "the source said nothing"}))


def advance(workspace: Workspace, one: Rollout, hands: Hands) -> Rollout:
    """Do what is to be done and decide what is to be decided, until nothing follows for now.

    The executor is asked before anything is decided, and a rollback is tried `TRIES` times; whatever fails stays pending, so
    that the next call, or another process after a restart, goes on there.
    """
    while one.state not in OVER:
        if one.doing:
            one, done = _act(workspace, one, hands)
            if not done:
                return one
        now = hands.now()
        event = rollout.following(one, now)
        if event is not None and event.step in FORWARD:  # only what goes forward needs the gate
            event = rollout.following(one, now, gate.shut(workspace, one, one.next, now))
        if event is None:
            return one
        one = _add(workspace, one, event)
    return one


def step(workspace: Workspace, one: Rollout, hands: Hands) -> Rollout:
    """One look and what follows from it: what `detente rollout watch` does every minute. It looks before it decides."""
    if one.doing and one.state not in OVER:
        one, _ = _act(workspace, one, hands)
    if hands.look is not None and one.state in (State.RUNNING, State.HELD) and not one.doing:
        now = hands.now()
        one = observe(workspace, one, hands.look(one, now), now)
    return one if one.doing else advance(workspace, one, hands)


def _act(workspace: Workspace, one: Rollout, hands: Hands) -> tuple[Rollout, bool]:
    """Let the executor try; each attempt is recorded with its outcome, under one key."""
    if hands.act is None:
        return one, False
    for number in range(TRIES):
        if number:
            hands.sleep(FIRST_WAIT_S * 2 ** (number - 1))
        outcome = hands.act(one)
        told = {"action": str(one.doing), "key": one.key, "ok": outcome.ok, "told": outcome.told[:500]}
        one = _add(workspace, one, Event(hands.now(), Step.ATTEMPTED, told))
        if outcome.ok:
            return one, True
    return one, False


def roll_back(workspace: Workspace, one: Rollout, why: str, now: datetime, *, broke: bool = True) -> Rollout:
    """Take it back: always allowed. `broke` says whether the change was at fault, which its kind's odds learn from."""
    return _add(workspace, one, Event(now, Step.ROLLED_BACK, {"why": why, "broke": broke, "stage": one.stage.value}))


def abort(workspace: Workspace, one: Rollout, why: str, now: datetime) -> Rollout:
    """Give it up where it is; nothing is undone and nothing is learnt. Where customers meet it, it is rolled back instead."""
    if one.stage in EXPOSED:
        return roll_back(workspace, one, why, now, broke=False)
    return _add(workspace, one, Event(now, Step.ABORTED, {"why": why}))


def _add(workspace: Workspace, one: Rollout, event: Event) -> Rollout:
    try:
        moved = rollout.after(one, event)
    except Contradiction as error:
        do = f"See where it stands with `detente rollout status {one.id}`."
        raise DetenteError(f"Rollout {one.id} cannot be {event.step}", f"{error}.", do, code="rollout-state") from error
    with workspace.engine.begin() as connection:
        rollouts.append(connection, one.id, one.order.change.service, one.events, [event])
    return moved


def needed(order: Order, share: float, rate: float) -> Mapping[float, float]:
    """Requests in all until a fault of 1.5, 2, 3 and 5 times the error rate is found, for a canary with this share of traffic."""
    cost = {rho: errors_needed(share, rho, alpha=order.alpha, rho0=order.rho0) for rho in (1.5, 2.0, 3.0, 5.0)}
    return {rho: errors / rate for rho, errors in cost.items()}
