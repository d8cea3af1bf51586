"""The columns of a segment: numbers for the set work, texts for people."""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

SCHEMA = pa.schema(
    [
        *[(name, pa.int64()) for name in ("place", "vuln", "asset", "item", "remedy", "scope", "report")],
        *[(name, pa.int8()) for name in ("kind", "state", "severity")],
        *[(name, pa.bool_()) for name in ("derived", "exploited", "fixable")],
        *[(name, pa.float64()) for name in ("reach", "score", "epss")],
        ("line", pa.int32()),
        ("released", pa.date32()),
        ("seen", pa.timestamp("us")),  # UTC; no zone in the type: neither engine then converts it to a local one
        *[
            (name, pa.string())
            for name in (
                *(
                    "asset_name",
                    "component",
                    "name",
                    "version",
                    "ecosystem",
                    "canonical",
                    "vulnerability",
                    "ids",
                    "related",
                ),
                *(
                    "action",
                    "title",
                    "vector",
                    "cwes",
                    "fixed",
                    "location",
                    "fingerprint",
                    "author",
                    "reason",
                    "target",
                ),
                "tool",
            )
        ],
    ]
)

NAME = sha256(str(SCHEMA).encode()).hexdigest()[:16]
"""Names this set of columns. A column may be added; segments from before read as null in it."""


def empty(path: Path) -> None:
    """Write a segment without rows."""
    pq.write_table(SCHEMA.empty_table(), path)


def table(columns: Mapping[str, list[Any]]) -> pa.Table:
    """The rows in the shape of every segment."""
    rows = len(columns["place"])
    arrays = [
        pa.array(columns[field.name], type=field.type) if field.name in columns else pa.nulls(rows, field.type)
        for field in SCHEMA
    ]
    return pa.Table.from_arrays(arrays, schema=SCHEMA)
