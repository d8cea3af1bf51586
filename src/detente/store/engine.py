"""The SQL engine for set work: one DuckDB text per question, over Parquet files and Arrow tables.

The texts stay within what SQLGlot carries to Spark unchanged in meaning, so that the same lake on shared storage answers
there too. Exact sums use decimals: the same rows give the same answer on any number of threads and on either engine.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, Self, TypeAlias

import duckdb
import pyarrow as pa

Table: TypeAlias = "pa.Table | Sequence[Path]"


class Mixed(tuple[Path, ...]):
    """Parquet files that differ in their columns: one that a file lacks is null in it. Costs a look into every file."""

    __slots__ = ()


class SqlEngine(Protocol):
    """What the flows ask of an engine: `Engine` answers on this machine, `store.spark.SparkEngine` on Spark."""

    def bind(self, tables: Mapping[str, Table]) -> None:
        """Name Arrow tables and lists of Parquet files, for the texts that follow."""

    def make(self, name: str, text: str) -> None:
        """Answer a question and keep the answer as a table for the next one."""

    def ask(self, text: str) -> pa.Table:
        """Answer a question as an Arrow table."""

    def save(self, text: str, path: Path) -> None:
        """Answer a question into a Parquet file."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


class Engine:
    """A private in-memory database whose tables are files and Arrow tables; spills to `spool` beyond `memory`."""

    def __init__(self, spool: Path | None = None, memory: str = "", threads: int = 0) -> None:
        config: dict[str, Any] = {"preserve_insertion_order": False}
        if memory:
            config["memory_limit"] = memory
        if spool is not None:
            config["temp_directory"] = str(spool)
        if threads:
            config["threads"] = threads
        self.connection = duckdb.connect(":memory:", config=config)

    def bind(self, tables: Mapping[str, Table]) -> None:
        """Name Arrow tables and lists of Parquet files, for the texts that follow."""
        for name, content in tables.items():
            if isinstance(content, pa.Table):
                self.connection.register(name, content)
            else:
                mixed = isinstance(content, Mixed)
                files = self.connection.read_parquet([str(path) for path in content], union_by_name=mixed)
                files.create_view(name, replace=True)

    def make(self, name: str, text: str) -> None:
        """Answer a question and keep the answer as a table for the next one."""
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {text}")

    def ask(self, text: str) -> pa.Table:
        """Answer a question as an Arrow table."""
        return self.connection.sql(text).to_arrow_table()

    def save(self, text: str, path: Path) -> None:
        """Answer a question into a Parquet file."""
        self.connection.sql(text).write_parquet(str(path), compression="zstd")

    def close(self) -> None:
        """Give memory and spool files back."""
        self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
