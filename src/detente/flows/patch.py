"""Report to decision: the lake, the intelligence, the estate and the accord become one priced queue."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from math import expm1
from pathlib import Path
from shutil import rmtree
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pyarrow.compute as pc

from detente.accord.exceptions import residual
from detente.flows import evaluate, intel
from detente.flows.changes import paths, reports, text
from detente.flows.settle import Settled, settle
from detente.flows.workspace import Workspace
from detente.model.fix import Accepted, Fix, Queue, Total
from detente.queue import dimensions, identity
from detente.queue.acceptance import waiting
from detente.queue.aliases import canonicals
from detente.queue.dimensions import UNOWNED
from detente.queue.view import Viewer, fix_id
from detente.store import evaluations, segments
from detente.store import intel as store
from detente.store.engine import Engine, SqlEngine
from detente.store.lake import publish

VERSION = 3  # raised whenever the same inputs would be derived differently
ANSWERS = ("findings", "vulns", "assets", "priced", "fixes", "totals")


def inputs(workspace: Workspace, scored: Path) -> dict[str, Any]:
    """Everything the queue follows from, by digest: the same inputs give the same queue (law 6)."""
    return {
        "segments": [one.digest for one in segments.all_segments(workspace.engine)],
        "aliases": _digest(sorted(segments.alias_groups(workspace.engine))),
        "intelligence": scored.stem,
        "accord": workspace.accord.digest,
        "estate": _digest(repr((workspace.estate, workspace.gathered.owners))),
        "version": VERSION,
    }


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()


def aliases(workspace: Workspace) -> pa.Table:
    """Every id's number beside the number and the name of its group, where they differ."""
    pairs = canonicals(segments.alias_groups(workspace.engine)).items()
    return pa.table(
        {
            "vuln": pa.array([identity.number(name) for name, _ in pairs], pa.int64()),
            "canonical": pa.array([identity.number(target) for _, target in pairs], pa.int64()),
            "name": pa.array([target for _, target in pairs], pa.string()),
        }
    )


@contextmanager
def triage(
    workspace: Workspace, now: datetime, memory: str = "", engine: SqlEngine | None = None
) -> Iterator[tuple[SqlEngine, dict[str, Any]]]:
    """An engine that holds the priced queue of this moment (tables `ANSWERS`, and the lake to look into), and its inputs.

    A queue once derived is kept and found again by its inputs; deleting it loses nothing. When only the intelligence
    differs from a kept queue, just the assets that it touches are priced anew. `engine` answers on Spark (docs/spark.md).
    """
    scored = intel.scored(workspace.folder, workspace.engine, now.date())
    given = inputs(workspace, scored)
    state = (
        workspace.folder / "derived" / _digest({name: value for name, value in given.items() if name != "intelligence"})
    )
    folder = state / scored.stem
    found = segments.all_segments(workspace.engine)
    priced = evaluate.priced(workspace, [one.digest for one in found], now)
    bounds = _bounds(sum(one.rows for one in found), memory)
    with engine or Engine(workspace.folder / ".spool", *bounds) as asked:
        _bind(asked, workspace, found, priced)
        if not folder.is_dir():
            asked.bind({"scored": [scored]})
            _derive(asked, workspace, now, folder)
        evaluate.record(workspace, priced, now)
        asked.bind(_answers(folder))
        yield asked, given


def _answers(folder: Path, suffix: str = "") -> dict[str, list[Path]]:
    return {f"{name}{suffix}": [folder / f"{name}.parquet"] for name in ANSWERS}


def _bounds(rows: int, memory: str) -> tuple[str, int]:
    """Memory and threads for a lake of that many rows: enough not to spill (measured), and not all there is."""
    return memory or f"{200 + rows // 12_000}MB", 1 if rows < 200_000 else 0


def _bind(
    engine: SqlEngine, workspace: Workspace, found: list[segments.Segment], priced: Mapping[str, datetime]
) -> None:
    engine.bind(
        {"rows": paths(workspace.lake, found), "reports": reports(found, priced), "aliases": aliases(workspace)}
    )


