"""How far each exporter has come with the batches of records, and whose turn it is: several machines may share one database.

Batches are numbered by entries of the ledger, which is locked until its transaction ends: none appears behind one that was read.
"""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, func, or_, select, update

from detente.store import tables
from detente.store.database import inserting, reading

FREE = datetime.fromtimestamp(0, UTC)
"""Nobody has the turn."""


def due(engine: Engine, name: str) -> bool:
    """Whether there is a batch that this exporter has not sent. Asked without a lock."""
    table, batches = tables.export, tables.exchange.c.batch
    query = select(
        select(func.max(batches)).scalar_subquery(), select(table.c.batch).where(table.c.name == name).scalar_subquery()
    )
    with reading(engine) as connection:
        newest, sent = connection.execute(query).one()
    return (newest or 0) > (sent or 0)


def take(engine: Engine, name: str, now: datetime, lasts: timedelta) -> int | None:
    """The batch up to which this exporter has sent everything; the turn is the caller's for so long. None while another has it.

    A turn that ends later than one taken now is that of a clock that was put back since: nobody waits for it.
    """
    table = tables.export
    with engine.begin() as connection:
        first = inserting(connection, table).values({"name": name, "batch": 0, "taken": FREE})
        connection.execute(first.on_conflict_do_nothing())
        free = or_(table.c.taken <= now, table.c.taken > now + lasts)
        mine = update(table).where(table.c.name == name, free).values(taken=now + lasts)
        return connection.execute(mine.returning(table.c.batch)).scalar()


def done(engine: Engine, name: str, batch: int) -> None:
    """Everything up to this batch is sent; the turn is free. Who comes late, behind another, takes nothing back."""
    table = tables.export
    with engine.begin() as connection:
        connection.execute(
            update(table).where(table.c.name == name, table.c.batch <= batch).values(batch=batch, taken=FREE)
        )
