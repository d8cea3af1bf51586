"""The plan of a workspace: its queue becomes a problem, the problem a plan, and the plan is kept as the heir of the one before."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zlib import compress, decompress
from zoneinfo import ZoneInfo

import msgspec

from detente.flows import exceptions, gate, override, patch
from detente.flows.days import windows
from detente.flows.workspace import Workspace
from detente.model.change import Purpose
from detente.model.estate import Service
from detente.model.exception import State
from detente.model.fix import Fix
from detente.model.plan import Move, Objective, Plan, Problem
from detente.plan import revise, rollout
from detente.plan.compose import compose
from detente.plan.ground import Ground, Promise
from detente.plan.kind import HOURS
from detente.plan.known import index as named_faults
from detente.plan.remarks import remarks
from detente.plan.rollout import Rollout
from detente.plan.solve import Solution
from detente.plan.solve import plan as named
from detente.store import intel, plans, rollouts

UNSEEN = timedelta(days=7)
"""How long a fix counts as shipped because its day is past and no scan has looked since."""

Solver = Callable[[Problem], Solution]


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A plan with the problem it solves; `names` are its fixes in words, `notes` what a reader must know first."""

    id: str
    at: datetime
    problem: Problem
    plan: Plan
    names: Mapping[str, str]
    notes: tuple[str, ...]


def make(workspace: Workspace, now: datetime, days: int, solve: Solver, *, everything: bool = False) -> Made:
    """Plan again from everything that is true now. Where no day moves, the plan that counts stays.

    What the accord escalates is planned; with `everything` also what has a clock that ends within the horizon.
    Errors: DetenteError, code `freeze` for one that cannot be read, `plan-moved` when another process planned meanwhile.
    """
    parent = latest(workspace)
    stands_on = ground(workspace, now, days, parent, everything=everything)
    problem = compose(stands_on)
    notes, names = remarks(stands_on, problem), {fix.id: fix.action for fix in stands_on.fixes}
    if parent is None:
        found = named(problem, solve(problem))
    else:
        problem = revise.hold(revise.carry(problem, parent.problem, parent.plan), parent.problem, parent.plan)
        solution = revise.calm(problem, parent.plan, solve(problem))
        found = revise.heir(problem, parent.plan, named(problem, solution))
        names = {name: parent.names[name] for name in parent.plan.days if name in parent.names} | names
        if not found.moves:
            return replace(parent, problem=problem, plan=replace(found, parent=parent.plan.parent), notes=notes)
    made = Made(id=revise.digest(found), at=now, problem=problem, plan=found, names=names, notes=notes)
    _keep(workspace, made)
    return made


def ground(
    workspace: Workspace, now: datetime, days: int, parent: Made | None = None, *, everything: bool = False
) -> Ground:
    """Everything a plan follows from, gathered now."""
    accord, estate = workspace.accord, workspace.estate
    day0 = now.astimezone(ZoneInfo(accord.timezone)).date()
    seen = _rollouts(workspace)
    open_, last = tuple(_open(workspace, now, seen)), day0 + timedelta(days=days)
    quiet = {fix.id for fix in open_ if parent and _quiet(fix, parent.plan.days.get(fix.id), day0)}
    open_ = tuple(fix for fix in open_ if fix.id not in quiet)
    clocked = tuple(fix for fix in open_ if fix.escalated or (fix.due is not None and fix.due <= last))
    fixes = clocked if everything else tuple(fix for fix in clocked if fix.escalated)
    known = windows(workspace, day0)
    touched = {fix.service for fix in fixes}
    promises = {one.id: _promise(workspace, one, now) for one in estate.services if one.id in touched}
    return Ground(
        accord=accord,
        estate=estate,
        windows=known,
        day0=day0,
        days=days,
        fixes=fixes,
        below=len(clocked) - len(fixes),
        quiet=len(quiet),
        odds={kind: gate.odds(workspace, kind) for kind in HOURS},
        faults=named_faults(intel.faults(workspace.engine, workspace.folder, day0)),
        promises={name: promise for name, promise in promises.items() if promise},
        running={
            one.order.change.id: end.astimezone(ZoneInfo(accord.timezone)).date()
            for one, _ in seen
            if one.state not in rollout.OVER
            and (end := known.next_open(one.order.change.service, max(gate.earliest(one), now), Purpose.FIX))
        },
        overrides=dict(_overrides(workspace, fixes, day0, now)),
        ready={job.id: parent.problem.day0 + timedelta(days=job.earliest) for job in parent.problem.jobs}
        if parent
        else {},
    )


