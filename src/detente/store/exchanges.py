"""Records of exchanges in the database: batches whose Merkle root is in the ledger, so that none can be changed, added or removed unseen."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from sqlalchemy import Connection, Engine, Text, cast, delete, func, select, update

from detente.store import ledger, tables
from detente.store.database import inserting, reading, stream
from detente.store.ledger import Entry
from detente.store.merkle import leaf, root

BATCH, PRUNED, ERASED = "exchanges", "exchanges-pruned", "texts-erased"
"""Kinds of entries of the ledger: a batch came in, the oldest batches were removed, kept texts were deleted."""

FILTERS = ("tenant", "key", "person", "tool", "outcome")
"""What records can be asked for by."""

_PAGE = 1000
_ADD = {  # a batch in one statement: row by row, a record costs four times as much, and SQLite takes turns with the serving thread at each
    "sqlite": """
        INSERT INTO exchange (id, tenant, key, person, tool, outcome, line, batch, place)
        SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, ?, rows.key
        FROM json_each(?) AS rows
    """,
    "postgresql": """
        INSERT INTO exchange (id, tenant, key, person, tool, outcome, line, batch, place)
        SELECT row ->> 0, row ->> 1, row ->> 2, row ->> 3, row ->> 4, row ->> 5, (row ->> 6)::json, %s, place - 1
        FROM json_array_elements(%s::json) WITH ORDINALITY AS rows (row, place)
    """,
}
_LINES = {
    "sqlite": "SELECT batch, CAST(line AS BLOB) FROM exchange ORDER BY batch, place",
    "postgresql": "SELECT batch, convert_to(line::text, 'UTF8') FROM exchange ORDER BY batch, place",
}


class Row(NamedTuple):
    """A record: what it can be asked for by, and its line as it was written."""

    id: str
    tenant: str
    key: str
    person: str
    tool: str
    outcome: str
    line: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """Texts of an exchange under a key that is not in the database, until a moment."""

    exchange: str
    tenant: str
    until: datetime
    text: bytes


def position(connection: Connection, segment: str) -> int:
    """How far a file is in the database. Until the transaction ends nobody else moves it."""
    table = tables.journal
    start = inserting(connection, table).values({"segment": segment, "read": 0})
    connection.execute(start.on_conflict_do_nothing())
    found = select(table.c.read).where(table.c.segment == segment).with_for_update()
    return int(connection.execute(found).scalar_one())


def move(connection: Connection, segment: str, read: int) -> None:
    """The file is in the database up to there."""
    table = tables.journal
    connection.execute(update(table).where(table.c.segment == segment).values(read=read))


def forget(engine: Engine, segment: str) -> None:
    """The file is gone."""
    with engine.begin() as connection:
        connection.execute(delete(tables.journal).where(tables.journal.c.segment == segment))


def keep(
    connection: Connection, rows: Sequence[Row], at: datetime, source: str, facts: Mapping[str, int]
) -> frozenset[str]:
    """Keep those that are new, as one batch with one entry in the ledger, where `facts` are told too. Gives the ids of the new ones."""
    known = _known(connection, [row.id for row in rows])
    new = [row for row in {row.id: row for row in rows}.values() if row.id not in known]
    if new or facts:
        top = root([leaf(row.line) for row in new]).hex()
        batch = ledger.append(connection, [Entry(BATCH, source, {"count": len(new), "root": top, **facts})], at)
        stored = json.dumps([(*row[:-1], row.line.decode()) for row in new])
        connection.exec_driver_sql(_ADD[connection.dialect.name], (batch, stored))
    return frozenset(row.id for row in new)


def seal(connection: Connection, seals: Sequence[Seal]) -> None:
    """Keep texts."""
    if seals:
        rows = [{"exchange": one.exchange, "tenant": one.tenant, "until": one.until, "text": one.text} for one in seals]
        connection.execute(inserting(connection, tables.sealed).on_conflict_do_nothing(), rows)


def sealed(engine: Engine, exchange: str) -> Seal | None:
    """The kept texts of an exchange."""
    query = select(tables.sealed).where(tables.sealed.c.exchange == exchange)
    with reading(engine) as connection:
        row = connection.execute(query).mappings().first()
    return Seal(**row) if row else None


def erase(connection: Connection, at: datetime) -> int:
    """Delete the texts whose time is over; the ledger says how many."""
    gone = connection.execute(delete(tables.sealed).where(tables.sealed.c.until <= at)).rowcount
    if gone:
        ledger.append(connection, [Entry(ERASED, "texts", {"count": gone})], at)
    return gone


def find(engine: Engine, *, since: str = "", before: str = "", limit: int = 100, **wanted: str) -> list[str]:
    """Lines, newest first, whose id is at least `since` and below `before`; `wanted` names what must be equal (FILTERS)."""
    table = tables.exchange
    terms = [table.c[name] == value for name, value in wanted.items()] + [table.c.id >= since]
    terms += [table.c.id < before] if before else []
    query = select(cast(table.c.line, Text)).where(*terms).order_by(table.c.id.desc()).limit(limit)
    with reading(engine) as connection:
        return list(connection.execute(query).scalars())


def named(engine: Engine, begin: str) -> list[tuple[str, int]]:
    """The lines whose id begins so, two at most, each with the ledger's entry that has its batch."""
    table = tables.exchange
    query = select(cast(table.c.line, Text), table.c.batch).where(table.c.id.startswith(begin, autoescape=True))
    with reading(engine) as connection:
        return [(line, batch) for line, batch in connection.execute(query.order_by(table.c.id).limit(2))]


