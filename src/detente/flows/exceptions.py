"""An exception from request to signature: what it covers and costs, who asks, who signs, who says no."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow.compute as pc

from detente.accord.exceptions import Case, Standing, check, deny, identity, sign, text
from detente.accord.selection import selection
from detente.accord.signatures import folded
from detente.flows import patch
from detente.flows.changes import text as sql
from detente.flows.settle import Listed, opened, record, rows, services, settle
from detente.flows.workspace import Workspace
from detente.model.errors import DetenteError
from detente.model.exception import Reach, Request, Safeguard, State
from detente.model.finding import Kind
from detente.queue.acceptance import number, situation
from detente.queue.rows import KINDS
from detente.queue.view import finding_id
from detente.store import accords, exceptions, ledger
from detente.store.engine import SqlEngine

Row = dict[str, Any]
_KINDS = {code: kind.value for kind, code in KINDS.items()}
_RUNNING = (State.REQUESTED, State.SIGNED, State.ACTIVE)


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks for: `of` is an id, a service or a rule, by `reach`."""

    reach: Reach
    of: str
    reason: str
    until: date
    requester: str
    safeguard: Safeguard | None = None


def preview(workspace: Workspace, wish: Wish, now: datetime) -> Request:
    """The request as it would be signed: what it covers today and what waiting costs. Errors as `accord.exceptions.check`."""
    accord = workspace.accord
    with patch.triage(workspace, now) as (engine, _):
        ids = _chosen(engine, wish)
        held = rows(engine, {"": ids})
    now_true = situation(held, services(workspace))
    request = Request(
        accord=accord.digest,
        reach=wish.reach,
        of=wish.of,
        findings=tuple(sorted(ids)),
        reason=wish.reason,
        until=wish.until,
        requester=wish.requester,
        asked=now,
        loss_month=sum((row["loss_month"] for row in held), Decimal(0)),
        currency=accord.currency,
        exposure=now_true.exposure,
        safeguard=wish.safeguard,
    )
    check(request, now_true, accord)
    return request


def ask(workspace: Workspace, request: Request) -> str:
    """Keep a request; gives its id."""
    name, accord, at = identity(request), workspace.accord, request.asked
    asked = exceptions.Asked(name, text(request), accord.digest, folded(request.requester), request.until, at)
    body = {"of": f"{request.reach} {request.of}", "findings": len(request.findings), "by": request.requester}
    body |= {"until": str(request.until), "loss_month": str(request.loss_month), "currency": request.currency}
    with workspace.engine.begin() as connection:
        accords.keep(connection, accord.digest, accord.source.decode(), at)
        exceptions.ask(connection, asked)
        ledger.append(connection, [ledger.Entry("exception-requested", name, body | {"reason": request.reason})], at)
    return name


def signed(workspace: Workspace, name: str, role: str, armoured: str, now: datetime) -> Standing:
    """Record a role's signature; gives where the exception then stands. Errors as `accord.exceptions.sign`."""
    case = _fresh(workspace, name, now)
    return record(workspace, case, sign(case, role, armoured, now))


def denied(workspace: Workspace, name: str, role: str, reason: str, now: datetime) -> Standing:
    """Record a role's no. Errors as `accord.exceptions.deny`."""
    case = _fresh(workspace, name, now)
    return record(workspace, case, deny(case, role, reason, now))


def find(workspace: Workspace, name: str) -> tuple[str, Case]:
    """The exception whose id begins so. Raises DetenteError, code `no-exception`, for none or several."""
    found = exceptions.kept(workspace.engine, name)
    if len(found) != 1:
        why = f"{len(found)} exceptions have an id that begins with {name!r}."
        raise DetenteError("No such exception", why, "`detente exception list` shows them all.", code="no-exception")
    return found[0].id, opened(found[0])


def listed(workspace: Workspace, now: datetime) -> tuple[Listed, ...]:
    """Every exception, settled at this moment."""
    if not exceptions.kept(workspace.engine):
        return ()
    with patch.triage(workspace, now) as (engine, _):
        return settle(workspace, engine, now).listed


def ended(workspace: Workspace, now: datetime) -> tuple[Listed, ...]:
    """What ends by the facts of this moment: to be asked as soon as facts have changed."""
    if not exceptions.kept(workspace.engine):
        return ()
    with patch.triage(workspace, now) as (engine, _):
        return settle(workspace, engine, now).fresh


def _fresh(workspace: Workspace, name: str, now: datetime) -> Case:
    """A case as it stands by the facts of now, under an accord that has not changed since it was asked for."""
    whole, case = find(workspace, name)
    if case.accord.digest != workspace.accord.digest:
        why = "the accord has changed since it was asked for."
        do = "Ask anew with `detente exception request`: what is signed must name the accord in use."
        raise DetenteError("The exception cannot be changed", why, do, code="exception-state")
    listed(workspace, now)
    return find(workspace, whole)[1]


def _chosen(engine: SqlEngine, wish: Wish) -> set[str]:
    """The ids of the open findings that a wish is for. DetenteError, code `exception-terms`, when it says nothing readable."""
    try:
        return _fitting(engine, wish)
    except ValueError as error:
        why = f"{wish.of!r} names no {wish.reach}: {error}."
        do = "Take ids from `detente queue --all`, or correct the rule."
        raise DetenteError("The exception cannot be asked for", why, do, code="exception-terms") from error


def _fitting(engine: SqlEngine, wish: Wish) -> set[str]:
    if wish.reach is Reach.FINDING:
        return {wish.of} if rows(engine, {"": (wish.of,)}) else set()
    fixes = engine.ask(sql("listed"))
    if wish.reach is Reach.SERVICE:
        fixes = fixes.filter(pc.equal(fixes["service_name"], wish.of))
    if wish.reach is Reach.FIX:
        fixes = fixes.filter(pc.equal(pc.bit_wise_xor(fixes["service"], fixes["remedy"]), number(wish.of)))
    services = {(row["service"], row["remedy"]): row["service_name"] for row in fixes.to_pylist()}
    grouped = patch.details(engine, fixes)
    rule = selection(wish.of) if wish.reach is Reach.RULE else None
    return {
        finding_id(row["place"], row["vuln"])
        for fix, found in grouped.items()
        for row in found
        if rule is None or rule.selects(_subject(row, services[fix]))
    }


def _subject(row: Row, service: str) -> dict[str, tuple[str, ...]]:
    """What a rule may speak of."""
    names = (row["vulnerability_name"], *(row["every_id"] or "").split())
    components = tuple(filter(None, (row["component"], row["name"])))
    kind = _KINDS.get(row["kind"], Kind.PACKAGE.value)
    return {
        "vulnerability": names,
        "component": components,
        "service": (service,),
        "asset": (row["asset_name"],),
        "kind": (kind,),
    }