def _rollouts(workspace: Workspace) -> list[tuple[Rollout, datetime]]:
    """Every rollout, and when something last happened to it."""
    events = rollouts.events(workspace.engine, looks=False)
    return [(rollout.fold(name, those), those[-1].at) for name, those in events.items()]


def _open(workspace: Workspace, now: datetime, seen: list[tuple[Rollout, datetime]]) -> Iterator[Fix]:
    """The fixes of the queue, without those that shipped and wait for a scan, and those that two people let wait."""
    shipped = {one.order.change.id: at for one, at in seen if one.state is rollout.State.FINISHED}
    waiting = {
        finding
        for one in exceptions.listed(workspace, now)
        if one.standing.state is State.ACTIVE
        for finding in one.request.findings
    }
    for fix in patch.queue(workspace, now, everything=True).fixes:
        scanned = max(each.last_seen for each in fix.findings).replace(tzinfo=UTC)
        gone = fix.id in shipped and scanned <= shipped[fix.id]
        if not gone and not waiting.issuperset(each.id for each in fix.findings):
            yield fix


def _quiet(fix: Fix, planned: date | None, day0: date) -> bool:
    """Whether it was to ship lately and nobody has looked since: then it counts as shipped."""
    if planned is None or not day0 - UNSEEN <= planned < day0:
        return False
    return max(each.last_seen for each in fix.findings).date() <= planned


def _promise(workspace: Workspace, service: Service, now: datetime) -> Promise | None:
    share, budget = gate.target(workspace, service), gate.uptime(workspace, service, now)
    return Promise(share, budget) if share is not None and budget is not None else None


def _overrides(workspace: Workspace, fixes: tuple[Fix, ...], day0: date, now: datetime) -> Iterator[tuple[str, int]]:
    """For each fix that both roles let through: how many whole days from the first that lasts."""
    zone = ZoneInfo(workspace.accord.timezone)
    asked = {name for name in {fix.service for fix in fixes} if rollouts.overrides(workspace.engine, service=name)}
    for fix in fixes:
        if fix.service in asked:
            ends = [one.until.astimezone(zone).date() for one in override.holding(workspace, fix.service, fix.id, now)]
            yield fix.id, max(((end - day0).days for end in ends), default=0)


def _keep(workspace: Workspace, made: Made) -> None:
    found = made.plan
    after: dict[str, list[str]] = {}
    for first, then in made.problem.precedence:
        after.setdefault(then, []).append(first)
    answer = {
        "days": {fix: day.isoformat() if day else None for fix, day in found.days.items()},
        "objective": asdict(found.objective),
        "bound": found.bound,
        "gap": found.gap,
        "moves": msgspec.to_builtins(found.moves),
        "after": after,
        "services": {job.id: job.service for job in made.problem.jobs},
        "risk_minutes": {job.id: job.risk_minutes for job in made.problem.jobs},
        "names": {fix: made.names[fix] for fix in found.days},
        "notes": list(made.notes),
    }
    facts = {
        "fixes": len(found.days),
        "planned": found.objective.done,
        "moved": len(found.moves),
        "cost": round(found.objective.total, 2),
        "currency": made.problem.costs.currency,
    }
    stored = plans.Stored(
        id=made.id, parent=found.parent, accord=workspace.accord.digest, made_at=made.at, answer=answer
    )
    with workspace.engine.begin() as connection:
        plans.keep(connection, stored, compress(msgspec.json.encode(made.problem)), facts)


def latest(workspace: Workspace) -> Made | None:
    """The plan that counts; None before the first."""
    name = plans.latest(workspace.engine)
    return get(workspace, name) if name else None


def get(workspace: Workspace, name: str) -> Made | None:
    """A kept plan by its id."""
    stored = plans.read(workspace.engine, name)
    if stored is None:
        return None
    answer: Mapping[str, Any] = stored.answer
    found = Plan(
        days={fix: date.fromisoformat(day) if day else None for fix, day in answer["days"].items()},
        objective=Objective(**answer["objective"]),
        bound=answer["bound"],
        gap=answer["gap"],
        parent=stored.parent,
        moves=msgspec.convert(answer["moves"], tuple[Move, ...]),
    )
    problem = msgspec.json.decode(decompress(plans.problem(workspace.engine, name)), type=Problem)
    return Made(
        id=name, at=stored.made_at, problem=problem, plan=found, names=answer["names"], notes=tuple(answer["notes"])
    )
