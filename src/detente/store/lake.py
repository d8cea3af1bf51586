"""The lake: one immutable Parquet file per report, written aside, synced, renamed, and only then made visible by a row.

A segment is named by the digest of (report bytes, parser, parser version): the same report twice is the same file, a
better parser makes a new one. `kill -9` at any moment leaves at most a file that no row names, which the next run of the
same report replaces.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

ROW_GROUP = 16_384  # rows held in memory while writing: what keeps an ingest flat


class Sink(Protocol):
    """Takes columns of rows of one segment."""

    def __call__(self, columns: Mapping[str, list[Any]]) -> None:
        """Append the rows; columns that are left out are null."""


class Lake:
    """The folder of segments of one workspace."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, digest: str) -> Path:
        """Where the segment of that name lies."""
        return self.folder / digest[:2] / f"{digest}.parquet"

    @contextmanager
    def writing(self, digest: str) -> Iterator[Sink]:
        """Write one segment; it appears whole under its name when the block ends without error, else not at all."""
        import pyarrow.parquet as pq

        from detente.store.schema import SCHEMA, table

        final = self.path(digest)
        final.parent.mkdir(parents=True, exist_ok=True)
        aside = self.folder / f".{digest[:16]}-{uuid4().hex[:8]}"
        try:
            with pq.ParquetWriter(aside, SCHEMA, compression="lz4") as writer:
                yield lambda columns: writer.write_table(table(columns), row_group_size=ROW_GROUP)
            publish(aside, final)
        finally:
            aside.unlink(missing_ok=True)


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
