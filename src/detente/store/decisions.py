"""Decisions as they were made: the answer, its reasons and the inputs it follows from, by id."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Engine, select

from detente.store.database import reading
from detente.store.tables import decision as table


def decision(engine: Engine, name: str) -> Mapping[str, Any] | None:
    """The decision of that id; None if there is none."""
    with reading(engine) as connection:
        row = connection.execute(select(table).where(table.c.id == name)).mappings().first()
    return dict(row) if row else None
