"""Exceptions as they are kept: the signed text, and what happened to it in order. Nothing here is ever rewritten."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, Engine, insert, select
from sqlalchemy.exc import IntegrityError

from detente.model.errors import DetenteError
from detente.model.exception import Event, Step
from detente.store import tables
from detente.store.database import reading


@dataclass(frozen=True, slots=True)
class Kept:
    """One exception: its signed text, the accord it was asked under (as written), and its events, oldest first."""

    id: str
    text: bytes
    accord: bytes
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the database needs to know of a request to hold it to the rules; `requester` is a folded name."""

    id: str
    text: bytes
    accord: str
    requester: str
    until: date
    at: datetime


def ask(connection: Connection, asked: Asked) -> None:
    """Keep a request; the accord it names must be kept already."""
    row = {"id": asked.id, "text": asked.text.decode(), "accord": asked.accord, "requester": asked.requester}
    connection.execute(insert(tables.exception), row | {"until": asked.until, "asked_at": asked.at})


def add(connection: Connection, exception: str, requester: str, event: Event) -> None:
    """Keep what happened. Raises DetenteError, code `two-people`, for a role, person or key that signed already, or that asked."""
    row = {
        "exception": exception,
        "requester": requester,
        "at": event.at,
        "step": event.step.value,
        "role": event.role or None,
        "person": event.person or None,
        "key_fingerprint": event.key or None,
        "sshsig": event.sshsig or None,
        "reason": event.reason,
    }
    try:
        connection.execute(insert(tables.exception_event), row)
    except IntegrityError as error:
        raise DetenteError(
            "The signature was not accepted",
            f"{event.person or 'nobody'}, or the same role or key, has already signed this exception or asked for it.",
            "Two roles need two people with a key each: let the other officer sign.",
            code="two-people",
        ) from error


def kept(engine: Engine, begin: str = "") -> list[Kept]:
    """The exceptions whose id begins so, in the order in which they were asked for."""
    table, accord = tables.exception, tables.accord
    wanted = table.c.id.startswith(begin, autoescape=True)
    query = select(table.c.id, table.c.text, accord.c.text).join(accord, accord.c.digest == table.c.accord)
    with reading(engine) as connection:
        found = connection.execute(query.where(wanted).order_by(table.c.asked_at, table.c.id)).all()
        events = _events(connection, begin) if found else {}
    return [Kept(name, text.encode(), under.encode(), tuple(events.get(name, ()))) for name, text, under in found]


def _events(connection: Connection, begin: str) -> dict[str, Sequence[Event]]:
    table = tables.exception_event
    found: dict[str, list[Event]] = {}
    columns = (table.c.role, table.c.person, table.c.key_fingerprint, table.c.sshsig, table.c.reason)
    query = select(table.c.exception, table.c.step, table.c.at, *columns)
    for name, step, at, *texts in connection.execute(
        query.where(table.c.exception.startswith(begin, autoescape=True)).order_by(table.c.id)
    ):
        role, person, key, sshsig, reason = (text or "" for text in texts)
        event = Event(step=Step(step), at=at, role=role, person=person, key=key, sshsig=sshsig, reason=reason)
        found.setdefault(name, []).append(event)
    return dict(found)
