"""Virtual keys and tenants as they are kept: digests, never keys; a tenant's own secret only wrapped."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, insert, select, update

from detente.model.key import Grant, VirtualKey
from detente.store import ledger, tables
from detente.store.database import inserting, reading


def issue(connection: Connection, key: VirtualKey) -> None:
    """Keep a new key; the ledger says who issued it, for whom and until when."""
    change = _told(connection, "key-issued", key, key.issued, {"by": key.issuer})
    row = asdict(key.grant) | {"models": list(key.grant.models)}
    row |= {"name": key.name, "digest": key.digest, "family": key.family, "issuer": key.issuer}
    row |= {"issued_at": key.issued, "expires_at": key.expires, "change": change}
    connection.execute(insert(tables.virtual_key), row)


def rotate(connection: Connection, old: VirtualKey, new: VirtualKey, until: datetime) -> None:
    """Keep a key that takes over from another; the old one counts until then at most."""
    issue(connection, new)
    change = _told(connection, "key-rotated", old, new.issued, {"by": new.issuer, "to": new.name})
    _end(connection, old, change, expires_at=min(old.expires, until))


def withdraw(connection: Connection, key: VirtualKey, at: datetime, person: str, reason: str) -> None:
    """A key counts no more from this moment on."""
    change = _told(connection, "key-withdrawn", key, at, {"by": person, "reason": reason})
    _end(connection, key, change, withdrawn_at=at)


def kept(engine: Engine, begin: str = "") -> list[VirtualKey]:
    """The keys whose name begins so, as they were issued."""
    wanted = tables.virtual_key.c.name.startswith(begin, autoescape=True)
    return [key for key, _ in _read(engine, wanted)]


def changed(engine: Engine, after: int, since: datetime) -> tuple[list[VirtualKey], int]:
    """The keys issued or changed after that and not expired before `since`, and what to give as `after` next time."""
    table = tables.virtual_key
    found = _read(engine, (table.c.change > after) & (table.c.expires_at > since))
    return [key for key, _ in found], max((change for _, change in found), default=after)


def tenant(engine: Engine, name: str) -> bytes | None:
    """A tenant's secret as it is kept: wrapped."""
    with reading(engine) as connection:
        return connection.execute(select(tables.tenant.c.secret).where(tables.tenant.c.name == name)).scalar()


def found(connection: Connection, name: str, secret: bytes, at: datetime) -> None:
    """Keep the wrapped secret of a tenant, unless somebody was faster."""
    row = {"name": name, "secret": secret, "made_at": at}
    connection.execute(inserting(connection, tables.tenant).values(row).on_conflict_do_nothing())


def _end(connection: Connection, key: VirtualKey, change: int, **ends: datetime) -> None:
    named = tables.virtual_key.c.name == key.name
    connection.execute(update(tables.virtual_key).where(named).values(ends | {"change": change}))


def _told(connection: Connection, kind: str, key: VirtualKey, at: datetime, body: dict[str, str]) -> int:
    """Write it down; gives the ledger's number, which orders changes as they became visible: the ledger is locked until then."""
    facts = {name: value for name, value in asdict(key.grant).items() if value}
    entry = ledger.Entry(kind, key.name, facts | body | {"expires": key.expires.isoformat()})
    return ledger.append(connection, [entry], at)


def _read(engine: Engine, wanted: Any) -> Sequence[tuple[VirtualKey, int]]:
    table = tables.virtual_key
    with reading(engine) as connection:
        rows = connection.execute(select(table).where(wanted).order_by(table.c.change)).mappings().all()
    return [(_key(row), row["change"]) for row in rows]


def _key(row: Any) -> VirtualKey:
    names = ("tenant", "person", "squad", "tool", "repo", "data")
    return VirtualKey(
        name=row["name"],
        digest=bytes(row["digest"]),
        grant=Grant(**{name: row[name] for name in names}, models=tuple(row["models"])),
        issued=row["issued_at"],
        expires=row["expires_at"],
        issuer=row["issuer"],
        family=row["family"],
        withdrawn=row["withdrawn_at"],
    )
