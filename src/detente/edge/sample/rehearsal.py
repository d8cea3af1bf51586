"""A rollout of last week in the sample company: its canary fails five times as often as its control group, and is taken back.

Nothing of it is staged but the traffic: gate, verdicts and rollback are the product's own, at the moments of a clock that is set.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

from detente.edge.sample.stage import Stage as Place
from detente.flows import days, gate, rollout, uptime
from detente.flows.rollout import Hands, Look, Outcome
from detente.flows.workspace import Workspace
from detente.model.change import Answer, Change, Counts, Purpose, Stage
from detente.model.fix import Fix
from detente.model.plan import Problem
from detente.plan.columns import columns
from detente.plan.gate import Ask
from detente.plan.rollout import OVER, Rollout
from detente.plan.solve import QUICK, Budget, Solution, steps
from detente.plan.windows import Windows
from detente.store import rollouts

CHANGE = Change(id="payment-sdk-7.4.0", service="checkout", kind="lib_minor", purpose=Purpose.FIX)
MINUTE, _HOUR, _MONTH = timedelta(minutes=1), timedelta(hours=1), timedelta(days=30)
REQUESTS, SHARE = 3_000, 0.1
"""Fifty requests a second, a tenth of them on the canary, looked at once a minute."""
USUAL, FAULTY = 0.002, 0.010
NOON, DAYS = 11, 90
"""The hour (UTC) at which questions are asked, and how far the plan looks."""
UPTIME = "9997600,10000000"
_SEED, _BACK = 7, 30


def rehearse(place: Workspace, at: Place) -> Rollout:
    """The rollout, from its canary to its end; the same one if it was there already."""
    known = next((one for one in rollout.every(place) if one.order.change == CHANGE), None)
    if known is not None:
        return known
    order = rollout.order(place, CHANGE, start=Stage.CANARY)
    clock = _Clock(_open(place, at, timedelta(seconds=order.soak_s[Stage.CANARY])))
    hands = Hands(clock.now, _Traffic().look, lambda _: Outcome(True, "the sample's deployer has done it"))
    one = rollout.advance(place, rollout.start(place, order, clock.now()), hands)
    while one.state not in OVER:
        clock.pass_minute()
        one = rollout.step(place, one, hands)
    return one


def noon(at: Place) -> datetime:
    """The moment at which the sample's questions are asked: the windows are open then, in summer and in winter."""
    return datetime.combine(at.day, time(NOON), UTC)


def solved(problem: Problem) -> Solution:
    """A plan within seconds, and the same one in every run: as far as the search goes, without the squads' proofs."""
    *_, last = steps(columns(problem), QUICK, Budget())
    return last


def measure(place: Workspace, at: Place) -> None:
    """Last month's uptime of what both promised something for, once."""
    moment = noon(at)
    for service in place.estate.services:
        known = rollouts.measurements(place.engine, service.id, moment - _MONTH)
        if gate.target(place, service) is not None and not known:
            uptime.keep(place, service, uptime.pushed(UPTIME, moment))


def questions(place: Workspace, at: Place, top: Fix) -> Iterator[tuple[str, Ask, datetime, Answer]]:
    """What pipelines would ask on the sample's day, and in the next freeze; asked without keeping it."""
    fix = Ask(service=top.service, change=top.id, purpose=Purpose.FIX)
    now, frozen = noon(at), freeze(place, at)
    for question, ask, moment in (
        (f"a feature on {CHANGE.service}", Ask(service=CHANGE.service), now),
        (f"{top.action} ({top.id})", fix, now),
        ("the same fix in the next freeze", fix, frozen),
        ("taking a release back in that freeze", Ask(service=CHANGE.service, back=True), frozen),
    ):
        answer, _ = gate.asked(place, ask, moment)
        yield question, ask, moment, answer


def freeze(place: Workspace, at: Place) -> datetime:
    """The first hour from the sample's day on in which a freeze of the accord closes the service."""
    calendar = days.calendar(place, noon(at))
    hours = (noon(at) + timedelta(hours=hour) for hour in range(_BACK * 24))
    return next(one for one in hours if _frozen(calendar, one))


def _frozen(calendar: Windows, moment: datetime) -> bool:
    return any(one.rule.startswith("change.freeze") for one in calendar.closures(CHANGE.service, moment))


def _open(place: Workspace, at: Place, soak: timedelta) -> datetime:
    """The last noon before the sample's day at which the service's window is open and no freeze begins within the soak."""
    calendar, hours = days.calendar(place, noon(at)), range(int(soak / _HOUR) + 1)
    for moment in (noon(at) - timedelta(days=back) for back in range(1, _BACK)):
        frozen = any(_frozen(calendar, moment + hour * _HOUR) for hour in hours)
        if not frozen and not any(calendar.closures(CHANGE.service, moment)):
            return moment
    raise ValueError("the sample's accord leaves no day open")


class _Clock:
    """A clock that is set."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        """The moment it shows."""
        return self._at

    def pass_minute(self) -> None:
        """One minute later."""
        self._at += MINUTE


class _Traffic:
    """Requests and errors of a minute: the same ones in every run."""

    def __init__(self) -> None:
        self._chance = random.Random(_SEED)  # noqa: S311 - no secret is made of it

    def look(self, _: Rollout, now: datetime) -> Look:
        """What Prometheus would say of the last minute."""
        canary = round(REQUESTS * SHARE)
        control = REQUESTS - canary
        return Look(Counts(canary, self._errors(canary, FAULTY), control, self._errors(control, USUAL)))

    def _errors(self, requests: int, rate: float) -> int:
        return sum(self._chance.random() < rate for _ in range(requests))
