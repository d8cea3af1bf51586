"""Why a finding costs what it costs, or why it is not open: who said so, what became of it, whose it is, each factor."""

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from detente.accord.clocks import order
from detente.flows.why import clocks, fix
from detente.flows.why.desk import Desk, Row
from detente.model.chain import Chain, Link, Part
from detente.model.finding import Kind, Severity, State
from detente.queue import chain, due
from detente.queue.acceptance import number
from detente.queue.history import Event, Turn, history
from detente.queue.otherwise import Around
from detente.queue.rows import KINDS

_STATES = list(State)
_KINDS = {code: kind.value for kind, code in KINDS.items()}
_STATEMENT = KINDS[Kind.STATEMENT]
_CLOSING = (State.FIXED, State.NOT_AFFECTED, State.FALSE_POSITIVE)


@dataclass(frozen=True, slots=True)
class Told:
    """What the reports say of a finding: every record, and what each look at its place showed."""

    said: list[Row]
    looks: list[Row]


def answer(desk: Desk, name: str) -> Chain | None:
    """The chain behind a finding's id, open or closed."""
    try:
        asked = number(name)
    except ValueError:
        return None
    if not name.startswith("f-"):
        return None
    places = desk.ask("sought", asked=pa.table({"number": pa.array([asked], pa.int64())}))
    if not places:
        return None
    wanted = pa.table({column: pa.array([places[0][column]], pa.int64()) for column in ("place", "vuln", "asset")})
    told = Told(desk.ask("sightings", wanted=wanted), desk.ask("looks"))
    desk.engine.make("picked", "SELECT place, vuln FROM wanted")
    rows = desk.ask("found")
    return _open(desk, name, rows[0], told) if rows else _closed(desk, name, told)


def _open(desk: Desk, name: str, row: Row, told: Told) -> Chain:
    around = desk.around(row["service_name"], row["asset_name"])
    listed = desk.fix_row(row["service"] ^ row["remedy"])
    assert listed is not None, "every priced finding has a fix"
    whole, _ = desk.fix(listed)
    service, worth = desk.viewer.services.get(row["service_name"]), desk.worth[row["service_name"]]
    control = desk.controls(row["asset_name"]).get(row["kind"], 0.0)
    parts = (
        _identity(told, row["name"]),
        Part("Who said so", tuple(_sources(desk, told))),
        Part("What became of it", tuple(_turns(desk, told))),
        _owner(desk, row, around, whole.squad),
        Part("How likely its use is", desk.terms(row["cve"] or row["name"])),
        chain.price(row, desk.accord, worth, service, control),
        Part("What the tables say", (chain.ssvc(row, worth), *_clocks(desk, row))),
        Part("What closes it", (*_target(told, row), *fix.target(whole), *fix.standing(desk, listed, [row], whole))),
        desk.decided(),
    )
    headline = f"{row['name']} on {row['asset_name']} costs {desk.money(row['loss_month'])}"
    changes = chain.changes(row if chain.listing(row) else None, around, desk.accord, whole.to_version)
    return Chain(name, headline, parts, tuple(changes))


def _closed(desk: Desk, name: str, told: Told) -> Chain:
    last = told.said[-1]
    vulnerability = (last["ids"] or "").split(" ")[0] or name
    parts = (
        _identity(told, vulnerability),
        Part("Why it is not open", tuple(_closing(desk, told))),
        Part("Who said so", tuple(_sources(desk, told))),
        Part("What became of it", tuple(_turns(desk, told))),
        desk.decided(),
    )
    asset = next(row["asset_name"] for row in told.said if row["kind"] != _STATEMENT)
    again = "a report of the same scope that shows it again reopens it, with its history"
    return Chain(name, f"{vulnerability} on {asset} is not open: it costs nothing", parts, (again,))


def _identity(told: Told, name: str) -> Part:
    last = next(row for row in reversed(told.said) if row["kind"] != _STATEMENT)
    ids = dict.fromkeys(one for row in told.said for one in f"{row['ids'] or ''} {row['related'] or ''}".split())
    severity = Severity(last["severity"]).name.lower() + (" (derived from its score)" if last["derived"] else "")
    return Part(
        "What it is",
        (
            Link("kind", _KINDS[last["kind"]], "the report"),
            Link("asset", last["asset_name"], "the report"),
            Link("component", last["component"] or "none", "without version or line: they never identify"),
            Link("vulnerability", name, "canonical id of the alias group"),
            Link("also known as", ", ".join(one for one in ids if one != name) or "nothing else", "the reports"),
            Link("severity", severity, "the tool's word: a label, never a price"),
        ),
    )


