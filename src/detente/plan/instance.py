"""A planning question as one JSON document (`detente-plan-instance/1`, see docs/plan.md), read and checked before anything is solved."""

from collections.abc import Iterator
from datetime import date
from graphlib import CycleError, TopologicalSorter
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct, field

from detente.model.errors import DetenteError
from detente.model.plan import Costs, Job, Lane, Problem, Rules, Service, Squad

NORMAL = "normal"
CODE = "bad-problem"
NAMED = 5  # faults told at once; the others are counted

Amount = Annotated[float, Meta(ge=0, le=1e12)]
Share = Annotated[float, Meta(ge=0, le=1)]
Count = Annotated[int, Meta(ge=0, le=100_000)]
Positive = Annotated[int, Meta(ge=1, le=3_660)]


class _Meta(Struct):
    day0: date
    days: Positive


class _Rules(Struct):
    test_days: Count
    staging_days: Count
    canary_lookback_days: Positive
    prep_share: Share
    cross_service_gap_days: Count
    days_per_week: Positive
    days_per_month: Positive
    canary_days: Positive = 1


class _Costs(Struct):
    labour_usd_per_hour: Amount
    escape_share: Share
    age_floor: Share
    age_tau_days: Annotated[float, Meta(gt=0, le=1e6)]
    never_extra_days: Count


class _Fleet(Struct):
    frozen_days: list[int]
    releases_per_day: list[Count]


class _Squad(Struct):
    id: str
    capacity_hours: list[Amount]


class _Service(Struct):
    id: str
    squad: str
    usd_per_minute: Amount
    weekdays: list[Annotated[int, Meta(ge=0, le=6)]]
    release_minutes: Amount
    release_hours: Amount
    error_budget_minutes: list[Amount]
    freezes: list[tuple[int, int]] = field(default_factory=list)


class _Fix(Struct):
    id: str
    service: str
    effort_hours: Amount
    hazard_per_day: Amount
    loss_usd: Amount
    p_break: Share
    break_minutes: Amount
    patch_age_days: Count
    late_usd_per_day: Amount
    due_day: int | None = None
    cvss: Annotated[float, Meta(ge=0, le=10)] = 0.0


class _Instance(Struct):
    schema: Literal["detente-plan-instance/1"]
    meta: _Meta
    rules: _Rules
    costs: _Costs
    fleet: _Fleet
    squads: list[_Squad]
    services: list[_Service]
    fixes: list[_Fix]
    precedence: list[tuple[str, str]] = field(default_factory=list)


def read(document: bytes, name: str = "the problem") -> Problem:
    """The problem of a document; DetenteError names what is wrong, where, and what to do."""
    try:
        found = msgspec.json.decode(document, type=_Instance)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise DetenteError(
            f"{name} is no planning problem", f"{error}.", "Write it as docs/plan.md describes.", code=CODE
        ) from None
    faults = list(_faults(found))
    if faults:
        rest = f" {len(faults) - NAMED} more." if len(faults) > NAMED else ""
        why = " ".join(faults[:NAMED]) + rest
        raise DetenteError(f"{name} cannot be planned", why, "Correct what is named; nothing was planned.", code=CODE)
    return _problem(found)