def after(engine: Engine, batch: int, limit: int = _PAGE) -> list[tuple[int, str]]:
    """Lines with their batch, of whole batches behind this one: as many batches as begin within `limit` lines."""
    table = tables.exchange
    firsts = select(table.c.batch).where(table.c.batch > batch).order_by(table.c.batch, table.c.place).limit(limit)
    with reading(engine) as connection:
        last = connection.execute(select(func.max(firsts.subquery().c.batch))).scalar()
        inside = table.c.batch.between(batch + 1, last or 0)
        query = select(table.c.batch, cast(table.c.line, Text)).where(inside).order_by(table.c.batch, table.c.place)
        return [(number, line) for number, line in connection.execute(query)]


def prune(connection: Connection, before: str, at: datetime) -> int:
    """Remove the oldest batches, as far as all their ids are below `before`; the ledger says up to which. Gives how many records."""
    table = tables.exchange
    last, through = func.max(table.c.id), 0
    for batch, newest in connection.execute(
        select(table.c.batch, last).group_by(table.c.batch).order_by(table.c.batch)
    ):
        if newest >= before:
            break
        through = batch
    if not through:
        return 0
    gone = connection.execute(delete(table).where(table.c.batch <= through)).rowcount
    ledger.append(connection, [Entry(PRUNED, BATCH, {"count": gone, "through": through})], at)
    return gone


@dataclass(frozen=True, slots=True)
class Report:
    """What an audit of all batches found; `wrong` names the first that is not as it was written, empty when all are."""

    exchanges: int
    wrong: str = ""


def verify(engine: Engine) -> Report:
    """Read every record again and compare each batch with its root in the ledger, which must have been verified itself."""
    through = max((one.body["through"] for one in _entries(engine, PRUNED)), default=0)
    seen = 0
    with reading(engine) as connection:
        batches = _batches(connection)
        there = next(batches, None)
        for told in _entries(engine, BATCH):
            if told.seq <= through or not told.body["count"]:
                continue
            if there is None or there[0] > told.seq:
                return Report(seen, f"the records of entry {told.seq} are missing")
            if there[0] < told.seq:
                break
            if (len(there[1]), root(there[1]).hex()) != (told.body["count"], told.body["root"]):
                return Report(seen, f"a record of entry {told.seq} was changed, added or removed")
            seen, there = seen + len(there[1]), next(batches, None)
    return Report(seen, f"the ledger has no entry {there[0]} for records" if there else "")


def _entries(engine: Engine, kind: str) -> Iterator[ledger.Record]:
    at = 0
    while page := ledger.records(engine, after=at, limit=_PAGE, kind=kind):
        yield from page
        at = page[-1].seq


def _batches(connection: Connection) -> Iterator[tuple[int, list[bytes]]]:
    pages = stream(connection, _LINES[connection.dialect.name], _PAGE)
    lines = ((batch, leaf(bytes(line))) for page in pages for batch, line in page)
    for batch, group in groupby(lines, key=lambda line: line[0]):
        yield batch, [hash_ for _, hash_ in group]


def _known(connection: Connection, ids: Sequence[str]) -> set[str]:
    table, found = tables.exchange, set[str]()
    for at in range(0, len(ids), _PAGE):
        some = table.c.id.in_(ids[at : at + _PAGE])
        found.update(connection.execute(select(table.c.id).where(some)).scalars())
    return found