def _sources(desk: Desk, told: Told) -> Iterator[Link]:
    for row in told.said:
        segment = desk.reports[row["report"]]
        place = ":".join(str(part) for part in (row["location"], row["line"]) if part)
        told_so = " ".join(part for part in (_STATES[row["state"]], row["version"], place) if part)
        spoken = row["kind"] == _STATEMENT or _STATES[row["state"]] is not State.OPEN
        why = " by ".join(part for part in (row["reason"], row["author"]) if part and spoken)
        where = f"{row['tool']}, {segment.file}, taken in {segment.ingested_at:%Y-%m-%d %H:%M}, {desk.entry(segment)}"
        yield Link(f"{row['seen']:%Y-%m-%d %H:%M}", f"{told_so}{f' ({why})' if why else ''}", where)


def _turns(desk: Desk, told: Told) -> Iterator[Link]:
    turns = [(event.at, _turn(desk, event)) for event in history(told.looks)]
    seen = max((row["at"] for row in told.looks if row["shown"]), default=None)
    if seen:
        turns.append((seen, Link("last seen", f"{seen:%Y-%m-%d %H:%M}", "the newest report that shows it")))
    yield from (link for _, link in sorted(turns, key=lambda turn: turn[0]))


def _turn(desk: Desk, event: Event) -> Link:
    by = f"{event.tool}, {desk.reports[event.report].file}"
    without = ": complete, without it" if event.turn is Turn.FIXED else ""
    return Link(event.turn, f"{event.at:%Y-%m-%d %H:%M}", by + without)


def _closing(desk: Desk, told: Told) -> Iterator[Link]:
    turns = list(history(told.looks))
    if not turns:
        states = {_STATES[row["state"]].value for row in told.said}
        yield Link("never open", f"every record says {', '.join(sorted(states))}", "the reports")
    elif turns[-1].turn is Turn.FIXED:
        yield Link("fixed", f"{turns[-1].at:%Y-%m-%d %H:%M}", f"{turns[-1].tool}: a complete report does not show it")
    else:
        stated = [row for row in told.said if row["kind"] == _STATEMENT and _STATES[row["state"]] in _CLOSING]
        for row in stated:
            who = f"{row['author'] or 'nobody named'}, {desk.reports[row['report']].file}"
            yield Link(_STATES[row["state"]], row["reason"] or "no reason given", f"{who}, {row['seen']:%Y-%m-%d}")


def _owner(desk: Desk, row: Row, around: Around, squad: str) -> Part:
    found = desk.workspace.claims.claim(row["asset_name"])
    if found is None:
        return Part("Who owns it", fix.unowned(desk, around))
    claim, service = found
    told = f"{service.id} ({service.tier or 'no tier'}, {service.exposure or 'no exposure'})"
    claimed = f"estate: runs {claim.kind}:{claim.pattern}"
    by = (Link("by place", f"{squad} owns the file", "CODEOWNERS"),) if squad != service.squad else ()
    return Part("Who owns it", (Link("service", told, claimed), *by, *desk.owner(service.id, squad)))


def _target(told: Told, row: Row) -> Iterator[Link]:
    closing = {(record["tool"], record["fixed"].replace("|", " or ")) for record in told.said if record["fixed"]}
    for tool, versions in sorted(closing):
        yield Link("closed by", f"version {versions}", tool)


def _clocks(desk: Desk, row: Row) -> Iterator[Link]:
    """The clocks of the regimes in force; without BOD 26-04 among them its row, as advice."""
    service, worth = desk.viewer.services.get(row["service_name"]), desk.worth[row["service_name"]]
    shown = desk.ask("shown")
    mine = [one for one in shown if (one["place"], one["vuln"]) == (row["place"], row["vuln"])]
    yield from clocks.links(desk, order(due.running(mine, service, desk.accord, desk.viewer.catalogue)))
    if not any(regime.name == "bod-26-04" for regime in desk.accord.regimes):
        yield chain.bod(row, worth)
