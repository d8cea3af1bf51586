"""The record neither side can rewrite: append-only, hash-chained, and a Merkle tree (RFC 6962) at the same time.

An entry is stored as the very text that is hashed, one line of canonical JSON. Its `leaf` is

    SHA-256(0x00 || leaf of the entry before, 32 zero bytes for the first || the entry's line in UTF-8)

so one hash per entry is both the link of the chain and the leaf of the tree. Changing, removing, adding or moving an entry
breaks the chain there (see audit.py); the database refuses updates and deletions besides.
"""

import json
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Self

from sqlalchemy import Connection, Engine, Text, cast, insert, select, text

from detente.model.errors import DetenteError
from detente.store import tables
from detente.store.columns import Inside
from detente.store.database import reading
from detente.store.merkle import leaf

START = bytes(32)
"""Stands for the leaf before the first."""

BATCH = 1000
"""Entries in one transaction: beyond a thousand the disk's wait is no longer what an entry costs."""

_UNWRITABLE = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")  # PostgreSQL looks into no JSON text with a NUL


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that happened: what `kind` of thing, to what `subject` (an id), and its facts as JSON values."""

    kind: str
    subject: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Record:
    """An entry as it stands in the ledger, `seq` counting from 1."""

    seq: int
    at: datetime
    kind: str
    subject: str
    body: Mapping[str, Any]
    leaf: bytes


def append(connection: Connection, entries: Iterable[Entry], at: datetime) -> int:
    """Append in the caller's transaction, so that a fact and its record appear together or not at all.

    Gives the last `seq` of the ledger. The ledger stays locked until the transaction ends. Raises DetenteError for text
    that cannot be stored and ValueError for a moment without a time zone.
    """
    return _write(connection, (_encode(entry, at) for entry in entries))


class Ledger:
    """Appends from many threads at once, one transaction for all that wait (group commit).

    One thread writes. Whichever entry's turn it is, it takes along all that came meanwhile; their turns then find the work
    done. What was handed in is written before `close` returns, or the process ends.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._waiting: deque[_Job] = deque()
        self._thread = ThreadPoolExecutor(1, "ledger")

    def append(self, entries: Iterable[Entry], at: datetime) -> int:
        """Append in one transaction, together with others; gives the `seq` of the last once it is on the disk.

        Raises as the function `append` does, and RuntimeError after `close`.
        """
        return self.submit(entries, at).result()

    def submit(self, entries: Iterable[Entry], at: datetime) -> "Future[int]":
        """Like `append`, for a caller with something better to do than wait."""
        job = _Job([_encode(entry, at) for entry in entries])
        self._waiting.append(job)
        return self._thread.submit(self._turn, job)

    def close(self) -> None:
        """Write what waits, then stop."""
        self._thread.shutdown()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _turn(self, job: "_Job") -> int:
        while job.last is None:
            self._commit(job)
        return job.last

    def _commit(self, mine: "_Job") -> None:
        """Write a batch of what waits. When that fails, the error is mine alone: the others try again in their turn."""
        jobs = self._take()
        try:
            with self._engine.begin() as connection:
                last = [_write(connection, job.lines) for job in jobs]
        except BaseException:
            self._waiting.extendleft(job for job in reversed(jobs) if job is not mine)
            raise
        for job, seq in zip(jobs, last, strict=True):
            job.last = seq

    def _take(self) -> list["_Job"]:
        jobs: list[_Job] = []
        size = 0
        while self._waiting and (not jobs or size + len(self._waiting[0].lines) <= BATCH):
            jobs.append(self._waiting.popleft())
            size += len(jobs[-1].lines)
        return jobs


@dataclass(slots=True, eq=False)
class _Job:
    """What one caller wants written; `last` is set once it is durable."""

    lines: Sequence[str]
    last: int | None = field(default=None)


def records(
    engine: Engine, *, after: int = 0, limit: int = 100, kind: str | None = None, subject: str | None = None
) -> list[Record]:
    """The first `limit` entries behind `after`, of this kind and subject if given; page on with the last `seq`."""
    table = tables.ledger
    wanted = [table.c.seq > after]
    wanted += [Inside(key) == value for key, value in (("kind", kind), ("subject", subject)) if value is not None]
    query = select(cast(table.c.entry, Text), table.c.leaf).where(*wanted).order_by(table.c.seq).limit(limit)
    with reading(engine) as connection:
        return [_record(entry, link) for entry, link in connection.execute(query)]


def head(engine: Engine) -> int:
    """The number of the last entry; 0 while there is none."""
    with reading(engine) as connection:
        return _head(connection)[0]


def _record(entry: str, link: bytes) -> Record:
    fields = json.loads(entry)
    return Record(**fields | {"at": datetime.fromisoformat(fields["at"]), "leaf": bytes(link)})


def _encode(entry: Entry, at: datetime) -> str:
    """The entry's line but for its number: keys sorted, no spaces, the moment in UTC with microseconds."""
    if at.tzinfo is None:
        raise ValueError(f"{at} has no time zone")
    moment = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    fields = {"at": moment, "body": dict(entry.body), "kind": entry.kind, "subject": entry.subject}
    line = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    try:
        line.encode()
    except UnicodeEncodeError as error:
        raise _unwritable(entry, "half of a surrogate pair") from error
    if _UNWRITABLE.search(line):
        raise _unwritable(entry, "a NUL character")
    return line


def _unwritable(entry: Entry, what: str) -> DetenteError:
    return DetenteError(
        "An entry cannot be written to the ledger",
        f"the text of a {entry.kind!r} entry contains {what}, which no database keeps.",
        "Give the text without it.",
        code="ledger-text",
    )


def _write(connection: Connection, lines: Iterable[str]) -> int:
    """Number and link the lines behind the last entry; only one transaction at a time gets here."""
    if connection.dialect.name == "postgresql":  # SQLite's writers are alone anyway
        connection.execute(text("LOCK TABLE ledger IN SHARE ROW EXCLUSIVE MODE"))
    last, link = _head(connection)
    for batch in _batches(lines):
        rows = []
        for last, line in enumerate(batch, last + 1):  # noqa: B020 - numbering goes on from batch to batch
            entry = f'{{"seq":{last},{line[1:]}'
            link = leaf(link + entry.encode())
            rows.append({"seq": last, "entry": entry, "leaf": link})
        connection.execute(insert(tables.ledger), rows)
    return last


def _head(connection: Connection) -> tuple[int, bytes]:
    table = tables.ledger
    row = connection.execute(select(table.c.seq, table.c.leaf).order_by(table.c.seq.desc()).limit(1)).first()
    return (row[0], bytes(row[1])) if row else (0, START)


def _batches(lines: Iterable[str]) -> Iterator[list[str]]:
    source = iter(lines)
    while batch := list(islice(source, BATCH)):
        yield batch
