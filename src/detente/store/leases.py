"""Shares of budgets, handed to workers of many processes and machines so that together they never exceed a limit.

`budget.held` is the sum of all shares of an account. A share is spent, for everybody else, from the moment its transaction commits, and it is
given back only by the worker that has it. The share of a worker that died stays counted until the account is forgotten: nothing
that reads a clock decides who is dead.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, Engine, delete, select, update

from detente.model.lease import Order, Share, granted
from detente.store import tables
from detente.store.database import inserting, reading

SHORT_S = 5
"""How long an account counts as one in which somebody ran short."""


class Bank:
    """The shares of one worker. `worker` is a name that no other process has or ever had."""

    def __init__(self, engine: Engine, worker: str) -> None:
        self._engine, self._worker = engine, worker

    def exchange(self, orders: Sequence[Order], now: float) -> dict[str, Share]:
        """Hand out and take back, in one transaction; the answers by account."""
        if not orders:
            return {}
        ordered = sorted(orders)  # all workers lock accounts in one order: none waits for one that waits for it
        with self._engine.begin() as connection:
            held, mine = self._locked(connection, ordered), self._mine(connection, ordered)
            shares: dict[str, Share] = {}
            for order in ordered:
                name = order.account
                before = mine.get(name, 0) if order.held is None else order.held
                shares[name] = share = granted(order, before, held[name] - mine.get(name, 0))
                self._write(connection, order, share, held[name] - mine.get(name, 0), now)
        return shares

    def asked(self, now: float) -> frozenset[str]:
        """The accounts in which somebody ran short a moment ago."""
        table = tables.budget
        with reading(self._engine) as connection:
            return frozenset(
                connection.execute(select(table.c.account).where(table.c.short_at > now - SHORT_S)).scalars()
            )

    def forget(self, now: float) -> None:
        """Drop what nobody needs any more."""
        with self._engine.begin() as connection:
            for table in (tables.lease, tables.budget):
                connection.execute(delete(table).where(table.c.kept < now))

    def _locked(self, connection: Connection, orders: Sequence[Order]) -> dict[str, int]:
        """What all workers hold of each account; nobody else changes these rows until the transaction ends."""
        table = tables.budget
        rows = [{"account": order.account, "held": 0, "short_at": 0, "kept": int(order.kept)} for order in orders]
        connection.execute(inserting(connection, table).on_conflict_do_nothing(), rows)
        names = [order.account for order in orders]
        query = select(table.c.account, table.c.held).where(table.c.account.in_(names)).order_by(table.c.account)
        return dict(connection.execute(query.with_for_update()).all())

    def _mine(self, connection: Connection, orders: Sequence[Order]) -> dict[str, int]:
        table = tables.lease
        names = [order.account for order in orders]
        query = select(table.c.account, table.c.held).where(table.c.worker == self._worker, table.c.account.in_(names))
        return dict(connection.execute(query).all())

    def _write(self, connection: Connection, order: Order, share: Share, others: int, now: float) -> None:
        mine = share.before + share.more
        row = {"account": order.account, "worker": self._worker, "held": mine, "kept": int(order.kept)}
        lease = inserting(connection, tables.lease).values(row)
        same = [tables.lease.c.account, tables.lease.c.worker]
        connection.execute(lease.on_conflict_do_update(index_elements=same, set_={"held": mine}))
        total = {"held": others + mine} | ({} if share.enough else {"short_at": int(now)})
        connection.execute(update(tables.budget).where(tables.budget.c.account == order.account).values(total))
