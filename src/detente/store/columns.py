"""What columns are made of where the two databases differ: moments, counting numbers, JSON kept to the byte, a look inside it."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, DateTime, Integer, MetaData, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.types import TypeDecorator, UserDefinedType

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)
"""All tables, whichever file describes them."""


class Moment(TypeDecorator[datetime]):
    """A moment in UTC. SQLite has no time zones, so it stores UTC without one; a naive moment is refused everywhere."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC; raises ValueError for a moment without a time zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Always aware, always UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Line(UserDefinedType[str]):
    """JSON text kept to the byte, because its bytes are hashed; the database can still look inside."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """`json`, not `jsonb`: PostgreSQL keeps the former as it was written."""
        return "JSON"


Count = BigInteger().with_variant(Integer(), "sqlite")  # SQLite numbers rows by itself only in an INTEGER column


class Inside(ColumnElement[str]):
    """The text under `key` of a ledger entry, spelt as in the indexes of `kind` and `subject`, so that they are used."""

    inherit_cache = False
    type = Text()

    def __init__(self, key: str) -> None:
        self.within = key


@compiles(Inside, "sqlite")
def _extract(element: Inside, compiler: object, **_: object) -> str:
    return f"json_extract(entry, '$.{element.within}')"


@compiles(Inside, "postgresql")
def _arrow(element: Inside, compiler: object, **_: object) -> str:
    return f"(entry ->> '{element.within}')"
