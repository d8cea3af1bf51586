"""The rows that make segments visible, and what is kept beside them: quarantined records, alias groups, touched assets."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, bindparam, insert, select, update

from detente.model.finding import Rejected
from detente.store import tables
from detente.store.database import reading

_BATCH = 5_000


@dataclass(frozen=True, slots=True)
class Segment:
    """One ingested report. `results = findings + merged + quarantined`; the database refuses any other sum."""

    digest: str
    report: str
    parser: str
    parser_version: int
    format: str
    file: str
    tool: str
    seen_at: datetime | None
    ingested_at: datetime
    results: int
    findings: int
    merged: int
    quarantined: int
    skipped: dict[str, int]
    rows: int
    path: str
    truncated: bool
    asset: str

    @property
    def at(self) -> datetime:
        """When the scan was made, as far as the report or its file says; else when it arrived."""
        return self.seen_at or self.ingested_at

    def order(self) -> tuple[datetime, datetime, str]:
        """The key of the one order of reports: by what they say; arrival decides only between equal times."""
        return self.at, self.ingested_at, self.digest


def _segment(row: Any) -> Segment:
    return Segment(**row._mapping)


def all_segments(engine: Engine) -> list[Segment]:
    """Every visible segment in the order of what they report: a total order that does not depend on arrival."""
    with reading(engine) as connection:
        found = [_segment(row) for row in connection.execute(select(tables.segment))]
    return sorted(found, key=Segment.order)


def by_report(engine: Engine, report: str) -> list[Segment]:
    """The segments made from these report bytes, under whatever parser."""
    with reading(engine) as connection:
        return [
            _segment(row) for row in connection.execute(select(tables.segment).where(tables.segment.c.report == report))
        ]


def record(
    connection: Connection,
    segment: Segment,
    *,
    rejected: Sequence[Rejected],
    assets: Iterable[int],
    aliases: Iterable[str],
) -> bool:
    """Make a segment visible with all that belongs to it, in the caller's transaction; False if it already was."""
    known = select(tables.segment.c.digest).where(tables.segment.c.digest == segment.digest)
    if connection.execute(known).first() is not None:
        return False
    connection.execute(insert(tables.segment), asdict(segment))
    _many(connection, tables.quarantine, [_kept(segment, item) for item in rejected])
    _many(connection, tables.touched, [{"segment": segment.digest, "asset": asset} for asset in assets])
    new = set(aliases) - set(connection.scalars(select(tables.alias.c.ids)))
    _many(connection, tables.alias, [{"ids": ids} for ids in sorted(new)])
    return True


def _kept(segment: Segment, item: Rejected) -> dict[str, Any]:
    return {"segment": segment.digest, "ordinal": item.ordinal, "reason": item.reason, "raw": item.raw or None}


def _many(connection: Connection, table: Any, rows: list[dict[str, Any]]) -> None:
    for start in range(0, len(rows), _BATCH):
        connection.execute(insert(table), rows[start : start + _BATCH])


def alias_groups(engine: Engine) -> list[tuple[str, ...]]:
    """Every group of ids that some report gave for one vulnerability."""
    with reading(engine) as connection:
        return [tuple(ids.split(" ")) for ids in connection.scalars(select(tables.alias.c.ids))]


def sharing(engine: Engine, segment: str) -> list[Segment]:
    """The segments that speak of an asset this one speaks of, itself included, in report order."""
    mine = select(tables.touched.c.asset).where(tables.touched.c.segment == segment)
    digests = select(tables.touched.c.segment).where(tables.touched.c.asset.in_(mine)).distinct()
    with reading(engine) as connection:
        rows = connection.execute(select(tables.segment).where(tables.segment.c.digest.in_(digests)))
        return sorted((_segment(row) for row in rows), key=Segment.order)


class Waiting(NamedTuple):
    """A record waiting for a retry: `raw` is the small report that holds it, the rest says of which report it was."""

    id: int
    segment: str
    format: str
    file: str
    asset: str
    reason: str
    raw: bytes


def quarantined(engine: Engine) -> list[Waiting]:
    """Every record that waits for a retry."""
    whose = [tables.segment.c[name] for name in ("digest", "format", "file", "asset")]
    columns = (tables.quarantine.c.id, *whose, tables.quarantine.c.reason, tables.quarantine.c.raw)
    waiting = tables.quarantine.c.raw.is_not(None) & tables.quarantine.c.retried_segment.is_(None)
    with reading(engine) as connection:
        found = connection.execute(select(*columns).select_from(tables.quarantine.join(tables.segment)).where(waiting))
        return [Waiting(*row) for row in found]


def retried(connection: Connection, ids: Sequence[int], at: datetime, segment: str | None) -> None:
    """Note that records were tried again; `segment` is where they went, None when they still cannot be read."""
    table = tables.quarantine
    statement = update(table).where(table.c.id == bindparam("which")).values(retried_at=at, retried_segment=segment)
    connection.execute(statement, [{"which": number} for number in ids])
