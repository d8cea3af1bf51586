"""May this deploy go on? Facts are gathered, the rules answer, the answer is signed, kept and written to the ledger."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from difflib import get_close_matches
from hashlib import sha256
from typing import Any

from sqlalchemy import insert

from detente.accord.quantity import Share
from detente.flows import override, seal
from detente.flows.days import calendar
from detente.flows.exposure import Risk, risk
from detente.flows.planned import planned
from detente.flows.workspace import Workspace
from detente.model.change import Answer, Change, Reason, Stage
from detente.model.errors import DetenteError
from detente.model.estate import Service
from detente.model.money import Money
from detente.plan import budget, rollout
from detente.plan.gate import Ask, Busy, Facts, Planned, Worth, answer
from detente.plan.ground import staged
from detente.plan.odds import Odds
from detente.plan.windows import Windows
from detente.store import ledger, rollouts, tables


def service_of(workspace: Workspace, name: str) -> Service:
    """The service of that name. Errors: DetenteError, code `unknown-service`, with the nearest names."""
    known = {service.id: service for service in workspace.estate.services}
    if name in known:
        return known[name]
    near = get_close_matches(name, known, n=3)
    do = f"Did you mean {', '.join(near)}?" if near else "Add it to estate.yaml, or give the name of one that is there."
    why = f"The estate names {', '.join(known) or 'no service at all'}."
    raise DetenteError(f"No service is called {name!r}", why, do, code="unknown-service")


def asked(workspace: Workspace, ask: Ask, now: datetime) -> tuple[Answer, Mapping[str, Any]]:
    """The answer without keeping it, and the inputs it follows from by digest."""
    service = service_of(workspace, ask.service)
    known = risk(workspace, now)
    facts = _facts(workspace, service, ask, known, now)
    inputs = {
        "risk": known.digest,
        "facts": sha256(repr(facts).encode()).hexdigest(),
        "estate": sha256(repr(service).encode()).hexdigest(),
    }
    return answer(ask, facts, now), inputs


def decide(workspace: Workspace, ask: Ask, now: datetime) -> dict[str, Any]:
    """The answer as a signed document; it is a decision, and an entry of the ledger."""
    given, inputs = asked(workspace, ask, now)
    told = document(workspace, ask, given, now)
    signed = seal.signed(workspace.folder, told)
    row = {
        "id": told["id"],
        "kind": "gate",
        "subject": ask.service,
        "answer": signed,
        "reasons": told["reasons"],
        "accord": workspace.accord.digest,
        "inputs": dict(inputs),
        "decided_at": now,
    }
    with workspace.engine.begin() as connection:
        connection.execute(insert(tables.decision), row)
        body = {
            "service": ask.service,
            "change": ask.change,
            "answer": told["answer"],
            "until": told["until"],
            **inputs,
        }
        ledger.append(connection, [ledger.Entry("gate", told["id"], body)], now)
    return signed


def document(workspace: Workspace, ask: Ask, given: Answer, now: datetime) -> dict[str, Any]:
    """The answer in the shape of the contract (DESIGN section 7), with what was asked; `id` names it in the ledger."""
    told: dict[str, Any] = {
        "answer": given.word.value,
        "until": _stamp(given.until),
        "conditions": list(given.conditions),
        "reasons": [{"rule": one.rule, "fact": one.fact, "source": one.source} for one in given.reasons],
        "expires": _stamp(given.expires),
        "service": ask.service,
        "change": ask.change or None,
        "kind": "rollback" if ask.back else ask.purpose.value,
        "asked": _stamp(now),
        "accord": workspace.accord.digest,
        "standing": workspace.standing,
    }
    name = f"g-{sha256(seal.canonical(told)).hexdigest()[:16]}"
    return told | {"id": name, "link": f"detente ledger show --subject {name}"}


def _stamp(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else None


def _facts(workspace: Workspace, service: Service, ask: Ask, known: Risk, now: datetime) -> Facts:
    accord, days = workspace.accord, calendar(workspace, now)
    mine = known.exposures.get(service.id)
    others, own = _under_way(workspace, ask)
    told = planned(workspace, ask.change, known, now)
    return Facts(
        consequences=accord.change.budgets,
        halts=tuple(_halt(one) for one in rollouts.halts(workspace.engine, service.id)),
        closures=tuple(days.closures(service.id, now, ask.purpose)),
        edge=days.edge(service.id, now, ask.purpose),
        up=uptime(workspace, service, now),
        risk=tuple(budget.risks(accord, list(known.exposures.values()), service.tier)),
        busy=tuple(others),
        worth=_worth(workspace, service, ask, known, told),
        exploited=mine.exploited if mine else 0,
        fedramp=any(regime.name.startswith("fedramp") for regime in accord.regimes),
        controls=tuple(control.name for control in service.controls),
        passes=tuple(override.holding(workspace, service.id, ask.change, now)),
        health=own,
        planned=told,
    )


def _halt(one: rollouts.Halt) -> Reason:
    where = "every line is" if one.scope == "all" else "its line is"
    return Reason("stop-the-line", f"{where} stopped since {one.at:%Y-%m-%d %H:%M}Z: {one.reason}", one.person)


def uptime(workspace: Workspace, service: Service, now: datetime) -> budget.Budget | None:
    """The uptime budget of a service: its own promise, else that of its tier; None where nobody promised anything."""
    objective, share = budget.promised(workspace.accord, service.tier), target(workspace, service)
    if share is None:
        return None
    rule = f"services.{service.id}.slo" if service.slo else f"objectives.{objective.id}" if objective else ""
    window = objective.window.timedelta if objective else budget.WINDOW
    since = rollouts.measurements(workspace.engine, service.id, now - window)
    return budget.uptime(rule, share, [budget.Good(one.at, one.good, one.total) for one in since], now, window)


def target(workspace: Workspace, service: Service) -> float | None:
    """The share of requests that must be good: what the service promises, else what both promise for its tier."""
    if service.slo:
        return service.slo.target
    objective = budget.promised(workspace.accord, service.tier)
    bound = objective.target.bound if objective else None
    return float(bound) if isinstance(bound, Share) else None


def _under_way(workspace: Workspace, ask: Ask) -> tuple[list[Busy], Reason | None]:
    """Other changes on the service, and what speaks against this one from its own last rollout."""
    found = [
        rollout.fold(name, events)
        for name, events in rollouts.events(workspace.engine, service=ask.service, looks=False).items()
    ]
    others = [one for one in rollout.running(found) if one.order.change.id != ask.change]
    busy = [Busy(one.id, one.order.change.id, earliest(one)) for one in others]
    mine = [one for one in found if ask.change and one.order.change.id == ask.change]
    last = max(mine, key=lambda one: one.began, default=None)
    if last is None or last.state not in (rollout.State.GONE, rollout.State.LEAVING):
        return busy, None
    return busy, Reason("rollout", f"{ask.change} was rolled back: {last.why}", f"rollout {last.id}")


def earliest(one: rollout.Rollout) -> datetime:
    """When a rollout ends if nothing holds it."""
    stages = one.order.stages[one.order.stages.index(one.stage) + 1 :]
    return one.soaked + timedelta(seconds=sum(one.order.soak_s.get(stage, 0) for stage in stages))


def _worth(workspace: Workspace, service: Service, ask: Ask, known: Risk, told: Planned | None) -> Worth | None:
    """What the fix saves and risks: as the plan reckons, else as a change of a kind that nobody named."""
    if ask.change not in known.saves:
        return None
    usual, pipeline = odds(workspace, "other"), workspace.accord.change.pipeline
    minutes = told.risk_minutes if told else usual.minutes(staged(pipeline), canary=pipeline.canary.seconds > 0)
    prices, currency = workspace.accord.prices, workspace.accord.currency
    minute = prices.minute(service.tier)
    costs = Money(Decimal(str(round(minutes, 6))) * minute.amount, currency)
    return Worth(Money(known.saves[ask.change], currency), costs, prices.exchange_rate)


def odds(workspace: Workspace, kind: str) -> Odds:
    """How often a change of this kind breaks, from this organisation's own rollouts and the prior."""
    ends = [
        outcome
        for name, events in rollouts.events(workspace.engine, looks=False).items()
        if (one := rollout.fold(name, events)).order.change.kind == kind
        if (outcome := one.broke) is not None
    ]
    return Odds(kind, sum(ends), len(ends) - sum(ends))


def shut(workspace: Workspace, one: rollout.Rollout, stage: Stage | None, now: datetime) -> str:
    """Why a rollout may not enter `stage` now; empty when it may.

    A canary whose soak would run into a freeze does not begin: the night after would have nobody to watch it.
    """
    change = one.order.change
    given, _ = asked(workspace, Ask(service=change.service, change=change.id, purpose=change.purpose), now)
    if not given.open:
        return "; ".join(f"{reason.rule}: {reason.fact}" for reason in given.reasons)
    if stage is Stage.CANARY:
        soak = timedelta(seconds=one.order.soak_s.get(Stage.CANARY, 0))
        return next(_freezes(calendar(workspace, now), change, now, now + soak), "")
    return ""


def _freezes(days: Windows, change: Change, start: datetime, end: datetime) -> Iterator[str]:
    """The freezes that begin before `end`, in words."""
    moment = days.edge(change.service, start, change.purpose)
    while moment is not None and moment < end:
        for each in days.closures(change.service, moment, change.purpose):
            if each.rule.startswith("change.freeze"):
                yield f"{each.rule}: {each.fact} begins {moment:%Y-%m-%d %H:%M}Z, before the canary's soak would end"
        moment = days.edge(change.service, moment, change.purpose)
