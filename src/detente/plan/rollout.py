"""One change through its stages: what it is now is the fold of what happened, and what comes next follows from that alone.

Nothing is promoted on missing data: no traffic, a source that does not answer or a look too old make a stage inconclusive, and an
inconclusive stage goes on, or holds. A freeze that begins under way lets the stage finish and holds before the next; at its end
the stage proves its health anew; after more than `hold_s` the canary starts again. Rolling back is allowed in every state.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from detente.accord.spans import SKEW
from detente.model.change import Counts, Event, Health, Stage, Step, Verdict
from detente.plan.canary import Evidence, begin, judge, look
from detente.plan.order import EXPOSED, Order, ordered

FRESH = timedelta(minutes=10)


class State(StrEnum):
    """Where a rollout stands."""

    RUNNING = "running"
    HELD = "held"
    LEAVING = "rolling back"
    GONE = "rolled back"
    ABORTED = "aborted"
    FINISHED = "finished"


class Action(StrEnum):
    """What an executor is asked to do."""

    DEPLOY = "deploy"
    ROLLBACK = "rollback"


OVER = frozenset({State.GONE, State.ABORTED, State.FINISHED})
_LOOKS = {Step.OBSERVED, Step.MISSED}
ALLOWED: Mapping[State, frozenset[Step]] = {
    State.RUNNING: frozenset(
        {*_LOOKS, Step.HELD, Step.PROMOTED, Step.ROLLED_BACK, Step.ABORTED, Step.ATTEMPTED, Step.FINISHED}
    ),
    State.HELD: frozenset({*_LOOKS, Step.RESUMED, Step.RESTARTED, Step.ROLLED_BACK, Step.ABORTED}),
    State.LEAVING: frozenset({Step.ATTEMPTED}),
    State.GONE: frozenset(),
    State.ABORTED: frozenset(),
    State.FINISHED: frozenset({Step.ROLLED_BACK}),  # a fault found later still goes back
}


class Contradiction(ValueError):  # noqa: N818 - the noun is the error
    """An event that cannot follow on the ones before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """Where it stands. `since` is when the stage's soak began; `passed` the last check; `blind` why the last look saw nothing.

    `doing` is what the executor still has to do, `tries` how often it tried; `served` says that the soak was served before a
    hold; `entries` counts the entries into stages, and so names each of them for good; `broke` is how it ended, None where that says
    nothing of the change.
    """

    id: str
    order: Order
    state: State
    stage: Stage
    since: datetime
    evidence: Evidence
    passed: bool | None = None
    blind: str = ""
    looked: datetime | None = None
    held: datetime | None = None
    doing: Action | None = None
    tries: int = 0
    served: bool = False
    entries: int = 1
    why: str = ""
    events: int = 1
    began: datetime
    broke: bool | None = None

    @property
    def key(self) -> str:
        """The name of the pending action: the same however often it is tried, so that it is done once."""
        return f"{self.id}:{self.doing}:{self.stage}:{self.entries}"

    @property
    def next(self) -> Stage | None:
        """The stage behind this one."""
        stages = self.order.stages
        place = stages.index(self.stage) + 1
        return stages[place] if place < len(stages) else None

    @property
    def soaked(self) -> datetime:
        """When the soak of this stage ends at the earliest."""
        return self.since if self.served else self.since + timedelta(seconds=self.order.soak_s.get(self.stage, 0))


def fold(name: str, events: Sequence[Event]) -> Rollout:
    """The rollout these events make. Raises Contradiction for an event that cannot follow on the ones before."""
    if not events or events[0].step is not Step.STARTED:
        raise Contradiction("a rollout begins by being started")
    rollout = _started(name, events[0])
    for event in events[1:]:
        rollout = after(rollout, event)
    return rollout


def after(rollout: Rollout, event: Event) -> Rollout:
    """The rollout after one more event."""
    if event.step not in ALLOWED[rollout.state]:
        raise Contradiction(f"a rollout that is {rollout.state} cannot be {event.step}")
    counted = replace(rollout, events=rollout.events + 1)
    return _AFTER[event.step](counted, event)


def _started(name: str, event: Event) -> Rollout:
    order = ordered(event.facts)
    return _enter(
        Rollout(
            id=name,
            order=order,
            state=State.RUNNING,
            stage=order.stages[0],
            since=event.at,
            began=event.at,
            evidence=begin(order.design(order.stages[0])),
        ),
        order.stages[0],
        event.at,
    )


def _enter(rollout: Rollout, stage: Stage, at: datetime) -> Rollout:
    """Begin a stage: nothing seen yet, and the executor has to put it there."""
    doing = Action.DEPLOY if rollout.order.executor else None
    return _unseen(replace(rollout, state=State.RUNNING, stage=stage, since=at, doing=doing, tries=0, served=False))


def _unseen(rollout: Rollout) -> Rollout:
    fresh = begin(rollout.order.design(rollout.stage))
    return replace(rollout, evidence=fresh, passed=None, blind="", looked=None, held=None)


def _observed(rollout: Rollout, event: Event) -> Rollout:
    seen = replace(rollout, blind="", looked=event.at)
    if "counts" in event.facts:
        return replace(seen, evidence=look(seen.evidence, Counts(*event.facts["counts"])))
    return replace(seen, passed=bool(event.facts["passed"]) and seen.passed is not False)


