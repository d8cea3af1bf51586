"""From the journals of a machine to the database: every record once, whoever dies when.

A transaction brings the next lines of a file, their Merkle root in the ledger, and how far the file is read: all or nothing. A prompt that
left without an end, by a worker that is dead, is a record too: `cut`. A file is removed when nothing in it is open any more.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from detente.gateway import record as lines
from detente.gateway.record import Begun, Ended, Line, Lost, Sealed
from detente.model.errors import DetenteError
from detente.store import exchanges
from detente.store.exchanges import Row, Seal
from detente.store.journal import Segment, Worker, claim, workers

FOLDER = "journal"


@dataclass(slots=True)
class Shipped:
    """What came in: records, those of them that were cut, lines that nobody could read, exchanges without a record.

    `open` prompts have left and have no end yet.
    """

    records: int = 0
    cut: int = 0
    damaged: int = 0
    lost: int = 0
    open: int = 0


@dataclass(frozen=True, slots=True)
class _Read:
    """Lines of a file, and how many were none."""

    found: tuple[Line, ...]
    raw: tuple[bytes, ...]
    damaged: int

    def ended(self) -> list[tuple[Ended, bytes]]:
        pairs = zip(self.found, self.raw, strict=True)
        return [(line, raw) for line, raw in pairs if isinstance(line, Ended)]

    def facts(self) -> dict[str, int]:
        """What the ledger has to be told beside the records."""
        told = {"lost": sum(line.n for line in self.found if isinstance(line, Lost)), "damaged": self.damaged}
        return {name: count for name, count in told.items() if count}


class Shipper:
    """Of one machine. `seen` hears the records that came in, once they are there.

    The first that asks reads the journal, until it closes or its process ends; then it is the next one's turn.
    """

    def __init__(self, engine: Engine, folder: Path, seen: Callable[[Sequence[Ended]], None] = lambda _: None) -> None:
        self._engine, self._folder, self._seen = engine, folder, seen
        self._sizes: dict[str, int] = {}
        self._read: dict[str, int] = {}
        self._open: dict[str, tuple[str, Begun]] = {}
        self._damaged: set[str] = set()
        self._shipped = Shipped()
        self._held: int | None = None

    @property
    def reads(self) -> bool:
        """Whether it is this one that reads the journal."""
        if self._held is None:
            self._held = claim(self._folder)
        return self._held is not None

    def close(self) -> None:
        """Let another one read."""
        if self._held is not None:
            os.close(self._held)
            self._held = None

    def turn(self, now: datetime) -> Shipped:
        """Bring in what is there, unless another one reads. Errors: those of the database; nothing is lost by them."""
        self._shipped = Shipped()
        for worker in workers(self._folder) if self.reads else ():
            self._worker(worker, now)
        self._shipped.open = len(self._open)
        return self._shipped

    def waiting(self) -> int:
        """The bytes that are in no database yet."""
        found = [segment for worker in workers(self._folder) for segment in worker.segments()]
        return sum(max(segment.size() - self._read.get(segment.name, 0), 0) for segment in found)

    def _worker(self, worker: Worker, now: datetime) -> None:
        alive = worker.alive()  # asked before reading: what a dead worker has written is all there
        segments = worker.segments()
        for segment in segments:
            end = segment.size()  # the rest is for the next turn: each moment's few lines would else be a transaction
            while self._batch(segment, now) and self._read[segment.name] < end:
                pass
        if not alive:
            self._cut(worker, {segment.name for segment in segments}, now)
        for segment in segments[: -1 if alive else None]:
            self._remove(segment)
        if not alive:
            worker.leave()

    def _batch(self, segment: Segment, now: datetime) -> bool:
        """One transaction; false where no further line is whole."""
        name, size = segment.name, segment.size()
        if size == self._sizes.get(name, 0):
            return False
        with self._engine.begin() as connection:
            start = exchanges.position(connection, name)
            before = _parsed(segment.read(0, start)) if name not in self._sizes else None
            data = segment.read(start)
            read = _parsed(data)
            ended, facts = read.ended(), read.facts()
            new = exchanges.keep(connection, [_row(line, raw) for line, raw in ended], now, name, facts)
            exchanges.seal(connection, [_seal(line) for line in read.found if isinstance(line, Sealed)])
            exchanges.move(connection, name, start + len(data))
        self._read[name] = start + len(data)
        self._sizes[name] = self._read[name] if data else size
        for part in (before, read):
            self._note(name, part) if part else None
        self._tell([line for line, _ in ended if line.id in new], facts)
        return bool(data)

    def _note(self, name: str, read: _Read) -> None:
        """Which prompts are open after these lines, and whether somebody has to look at the file."""
        for line in read.found:
            if isinstance(line, Ended):
                self._open.pop(line.id, None)
            elif isinstance(line, Begun):
                self._open[line.id] = (name, line)
        if read.damaged:
            self._damaged.add(name)

    def _cut(self, worker: Worker, names: set[str], now: datetime) -> None:
        """Nobody will end what is open in these files."""
        found = [lines.cut(begun) for name, begun in self._open.values() if name in names]
        if found:
            rows = [_row(line, lines.write(line)) for line in found]
            with self._engine.begin() as connection:
                new = exchanges.keep(connection, rows, now, worker.folder.name, {})
            self._shipped.cut += len(new)
            self._tell([line for line in found if line.id in new], {})
        for line in found:
            del self._open[line.id]

    def _remove(self, segment: Segment) -> None:
        """A file that nobody writes to any more, unless a prompt in it is open. One with a damaged line is kept under another name."""
        name = segment.name
        if any(name == where for where, _ in self._open.values()):
            return
        if name in self._damaged:
            segment.path.rename(segment.path.with_suffix(".damaged"))
        else:
            segment.path.unlink()
        exchanges.forget(self._engine, name)
        self._damaged.discard(name)
        for known in (self._sizes, self._read):
            known.pop(name, None)

    def _tell(self, found: Sequence[Ended], facts: Mapping[str, int]) -> None:
        shipped = self._shipped
        shipped.records += len(found)
        shipped.lost += facts.get("lost", 0)
        shipped.damaged += facts.get("damaged", 0)
        if found:
            self._seen(found)


def _parsed(data: bytes) -> _Read:
    found: list[Line] = []
    raw: list[bytes] = []
    damaged = 0
    for line in filter(None, data.split(b"\n")):
        try:
            found.append(lines.read(line))
            raw.append(line)
        except DetenteError:
            damaged += 1
    return _Read(tuple(found), tuple(raw), damaged)


def _row(line: Ended, raw: bytes) -> Row:
    return Row(line.id, line.tenant, line.key, line.person, line.tool, line.outcome, raw)


def _seal(line: Sealed) -> Seal:
    return Seal(exchange=line.id, tenant=line.tenant, until=line.until, text=line.text)