def _derive(engine: SqlEngine, workspace: Workspace, now: datetime, folder: Path) -> None:
    """Fold, price, group, rank; every step is one question whose answer the next one reads."""
    kept = sorted(folder.parent.glob("[!.]*"), key=lambda path: path.stat().st_mtime)
    if kept:
        engine.bind(_answers(kept[-1], "_before"))
        engine.make("findings", "SELECT * FROM findings_before")
    else:
        engine.make("findings", text("findings"))
    _dimensions(engine, workspace, now)
    engine.make("priced", text("price")) if not kept else _reprice(engine)
    engine.make("fixes", text("fixes"))
    engine.make("totals", text("totals"))
    _keep(engine, folder)


def _reprice(engine: SqlEngine) -> None:
    """Price the assets that the intelligence touches; the others keep their price: nothing of theirs has changed."""
    engine.make("touched", text("touched"))
    engine.make("findings_all", "SELECT * FROM findings")
    engine.make("findings", "SELECT f.* FROM findings_all AS f JOIN touched AS t ON t.asset = f.asset")
    engine.make("repriced", text("price"))
    engine.make("priced", text("merged"))
    engine.make("findings", "SELECT * FROM findings_all")


def _dimensions(engine: SqlEngine, workspace: Workspace, now: datetime) -> None:
    accord = workspace.accord
    names = [(row["asset"], row["name"]) for row in engine.ask(text("assets")).to_pylist()]
    worth = dimensions.worth(accord, workspace.estate)
    tables: Mapping[str, pa.Table] = {
        "assets": dimensions.assets(names, workspace.claims, worth, accord.tiers),
        "controls": dimensions.controls(names, workspace.claims),
        "vulns": dimensions.vulnerabilities(engine.ask(text("vulns")), now.date()),
        "ssvc": dimensions.ssvc(),
        "rules": dimensions.rules(accord.escalation.always, accord.tiers),
        "terms": dimensions.terms(accord),
    }
    engine.bind(tables)


def _keep(engine: SqlEngine, folder: Path) -> None:
    """The answers in a folder that appears whole or not at all; who comes second finds it done."""
    aside = folder.with_name(f".{uuid4().hex}")
    aside.mkdir(parents=True)
    for name in ANSWERS:
        engine.save(f"SELECT * FROM {name}", aside / f"{name}.parquet")  # noqa: S608 - names of our own tables
    try:
        publish(aside, folder)
    except OSError:
        rmtree(aside)
        if not folder.is_dir():
            raise


def queue(workspace: Workspace, now: datetime, *, everything: bool = False, squad: str = "") -> Queue:
    """The ranked fixes: those escalated, or all; of one squad, or of everyone."""
    with triage(workspace, now) as (engine, _):
        settled = settle(workspace, engine, now)
        fixes = _waiting(engine.ask(text("listed")), settled)
        wanted = fixes if everything else fixes.filter(fixes["escalated"])
        owners = workspace.gathered.owners
        if squad and not owners:  # else the owner of a place is known only when it is looked at
            services = [service.id for service in workspace.estate.services if service.squad == squad]
            names = pa.array([*services, *([UNOWNED] if squad == UNOWNED else [])], pa.string())
            wanted = wanted.filter(pc.is_in(wanted["service_name"], names))
        shown = details(engine, wanted)
        totals = engine.ask(text("totals_named")).to_pylist()
    shows = viewer(workspace, now)
    viewed = (shows.fix(row, shown[row["service"], row["remedy"]]) for row in wanted.to_pylist())
    listed = tuple(fix for fix in viewed if squad in ("", fix.squad))
    told = (*workspace.notes, intel.warning(workspace.engine, now.date()), *_back(workspace, settled))
    found = _queue(workspace, listed, fixes, totals, tuple(filter(None, told)), now=now)
    return replace(found, accepted=accepted(settled))


def _waiting(fixes: pa.Table, settled: Settled) -> pa.Table:
    """The fixes; one that waits wholly under active exceptions is not escalated, and costs what it cost."""
    counted = {(row["service"], row["remedy"]): row["findings"] for row in fixes.to_pylist()} if settled.active else {}
    may_wait = waiting(settled.rows, settled.active, counted)
    if not may_wait:
        return fixes
    pairs = zip(fixes["service"].to_pylist(), fixes["remedy"].to_pylist(), strict=True)
    asked = pc.and_(fixes["escalated"], pa.array([pair not in may_wait for pair in pairs]))
    return fixes.set_column(fixes.schema.get_field_index("escalated"), "escalated", asked)