def _faults(found: _Instance) -> Iterator[str]:
    """Everything that contradicts itself, in sentences."""
    weeks = -(-found.meta.days // found.rules.days_per_week)
    months = -(-found.meta.days // found.rules.days_per_month)
    squads, services = {each.id for each in found.squads}, {each.id for each in found.services}
    fixes = {each.id for each in found.fixes}
    for kind, rows in (("squad", found.squads), ("service", found.services), ("fix", found.fixes)):
        yield from _twice(kind, [each.id for each in rows])
    for squad in found.squads:
        if len(squad.capacity_hours) != weeks:
            yield f"Squad {squad.id} has hours for {len(squad.capacity_hours)} weeks, the horizon has {weeks}."
    for service in found.services:
        yield from _service_faults(service, found, months, squads)
    yield from (
        f"Fix {each.id} is on {each.service}, which is no service."
        for each in found.fixes
        if each.service not in services
    )
    if len(found.fleet.releases_per_day) != found.meta.days:
        yield f"The fleet has releases for {len(found.fleet.releases_per_day)} days, the horizon has {found.meta.days}."
    unknown = sorted({fix for pair in found.precedence for fix in pair} - fixes)
    yield from (f"The order names {fix}, which is no fix." for fix in unknown)
    yield from _powerless(found)
    if circle := _circle(found.precedence):
        yield f"The order goes in a circle: {' before '.join(circle)}. Leave one of these pairs out."


def _twice(kind: str, ids: list[str]) -> Iterator[str]:
    seen: set[str] = set()
    for each in ids:
        if each in seen:
            yield f"There are two {kind} entries called {each}."
        seen.add(each)


def _service_faults(service: _Service, found: _Instance, months: int, squads: set[str]) -> Iterator[str]:
    if service.squad not in squads:
        yield f"Service {service.id} belongs to {service.squad}, which is no squad."
    if len(service.error_budget_minutes) != months:
        yield f"Service {service.id} has budgets for {len(service.error_budget_minutes)} months, the horizon has {months}."
    for first, last in service.freezes:
        if first > last:
            yield f"A freeze of {service.id} ends on day {last}, before it begins on day {first}."


def _powerless(found: _Instance) -> Iterator[str]:
    """What would leave all work undone in every plan."""
    squad_of = {each.id: each.squad for each in found.services}
    busy = {squad_of.get(each.service) for each in found.fixes if each.effort_hours > 0}
    for squad in found.squads:
        if squad.id in busy and not any(squad.capacity_hours):
            yield f"Squad {squad.id} has fixes and zero hours in every week. Give it hours, or another squad its services."
    if found.fixes and not any(found.fleet.releases_per_day):
        yield "The fleet bears no release on any day. Allow at least one."


def _circle(pairs: list[tuple[str, str]]) -> list[str]:
    """A cycle of the order, closed; empty where there is none."""
    graph: TopologicalSorter[str] = TopologicalSorter()
    for first, then in pairs:
        graph.add(then, first)
    try:
        graph.prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def _problem(found: _Instance) -> Problem:
    rules, costs = found.rules, found.costs
    lane = Lane(
        lead=rules.test_days + rules.staging_days, canary=rules.canary_days, lookback=rules.canary_lookback_days
    )
    return Problem(
        day0=found.meta.day0,
        days=found.meta.days,
        rules=Rules(
            prep_share=rules.prep_share,
            gap_days=rules.cross_service_gap_days,
            week_days=rules.days_per_week,
            month_days=rules.days_per_month,
            lanes={NORMAL: lane},
        ),
        costs=Costs(
            labour_hour=costs.labour_usd_per_hour,
            age_floor=costs.age_floor,
            age_tau_days=costs.age_tau_days,
            never_days=costs.never_extra_days,
        ),
        frozen=frozenset(found.fleet.frozen_days),
        releases=tuple(found.fleet.releases_per_day),
        squads=tuple(Squad(id=each.id, hours=tuple(each.capacity_hours)) for each in found.squads),
        services=tuple(_service(each, found.meta) for each in found.services),
        jobs=tuple(_job(each, costs.escape_share) for each in found.fixes),
        precedence=tuple(found.precedence),
    )


def _service(each: _Service, meta: _Meta) -> Service:
    closed = {day for first, last in each.freezes for day in range(max(0, first), min(last, meta.days) + 1)}
    own = set(each.weekdays)
    return Service(
        id=each.id,
        squad=each.squad,
        minute_cost=each.usd_per_minute,
        open=tuple(day for day in range(meta.days) if (meta.day0.weekday() + day) % 7 in own and day not in closed),
        release_minutes=each.release_minutes,
        release_hours=each.release_hours,
        budget_minutes=tuple(each.error_budget_minutes),
    )


def _job(each: _Fix, escape_share: float) -> Job:
    return Job(
        id=each.id,
        service=each.service,
        effort_hours=each.effort_hours,
        breach_day=each.hazard_per_day * each.loss_usd,
        risk_minutes=each.p_break * escape_share * each.break_minutes,
        patch_age_days=each.patch_age_days,
        due=each.due_day,
        late_day=each.late_usd_per_day,
        cvss=each.cvss,
    )
