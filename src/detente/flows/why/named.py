"""What is behind a name: a service, an asset, a vulnerability; what it costs in all, and which findings weigh most."""

from collections.abc import Iterator
from math import exp, expm1

import pyarrow as pa
import pyarrow.compute as pc

from detente.flows.why.desk import MOST, Desk, Row
from detente.model.chain import Chain, Link, Part
from detente.model.count import counted
from detente.queue import chain
from detente.queue.aliases import canonicals
from detente.queue.dimensions import UNOWNED
from detente.queue.identity import number, spelled
from detente.queue.view import fix_id
from detente.store import segments


def service(desk: Desk, name: str) -> Chain | None:
    """The chain behind a service of the estate, or `unowned`."""
    if name not in desk.worth:
        return None
    known = desk.viewer.services.get(name)
    totals = [row for row in desk.ask("totals_named") if row["service_name"] == name]
    count, lost = (totals[0]["findings"], totals[0]["loss_month"]) if totals else (0, 0)
    facts = desk.owner(name, known.squad) if known else ()
    if known:
        facts += tuple(Link("runs", f"{one.kind}:{one.pattern}", "estate") for one in known.runs)
        facts += (Link("depends on", ", ".join(known.depends) or "nothing", "estate"),)
    implied = -expm1(-12 * float(totals[0]["weight"])) if totals else 0.0
    rate = Link("implied", f"a breach with a probability of {implied:.1%} a year", "1 - prod(1 - H)^12 of its assets")
    parts = (
        Part(
            "What it is",
            (
                *facts,
                chain.exposure(desk.accord, desk.worth[name], known),
                *chain.loss(desk.accord, desk.worth[name]),
                rate,
            ),
        ),
        Part("Its dearest fixes", tuple(_fixes(desk, name))),
        desk.decided(),
    )
    return Chain(name, f"service {name}: {counted(count, 'open finding')}, {desk.money(lost)}", parts)


def _fixes(desk: Desk, name: str) -> Iterator[Link]:
    mine = desk.listed.filter(pc.equal(desk.listed["service_name"], name)).slice(0, MOST)
    for row in mine.to_pylist():
        told = f"place {row['position']}, {counted(row['findings'], 'finding')}: {desk.money(row['loss_month'])}"
        yield Link(fix_id(row["service"], row["remedy"]), told, "escalated" if row["escalated"] else "")


def asset(desk: Desk, name: str) -> Chain | None:
    """The chain behind an asset, whether or not anything is open on it."""
    looked = desk.ask("looked", asked=_asked(name))
    rows = [row for row in _open(desk, name) if row["asset_name"] == name]
    if not looked and not rows:
        return None
    claim = desk.workspace.claims.claim(name)
    owner = claim[1].id if claim else UNOWNED
    by = f"estate: runs {claim[0].kind}:{claim[0].pattern}" if claim else "no pattern of the estate claims it"
    worth = desk.worth[owner]
    seen = tuple(
        Link(row["tool"], f"{counted(row['reports'], 'report')}, last {row['latest']:%Y-%m-%d}", "the lake")
        for row in looked
    )
    parts = (
        Part(
            "What it is",
            (
                Link("service", owner, by),
                chain.exposure(desk.accord, worth, claim[1] if claim else None),
                *chain.loss(desk.accord, worth),
            ),
        ),
        Part("Who looked at it", seen),
        Part("What weighs most", desk.findings(rows, "vulnerability")),
        desk.decided(),
    )
    return Chain(name, f"asset {name}: {counted(len(rows), 'open finding')}, {desk.money(_together(rows))}", parts)


def vulnerability(desk: Desk, name: str) -> Chain | None:
    """The chain behind a vulnerability, under any of its ids: one that a report or the intelligence knows."""
    wanted = spelled(name)
    rows = _open(desk, wanted)
    cve = next((row["cve"] or row["vulnerability"] for row in rows), wanted)
    if not rows and not desk.heard_of(cve):
        return None
    known = Link(
        "also known as", ", ".join(_aliases(desk, wanted)) or "nothing else", "alias groups of reports and feeds"
    )
    parts = (
        Part("What it is", (known,)),
        Part("How likely its use is", desk.terms(cve)),
        Part(f"Where it is open ({min(MOST, len(rows))} of {len(rows)})", desk.findings(rows, "asset_name")),
        desk.decided(),
    )
    return Chain(
        name,
        f"{wanted} is open in {counted(len(rows), 'place')}: closing it saves {desk.money(_together(rows))}",
        parts,
    )


def _open(desk: Desk, name: str) -> list[Row]:
    return desk.ask("named", asked=_asked(name))


def _together(rows: list[Row]) -> float:
    """What closing all of them saves a month: on each asset what its expected loss falls by, never a sum of prices."""
    held: dict[int, float] = {}
    for row in rows:
        held[row["asset"]] = held.get(row["asset"], 0.0) + float(row["weight"])
    worth = {row["asset"]: (row["loss"], float(row["total"])) for row in rows}
    return sum((float(loss) * exp(held[one] - total) * -expm1(-held[one]) for one, (loss, total) in worth.items()), 0.0)


def _aliases(desk: Desk, name: str) -> list[str]:
    names = canonicals(segments.alias_groups(desk.workspace.engine))
    target = names.get(name, name)
    return sorted({target, *(alias for alias, known in names.items() if known == target)} - {name})


def _asked(name: str) -> pa.Table:
    return pa.table({"name": [name], "number": pa.array([number(name)], pa.int64())})
