"""Why a fix stands where it stands: what it does, why to that version, what it closes, what would change its price."""

from collections.abc import Iterable, Iterator
from math import ceil

from detente.flows.settle import Listed
from detente.flows.why import clocks, shipping
from detente.flows.why.desk import MOST, Desk, Row
from detente.model.chain import Chain, Link, Part
from detente.model.count import counted
from detente.model.exception import State
from detente.model.fix import Fix
from detente.plan import known
from detente.queue import chain
from detente.queue.acceptance import number, waiting
from detente.queue.dimensions import UNOWNED
from detente.queue.otherwise import Around
from detente.queue.versions import ecosystem


def answer(desk: Desk, name: str) -> Chain | None:
    """The chain behind a fix's id."""
    try:
        row = desk.fix_row(number(name)) if name.startswith("x-") else None
    except ValueError:
        return None
    if row is None:
        return None
    whole, found = desk.fix(row)
    asset, service = found[0]["asset_name"], row["service_name"]
    unlisted = next(filter(chain.listing, found), None)
    around = desk.around(service, asset)
    owner = desk.owner(service, whole.squad) or unowned(desk, around)
    urgent = max(found, key=lambda one: one["urgency"])
    parts = (
        Part(
            "What it does", (Link("action", whole.action, "the reports"), *target(whole), *broken(desk, whole), *owner)
        ),
        Part("Why", tuple(Link("reason", reason) for reason in whole.reasons)),
        Part("What the tables say", (chain.ssvc(urgent, desk.worth[service]), *_clocks(desk, whole))),
        Part("Where it stands", tuple(standing(desk, row, found, whole))),
        shipping.when(desk, whole.id),
        Part(f"What it closes ({min(MOST, len(found))} of {len(found)})", desk.findings(found, "name")),
        desk.decided(),
    )
    changes = tuple(chain.changes(unlisted, around, desk.accord, whole.to_version))
    return Chain(name, f"{whole.action}: {desk.money(whole.loss_month)}", parts, changes)


def unowned(desk: Desk, around: Around) -> tuple[Link, ...]:
    """What it means that nobody claims an asset: between which prices the truth lies."""
    source = "no tier and no exposure is stated: prices.breach, prices.exposure"
    return (
        Link("service", UNOWNED, "no pattern of the estate claims the asset"),
        Link("ignorance costs", chain.ignorance(around, desk.accord), source),
    )


def target(whole: Fix) -> Iterator[Link]:
    """The version to go to, and why that one."""
    if whole.to_version is None:
        yield Link("to version", "none: no upgrade closes it, or none is published", "the reports")
        return
    asking = list(dict.fromkeys(one.vulnerability for one in whole.findings if whole.to_version in one.fixed))
    named = ", ".join(asking[:3]) + (f" and {len(asking) - 3} more" if len(asking) > 3 else "")
    order = ecosystem(whole.component) or "plain versions"
    why = f"the smallest that closes all its findings, by the order of {order}"
    yield Link("to version", f"{whole.to_version}, which {named} ask{'s' if len(asking) == 1 else ''} for", why)


def broken(desk: Desk, whole: Fix) -> Iterator[Link]:
    """What the maker of the release knows to break with it, and what the plan makes of that."""
    for fault in known.about(whole, desk.faults):
        met = f"met by {known.odds([fault]):.0%} of installations" + ("" if fault.share else ", a prior")
        yield Link("known fault", known.told(fault), f"{met}; the plan adds it to the odds of breaking")


def standing(desk: Desk, row: Row, found: Iterable[Row], whole: Fix) -> Iterator[Link]:
    """Its price, its place, and which rule escalates it or lets it wait; `found` are the findings in question."""
    accord, worth = desk.accord, desk.worth[row["service_name"]]
    closes = f"{counted(row['findings'], 'finding')} on {counted(row['assets'], 'asset')}"
    told = f"closes {closes}, worth {desk.money(row['loss_month'])}"
    yield Link("fix", f"{whole.id}: {whole.action}", "one action on one service")
    yield Link("worth", told, "what the assets' expected loss falls by together")
    share, fixes = accord.escalation.share, desk.listed.num_rows
    cut = ceil(float(share.value) * fixes)
    line = chain.stated(accord, "escalation.share")
    yield Link("place", f"{row['position']} of {fixes}; the first {cut} are escalated ({share})", line)
    found = list(found)
    for rule in accord.escalation.always:
        if any(chain.matched(rule, one, worth) for one in found):
            yield Link("always escalated", str(rule), chain.stated(accord, "escalation.always"))
    held = list(_exceptions(desk, found))
    yield from held
    waits = bool(waiting(desk.settled.rows, desk.settled.active, {(row["service"], row["remedy"]): row["findings"]}))
    yield Link("escalated", _escalated(row, waits), "the above")


def _escalated(row: Row, waits: bool) -> str:
    if waits:
        return "no: all its findings wait under an exception"
    return "yes" if row["escalated"] else "no: it costs less, and no rule asks for it"


def _exceptions(desk: Desk, found: Iterable[Row]) -> Iterator[Link]:
    """Every running exception that holds one of the findings."""
    ids = {one["place"] ^ one["vuln"] for one in found}
    names = {row["exception"] for row in desk.settled.rows if row["finding"] in ids}
    for one in desk.settled.listed:
        if one.id in names:
            yield _exception(desk, one)


def _exception(desk: Desk, one: Listed) -> Link:
    signed = ", ".join(f"{person} as {role}" for role, person in one.standing.signed.items()) or "nobody yet"
    what = "waits under" if one.standing.state is State.ACTIVE else f"{one.standing.state} exception"
    cost = f"{desk.money(one.request.loss_month)}, {desk.money(one.residual_month)} with its safeguard"
    return Link(what, f"{one.id} until {one.request.until}: {one.request.reason} ({cost})", f"signed by {signed}")


def _clocks(desk: Desk, whole: Fix) -> Iterator[Link]:
    yield from clocks.links(desk, whole.clocks)
    if not whole.clocks:
        yield Link("advice", whole.clock, "the accord runs no regime")
