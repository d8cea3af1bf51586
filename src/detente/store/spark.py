"""The same questions on Spark: every DuckDB text carried over by SQLGlot, the same lake, the same answers.

Needs the extra `detente[spark]` and a Java runtime. How and when to use it: docs/spark.md.
"""

from collections.abc import Mapping
from pathlib import Path
from shutil import rmtree
from tempfile import gettempdir
from typing import TYPE_CHECKING, Self
from uuid import uuid4

import pyarrow as pa
import sqlglot

from detente.store.engine import Mixed, Table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

Settings = dict[str, bool | float | int | str | None]
_MEANING = {
    "spark.sql.ansi.enabled": "true",  # an overflow is an error, as in DuckDB, never a null
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",  # times in the lake are UTC without a zone: nobody converts them
    "spark.sql.caseSensitive": "false",
}


def carried(text: str) -> str:
    """A DuckDB text in Spark's dialect. Errors: sqlglot's, with the place, when the text is no SQL."""
    return str(sqlglot.transpile(text, read="duckdb", write="spark", comments=False)[0])


def local() -> "SparkSession":
    """A Spark inside this process: all cores, no pages, nothing that listens beyond this machine."""
    from pyspark.sql import SparkSession

    loopback: Settings = {
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
    }
    size: Settings = {
        "spark.driver.memory": "2g",
        "spark.sql.shuffle.partitions": "2",
        "spark.ui.showConsoleProgress": "false",
    }
    # Spark makes this folder as it starts, by default wherever one stands
    warehouse: Settings = {"spark.sql.warehouse.dir": str(Path(gettempdir()) / "detente-spark")}
    return (
        SparkSession.builder.master("local[*]").appName("detente").config(map=loopback | size | warehouse).getOrCreate()
    )


class SparkEngine:
    """What `store.engine.Engine` does, on Spark. A session that is given keeps its own settings and views and stays open."""

    def __init__(self, session: "SparkSession | None" = None) -> None:
        self._own = local() if session is None else None
        self.session = (session or self._own).newSession()  # type: ignore[union-attr]  # one of the two is there
        self._kept: list[DataFrame] = []
        for name, value in _MEANING.items():
            self.session.conf.set(name, value)

    def bind(self, tables: Mapping[str, Table]) -> None:
        """Name Arrow tables and lists of Parquet files, for the texts that follow."""
        for name, content in tables.items():
            self._frame(content).createOrReplaceTempView(name)

    def _frame(self, content: Table) -> "DataFrame":
        if isinstance(content, pa.Table):
            return self.session.createDataFrame(content)
        return self.session.read.option("mergeSchema", isinstance(content, Mixed)).parquet(*map(str, content))

    def make(self, name: str, text: str) -> None:
        """Answer a question and keep the answer as a table for the next one."""
        answer = self.session.sql(carried(text)).persist()
        answer.createOrReplaceTempView(name)
        self._kept.append(answer)

    def ask(self, text: str) -> pa.Table:
        """Answer a question as an Arrow table."""
        return self.session.sql(carried(text)).toArrow()

    def save(self, text: str, path: Path) -> None:
        """Answer a question into one Parquet file, as everything else that reads it expects."""
        aside = path.with_name(f".{uuid4().hex}")
        try:
            self.session.sql(carried(text)).coalesce(1).write.parquet(str(aside), compression="zstd")
            next(aside.glob("part-*.parquet")).replace(path)
        finally:
            rmtree(aside, ignore_errors=True)

    def close(self) -> None:
        """Give the memory of all answers back; end Spark, if this engine began it."""
        for answer in self._kept:
            answer.unpersist()
        if self._own is not None:
            self._own.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
