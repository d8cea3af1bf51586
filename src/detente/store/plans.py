"""Plans as they were made: each with the problem it solves, its parent, and its entry in the ledger."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, insert, select
from sqlalchemy.exc import IntegrityError

from detente.model.errors import DetenteError
from detente.store import ledger, tables
from detente.store.database import reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """One plan: `answer` are its JSON values, `accord` the digest it was made under."""

    id: str
    parent: str | None
    accord: str
    made_at: datetime
    answer: Mapping[str, Any]


def keep(connection: Connection, stored: Stored, problem: bytes, facts: Mapping[str, Any]) -> None:
    """Keep a plan; `facts` go into the ledger. Raises DetenteError, code `plan-moved`, when its parent has a successor already."""
    row = {
        "id": stored.id,
        "parent": stored.parent,
        "accord": stored.accord,
        "made_at": stored.made_at,
        "answer": dict(stored.answer),
        "problem": problem,
    }
    try:
        connection.execute(insert(tables.plan), row)
    except IntegrityError as error:
        raise DetenteError(
            "The plan was not kept",
            "Another process planned at the same moment, and its plan is the one that counts.",
            "Run `detente plan` again: it starts from that one.",
            code="plan-moved",
        ) from error
    ledger.append(connection, [ledger.Entry("plan", stored.id, {"parent": stored.parent, **facts})], stored.made_at)


def latest(engine: Engine) -> str | None:
    """The id of the plan that counts: the one without a successor."""
    table, heir = tables.plan, tables.plan.alias()
    query = select(table.c.id).outerjoin_from(table, heir, heir.c.parent == table.c.id).where(heir.c.id.is_(None))
    with reading(engine) as connection:
        return connection.execute(query.order_by(table.c.made_at.desc()).limit(1)).scalar()


def read(engine: Engine, name: str) -> Stored | None:
    """The plan of that id."""
    table = tables.plan
    query = select(table.c.id, table.c.parent, table.c.accord, table.c.made_at, table.c.answer)
    with reading(engine) as connection:
        row = connection.execute(query.where(table.c.id == name)).mappings().first()
    return Stored(**row) if row else None


def problem(engine: Engine, name: str) -> bytes:
    """The problem that a kept plan solves, as it was given."""
    table = tables.plan
    with reading(engine) as connection:
        found: bytes = connection.execute(select(table.c.problem).where(table.c.id == name)).scalar_one()
    return found
