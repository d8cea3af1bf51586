"""Intelligence on disk: one immutable Parquet file per state of a source, made visible by one row of the database."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from importlib.resources import files
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Engine, insert, select, update

from detente.model.intel import Fault, Kind, Source
from detente.store import engine as sql
from detente.store import ledger
from detente.store.database import reading
from detente.store.lake import publish
from detente.store.tables import source as states

SCHEMAS: Mapping[Kind, pa.Schema] = {
    Kind.EPSS: pa.schema({"cve": pa.string(), "epss": pa.float64(), "percentile": pa.float64()}),
    Kind.KEV: pa.schema(
        {
            "cve": pa.string(),
            "added": pa.date32(),
            "due": pa.date32(),
            "ransomware": pa.bool_(),
            "vendor": pa.string(),
            "product": pa.string(),
            "name": pa.string(),
        }
    ),
    Kind.FACTS: pa.schema(
        {
            "cve": pa.string(),
            "published": pa.date32(),
            "base_score": pa.float64(),
            "base_vector": pa.string(),
            "base_at": pa.date32(),
            "assigner": pa.string(),
            "cwe": pa.string(),
            "vendor": pa.string(),
            "product": pa.string(),
            "ssvc_exploitation": pa.string(),
            "ssvc_automatable": pa.string(),
            "ssvc_impact": pa.string(),
            "ssvc_at": pa.date32(),
            "state": pa.string(),
        }
    ),
    Kind.EVIDENCE: pa.schema({"cve": pa.string(), "first_seen": pa.date32(), "detail": pa.string()}),
    Kind.FAULTS: pa.schema(
        {
            "component": pa.string(),
            "version": pa.string(),
            "title": pa.string(),
            "url": pa.string(),
            "since": pa.date32(),
            "resolved": pa.date32(),
            "share": pa.float64(),
        }
    ),
}
"""The columns of each table. `base_at` is the day a score was given by somebody other than the assigner (null: with the
record); `first_seen` the day by which the exploit existed (null: only the list's own day is known)."""

PRICED = (Kind.EPSS, Kind.KEV, Kind.FACTS, Kind.EVIDENCE)
"""What prices are made of; faults of releases speak of patches, not of vulnerabilities."""

STATE = pa.schema(
    {"source": pa.string(), "listed": pa.date32(), "refreshed": pa.date32(), "place": pa.int32(), "newest": pa.bool_()}
)
SHOWN = frozenset({"due", "vendor", "product", "name", "cwe", "detail"})
"""Columns for people: no price is made of them."""

ADDITION_ROWS = 1000
"""Lists shorter than this are additions, never a catalogue that a later one replaces."""

FAITH = ("nvd", "cve", "vulnrichment")
"""Whose CVSS and assigner name is believed first."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of one table from one source. `as_of` is None where the content carries no date."""

    name: str
    kind: Kind
    table: pa.Table
    version: str = ""
    as_of: date | None = None


def fingerprint(table: pa.Table) -> str:
    """SHA-256 of a table's content, marks of its schema included."""
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    return hashlib.sha256(sink.getvalue()).hexdigest()


def news(engine: Engine, workspace: Path, batch: Batch, table: pa.Table) -> pa.Table:
    """The records that differ from what this source last said of the same CVE: all there is to store of a daily catalogue.

    Only for a state that is the newest of its source; one that comes late is stored whole.
    """
    before = [state for state in sources(engine) if state.name == batch.name and state.kind is batch.kind]
    if not before or batch.as_of is None or any(state.as_of > batch.as_of for state in before):
        return table
    told = [
        stamped(workspace, state, place, batch.as_of, before, shown=True) for place, state in enumerate(before[::-1])
    ]
    with sql.Engine() as asked:
        asked.bind({"fresh": table, "told": pa.concat_tables(told)})
        changes = asked.ask(NEWS.format(columns=", ".join(table.column_names)))
    return changes.cast(table.schema).replace_schema_metadata(table.schema.metadata)


NEWS = """
SELECT {columns} FROM fresh EXCEPT
SELECT {columns} FROM told QUALIFY row_number() OVER (PARTITION BY cve ORDER BY place) = 1
ORDER BY cve
"""


def seal(table: pa.Table, folder: Path, digest: str) -> Path:
    """Write a table durably under the name `digest`; it appears whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    aside = folder / f".{uuid4().hex}"
    try:
        pq.write_table(table, aside, compression="zstd")
        final = folder / f"{digest}.parquet"
        publish(aside, final)
        return final
    finally:
        aside.unlink(missing_ok=True)


def keep(
    engine: Engine,
    workspace: Path,
    batch: Batch,
    now: datetime,
    *,
    checked_at: datetime | None = None,
    etag: str = "",
    modified: str = "",
) -> Source | None:
    """Store a batch; None if this very state is known (then only `checked_at` and the marks move).

    Undated content counts as known from today. A new state is an entry of the ledger: due dates and ends of exceptions rest on it. The same content twice is one state, so an old file imported again
    does not grow younger.
    """
    told = {"name": batch.name, "kind": batch.kind, "version": batch.version, "as_of": str(batch.as_of or "")}
    table = batch.table.cast(SCHEMAS[batch.kind]).replace_schema_metadata(told)
    digest, folder = fingerprint(table), workspace / "intel" / batch.name
    path = folder / f"{digest}.parquet"
    if not recorded(
        engine, batch.name, digest
    ):  # of a known state nothing is news: writing it again would empty its file
        part = news(engine, workspace, batch, table) if batch.kind is Kind.FACTS else table
        path = seal(part, folder, digest)
    as_of = batch.as_of or now.date()
    start = datetime.combine(as_of, time(), UTC)
    state = Source(
        name=batch.name,
        kind=batch.kind,
        version=batch.version,
        as_of=as_of,
        digest=path.stem,
        rows=batch.table.num_rows,
        path=str(path.relative_to(workspace)),
        checked_at=checked_at or start,
        etag=etag,
        modified=modified,
    )
    return state if record(engine, state, now, fresh=checked_at is not None) else None


def recorded(engine: Engine, name: str, digest: str) -> bool:
    """Whether this very state of a source is visible."""
    query = select(states.c.id).where((states.c.name == name) & (states.c.digest == digest))
    with reading(engine) as connection:
        return connection.execute(query).first() is not None


def record(engine: Engine, state: Source, now: datetime, *, fresh: bool = True) -> bool:
    """Make a state visible, with its entry in the ledger; False if it is already, then a `fresh` check and its marks are noted."""
    marks = {"checked_at": state.checked_at, "etag": state.etag, "modified": state.modified}
    same = (states.c.name == state.name) & (states.c.digest == state.digest)
    with engine.begin() as connection:
        if connection.execute(select(states.c.id).where(same)).first() is None:
            columns = ("name", "kind", "version", "as_of", "digest", "rows", "path")
            connection.execute(insert(states).values(**{key: getattr(state, key) for key in columns}, **marks))
            body = {"name": state.name, "kind": state.kind.value, "version": state.version, "as_of": str(state.as_of)}
            ledger.append(connection, [ledger.Entry("intel", state.digest, body | {"rows": state.rows})], now)
            return True
        if fresh:
            connection.execute(update(states).where(same).values(**marks))
    return False


def sources(engine: Engine) -> list[Source]:
    """Every state ever imported, oldest first."""
    columns = [states.c[key] for key in Source.__slots__]
    with reading(engine) as connection:
        rows = connection.execute(select(*columns).order_by(states.c.as_of, states.c.id)).mappings().all()
    return [Source(**{**row, "kind": Kind(row["kind"])}) for row in rows]


def usable(known: Iterable[Source], as_of: date) -> list[Source]:
    """The states that may speak about a day, most believed first.

    EPSS: the newest snapshot until then. KEV: the newest listing until then, or the first one after it, since additions are
    dated. CVE records and evidence: states until then, newest first, then later ones (dated row by row); a list that a nearer,
    fuller one of the same source replaces is left out.
    """
    late = list(known)
    late.reverse()
    near = sorted(late, key=lambda state: (state.as_of > as_of, abs((state.as_of - as_of).days)))
    of = {kind: [state for state in near if state.kind is kind] for kind in Kind}
    believed = {name: place for place, name in enumerate(FAITH)}
    facts = sorted(of[Kind.FACTS], key=lambda state: believed.get(state.name, -1))
    scores = [state for state in of[Kind.EPSS] if state.as_of <= as_of]
    return [*scores[:1], *of[Kind.KEV][:1], *facts, *fullest(of[Kind.EVIDENCE])]


def fullest(near: Sequence[Source]) -> list[Source]:
    """Of each source the nearest list, and farther ones only if they hold more or are small additions."""
    most: dict[str, int] = {}
    kept = []
    for state in near:
        if state.rows > most.get(state.name, -1) or state.rows < ADDITION_ROWS:
            most[state.name] = max(state.rows, most.get(state.name, -1))
            kept.append(state)
    return kept


def load(workspace: Path, chosen: Sequence[Source], kind: Kind, as_of: date) -> pa.Table:
    """All rows of one table from the chosen states, each with its state's marks (`STATE`)."""
    of_kind = [state for state in chosen if state.kind is kind]
    tables = [stamped(workspace, state, place, as_of, of_kind) for place, state in enumerate(of_kind)]
    empty = pa.schema([*(field for field in SCHEMAS[kind] if field.name not in SHOWN), *STATE]).empty_table()
    return pa.concat_tables([empty, *tables])


def stamped(
    workspace: Path, state: Source, place: int, as_of: date, among: Sequence[Source], *, shown: bool = False
) -> pa.Table:
    """One state's rows with its marks; the columns for people only if they are to be `shown`."""
    columns = [name for name in SCHEMAS[state.kind].names if shown or name not in SHOWN]
    table = pq.read_table(workspace / state.path, columns=columns).replace_schema_metadata(None)
    then = [other.as_of for other in among if other.name == state.name and other.as_of <= as_of]
    newest = bool(then) and state.as_of == max(then)
    for field, mark in zip(STATE, (state.name, state.as_of, state.refreshed(), place, newest), strict=True):
        table = table.append_column(field, pa.repeat(pa.scalar(mark, field.type), table.num_rows))
    return table


def dossier(workspace: Path, known: Sequence[Source], as_of: date) -> tuple[pa.Table, dict[str, date]]:
    """One row per CVE with everything known at `as_of`, and the last day each source was current by then.

    The row's columns are those of queue.rank.DOSSIER. CVE records count under the name `facts`.
    """
    chosen = usable(known, as_of)
    day = {"as_of": as_of}
    with sql.Engine() as engine:
        engine.bind({kind.value: load(workspace, chosen, kind, as_of) for kind in PRICED})
        text = files("detente.store").joinpath("intel.sql").read_text("utf-8")
        table = engine.connection.sql(text, params=day).to_arrow_table()
        current = engine.connection.execute(FRESH, day).fetchall()
    return table, dict(current)


FRESH = """
SELECT 'epss', max(least(refreshed, $as_of)) FROM epss HAVING count(*) > 0
UNION ALL SELECT 'kev', max(least(refreshed, $as_of)) FROM kev WHERE added <= $as_of HAVING count(*) > 0
UNION ALL SELECT 'facts', max(least(refreshed, $as_of)) FROM facts WHERE published <= $as_of HAVING count(*) > 0
UNION ALL SELECT source, max(least(refreshed, $as_of)) FROM evidence
WHERE least(first_seen, listed) <= $as_of AND (first_seen IS NOT NULL OR newest) GROUP BY source
"""


def changed(before: Path, after: Path, tolerance: float = 0.1) -> set[str]:
    """CVEs whose hazard class differs between two scored files, or whose hazard moved by more than `tolerance` (relative).

    The tolerance keeps a day of age and a shifted average out, and every new entry and jump in.
    """
    question = """
        SELECT coalesce(a.cve, b.cve) FROM read_parquet($before) a FULL JOIN read_parquet($after) b ON a.cve = b.cve
        WHERE a.hazard_class IS DISTINCT FROM b.hazard_class OR abs(b.h0 - a.h0) > $tolerance * a.h0
    """
    told = {"before": str(before), "after": str(after), "tolerance": tolerance}
    with sql.Engine() as engine:
        return {cve for (cve,) in engine.connection.execute(question, told).fetchall()}


def deadlines(engine: Engine, workspace: Path, as_of: date) -> dict[str, date]:
    """The due date that the KEV catalogue named for each CVE by `as_of`; the newest state that names one is believed."""
    found: dict[str, date] = {}
    states = [state for state in sources(engine) if state.kind is Kind.KEV and state.as_of <= as_of]
    for state in sorted(states, key=lambda state: state.as_of):
        table = pq.read_table(workspace / state.path, columns=["cve", "due"])
        pairs = zip(table["cve"].to_pylist(), table["due"].to_pylist(), strict=True)
        found |= {cve: due for cve, due in pairs if due is not None}
    return found


def faults(engine: Engine, workspace: Path, as_of: date) -> list[Fault]:
    """What makers of releases knew to break by `as_of` and had not mended: of each source its newest state until then."""
    newest = {one.name: one for one in sources(engine) if one.kind is Kind.FAULTS and one.as_of <= as_of}
    rows = ((one.name, row) for one in newest.values() for row in pq.read_table(workspace / one.path).to_pylist())
    found = (Fault(source=name, **row) for name, row in rows)
    return [one for one in found if one.resolved is None or one.resolved > as_of]
