"""The lake: one immutable Parquet file per report, written aside, synced, renamed, and only then made visible by a row.

A segment is named by the digest of (report bytes, parser, parser version): the same report twice is the same file, a
better parser makes a new one. `kill -9` at any moment leaves at most a file that no row names, which the next run of the
same report replaces.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from uuid import uuid4

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

ROW_GROUP = 8_192  # rows held in memory while writing: what keeps an ingest flat


class Sink(Protocol):
    """Takes columns of rows of one segment."""

    def __call__(self, columns: Mapping[str, list[Any]]) -> None:
        """Append the rows; columns that are left out are null."""


class Lake:
    """The folder of segments of one workspace."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, digest: str) -> Path:
        """Where the segment of that name is to lie: in a folder named by the columns it has."""
        from detente.store.schema import NAME

        return self.folder / NAME / digest[:2] / f"{digest}.parquet"

    def files(self, paths: Sequence[str]) -> "Sequence[Path]":
        """The segments at these paths, as one table with every column of today: what older ones lack is null."""
        from detente.store.engine import Mixed
        from detente.store.schema import NAME

        found = [self.folder / path for path in paths]
        if found and all(path.startswith(f"{NAME}/") for path in paths):
            return found
        return Mixed((self._empty(), *found))

    def _empty(self) -> Path:
        """A segment without rows that has every column of today."""
        from detente.store.schema import NAME, empty

        path = self.folder / NAME / "empty.parquet"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            aside = self.folder / f".{uuid4().hex}"
            empty(aside)
            publish(aside, path)
        return path

    @contextmanager
    def writing(self, digest: str) -> Iterator[Sink]:
        """Write one segment; it appears whole under its name when the block ends without error, else not at all."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        from detente.store.schema import SCHEMA, table

        pa.set_memory_pool(
            pa.system_memory_pool()
        )  # the default one keeps what it has freed: 10 MB of a report's memory
        final = self.path(digest)
        final.parent.mkdir(parents=True, exist_ok=True)
        aside = self.folder / f".{digest[:16]}-{uuid4().hex[:8]}"
        try:
            with pq.ParquetWriter(aside, SCHEMA, compression="lz4", write_statistics=["kind", "report"]) as writer:
                pending = _Pending(writer)
                yield lambda columns: pending.add(table(columns))
                pending.flush()
            publish(aside, final)
        finally:
            aside.unlink(missing_ok=True)


class _Pending:
    """Rows that wait until they fill a row group: each group costs memory until the file is closed, and every reader time."""

    def __init__(self, writer: "pq.ParquetWriter") -> None:
        self.writer = writer
        self.tables: list[pa.Table] = []
        self.rows = 0

    def add(self, rows: "pa.Table") -> None:
        """Take rows; write when a row group is full."""
        self.tables.append(rows)
        self.rows += rows.num_rows
        if self.rows >= ROW_GROUP:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        import pyarrow as pa

        if self.tables:
            self.writer.write_table(pa.concat_tables(self.tables), row_group_size=max(1, self.rows))
        self.tables, self.rows = [], 0


def publish(aside: Path, final: Path) -> None:
    """Make a finished file durable under its name: sync the bytes, rename, sync the folder."""
    for target in (aside, None, final.parent):
        if target is None:
            aside.replace(final)
            continue
        handle = os.open(target, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