def _missed(rollout: Rollout, event: Event) -> Rollout:
    return replace(rollout, blind=str(event.facts["why"]))


def _held(rollout: Rollout, event: Event) -> Rollout:
    return replace(rollout, state=State.HELD, held=event.at, why=str(event.facts["why"]))


def _resumed(rollout: Rollout, event: Event) -> Rollout:
    return replace(_unseen(rollout), state=State.RUNNING, served=True, why=str(event.facts["why"]))


def _restarted(rollout: Rollout, event: Event) -> Rollout:
    again = replace(rollout, entries=rollout.entries + 1, why=str(event.facts["why"]))
    return _enter(again, Stage.CANARY, event.at)


def _promoted(rollout: Rollout, event: Event) -> Rollout:
    further = replace(rollout, entries=rollout.entries + 1, why=str(event.facts["why"]))
    return _enter(further, Stage(event.facts["to"]), event.at)


def _rolled_back(rollout: Rollout, event: Event) -> Rollout:
    acting = rollout.order.executor is not None
    state, doing = (State.LEAVING, Action.ROLLBACK) if acting else (State.GONE, None)
    broke = True if event.facts["broke"] else None
    return replace(rollout, state=state, doing=doing, tries=0, broke=broke, why=str(event.facts["why"]))


def _attempted(rollout: Rollout, event: Event) -> Rollout:
    if rollout.doing is None:
        raise Contradiction("nothing was to be done")
    if not event.facts["ok"]:
        return replace(rollout, tries=rollout.tries + 1)
    state = State.GONE if rollout.doing is Action.ROLLBACK else rollout.state
    since = event.at if rollout.doing is Action.DEPLOY else rollout.since
    return replace(rollout, state=state, doing=None, since=since)


def _finished(rollout: Rollout, event: Event) -> Rollout:
    return replace(rollout, state=State.FINISHED, broke=False, why=str(event.facts["why"]))


def _aborted(rollout: Rollout, event: Event) -> Rollout:
    return replace(rollout, state=State.ABORTED, doing=None, why=str(event.facts["why"]))


_AFTER: Mapping[Step, Callable[[Rollout, Event], Rollout]] = {
    Step.OBSERVED: _observed,
    Step.MISSED: _missed,
    Step.HELD: _held,
    Step.RESUMED: _resumed,
    Step.RESTARTED: _restarted,
    Step.PROMOTED: _promoted,
    Step.ROLLED_BACK: _rolled_back,
    Step.ATTEMPTED: _attempted,
    Step.ABORTED: _aborted,
    Step.FINISHED: _finished,
}


def verdict(rollout: Rollout) -> Verdict:
    """What has been seen of this stage's health."""
    if rollout.passed is False:
        return Verdict(Health.UNHEALTHY, f"a check failed in {rollout.stage}", 0)
    counted = judge(rollout.evidence)
    if counted.health is Health.UNHEALTHY:
        return counted
    if rollout.blind:
        return Verdict(Health.INCONCLUSIVE, f"the last look saw nothing: {rollout.blind}")
    if rollout.evidence.looks:
        return counted
    if rollout.passed:
        return Verdict(Health.HEALTHY, f"its check passed in {rollout.stage}", 0)
    return Verdict(Health.INCONCLUSIVE, f"nothing has been seen of it in {rollout.stage} yet")


def following(rollout: Rollout, now: datetime, closed: str = "") -> Event | None:
    """What has to happen next, if anything does now. `closed` says why the next stage may not begin, empty when it may."""
    if rollout.state in OVER or rollout.state is State.LEAVING:
        return None
    seen = verdict(rollout)
    if seen.health is Health.UNHEALTHY:
        return Event(now, Step.ROLLED_BACK, {"why": seen.why, "broke": True, "stage": rollout.stage})
    if rollout.state is State.HELD:
        return None if closed else _go_on(rollout, now)
    if rollout.doing or now < rollout.soaked:
        return None
    if rollout.next is None:
        return Event(now, Step.FINISHED, {"why": "it is in production everywhere"})
    if seen.health is not Health.HEALTHY or not _fresh(rollout, now):
        return None
    if closed and rollout.next in EXPOSED:
        return Event(now, Step.HELD, {"why": closed, "before": rollout.next})
    return Event(now, Step.PROMOTED, {"to": rollout.next, "why": seen.why})


def _go_on(rollout: Rollout, now: datetime) -> Event:
    held = now - (rollout.held or now)
    if rollout.stage is Stage.CANARY and held > timedelta(seconds=rollout.order.hold_s):
        return Event(now, Step.RESTARTED, {"why": f"it was held for {held.days} days: the canary begins again"})
    return Event(now, Step.RESUMED, {"why": "what held it is over: its health is tested again"})


def _fresh(rollout: Rollout, now: datetime) -> bool:
    """Whether the last look is young enough to promote on: ten minutes, or a tenth of the soak. One from the future is no look."""
    tenth = timedelta(seconds=rollout.order.soak_s.get(rollout.stage, 0) / 10)
    return rollout.looked is not None and -SKEW <= now - rollout.looked <= max(FRESH, tenth)


def running(rollouts: Iterable[Rollout]) -> list[Rollout]:
    """Those that are not over."""
    return [one for one in rollouts if one.state not in OVER]