def accepted(settled: Settled) -> tuple[Accepted, ...]:
    """What each active exception costs today; findings closed meanwhile cost nothing any more."""
    return tuple(
        Accepted(
            exception=name,
            findings=len(held := [row for row in settled.rows if row["exception"] == name]),
            loss_month=(loss := sum((row["loss_month"] for row in held), Decimal(0))),
            residual_month=residual(one.request, loss),
            until=one.request.until,
            reason=one.request.reason,
        )
        for name, one in settled.active.items()
    )


def _back(workspace: Workspace, settled: Settled) -> Iterator[str]:
    """What both officers have to know of exceptions that ended, for as long as their findings are open."""
    people = " and ".join(f"{party.name} ({role})" for role, party in workspace.accord.parties.items())
    for one, count in settled.back:
        ended = f"exception {one.id} is {one.standing.state}: {one.standing.reason}"
        yield f"{people}: {ended}; {count} of its findings are open again"


def viewer(workspace: Workspace, now: datetime) -> Viewer:
    """Puts words to rows under the workspace's accord and estate; the KEV catalogue is read only where a clock may need it."""
    accord = workspace.accord
    catalogue = store.deadlines(workspace.engine, workspace.folder, now.date()) if accord.regimes else {}
    histories = evaluations.history(workspace.engine)
    return Viewer(accord, workspace.estate, workspace.gathered.owners, catalogue, histories)


def fix(workspace: Workspace, name: str, now: datetime) -> Fix | None:
    """The open fix of that id; None where no fix has it."""
    with triage(workspace, now) as (engine, _):
        listed = engine.ask(text("listed")).to_pylist()
        row = next((one for one in listed if fix_id(one["service"], one["remedy"]) == name), None)
        if row is None:
            return None
        key = row["service"], row["remedy"]
        shown = details(engine, pa.table({"service": [key[0]], "remedy": [key[1]]}))
    return viewer(workspace, now).fix(row, shown[key])


def details(engine: SqlEngine, wanted: pa.Table) -> dict[tuple[int, int], list[dict[str, Any]]]:
    """The findings of some fixes, by (service, remedy)."""
    engine.bind({"wanted": wanted.select(["service", "remedy"])})
    engine.make("picked", text("picked"))
    engine.make("details", text("details"))
    grouped: dict[tuple[int, int], list[dict[str, Any]]] = defaultdict(list)
    for row in engine.ask(text("shown")).to_pylist():
        grouped[row["service"], row["remedy"]].append(row)
    return grouped


def _queue(
    workspace: Workspace,
    listed: tuple[Fix, ...],
    fixes: pa.Table,
    totals: list[dict[str, Any]],
    notes: tuple[str, ...],
    *,
    now: datetime,
) -> Queue:
    stated = workspace.accord.prices.hazard.stated
    services = tuple(_total(row["service_name"], [row]) for row in totals)
    return Queue(
        at=now,
        fixes=listed,
        findings=sum(one.findings for one in services),
        fix_count=fixes.num_rows,
        escalated=pc.sum(pc.cast(fixes["escalated"], pa.int64())).as_py() or 0,
        estate=_total("estate", totals),
        services=tuple(sorted(services, key=lambda one: (-one.loss_month, one.name))),
        stated_year=stated.incidents_per_year * float(stated.through_exploits),
        currency=workspace.accord.currency,
        standing=workspace.standing,
        notes=notes,
    )


def _total(name: str, rows: list[dict[str, Any]]) -> Total:
    return Total(
        name=name,
        findings=sum(row["findings"] for row in rows),
        assets=sum(row["assets"] for row in rows),
        loss_month=sum((row["loss_month"] for row in rows), Decimal(0)),
        implied_year=-expm1(-12 * float(sum(row["weight"] for row in rows))),
    )
