"""What the database itself refuses, whatever the program above believes: rows straight into the tables."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, delete, insert, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from detente.model.errors import DetenteError
from detente.model.exception import Event, Step
from detente.store import accords, exceptions, tables

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
ASKED = exceptions.Asked("e-1", b"{}\n", "d1", "sam", date(2026, 5, 1), NOW)
SIGNED = Event(step=Step.SIGNED, at=NOW, role="cio", person="ada", key="k1", sshsig="sig")


@pytest.fixture
def asked(database: Engine) -> Engine:
    with database.begin() as connection:
        accords.keep(connection, "d1", "accord: 1\n", NOW)
        exceptions.ask(connection, ASKED)
    return database


def add(database: Engine, event: Event) -> None:
    with database.begin() as connection:
        exceptions.add(connection, "e-1", "sam", event)


def raw(database: Engine, **changes: Any) -> None:
    row = {"exception": "e-1", "requester": "sam", "at": NOW, "step": "signed", "role": "ciso", "person": "ben"}
    row |= {"key_fingerprint": "k2", "sshsig": "sig", "reason": ""}
    with database.begin() as connection:
        connection.execute(insert(tables.exception_event), row | changes)


def test_it_comes_back_as_it_went_in(asked: Engine) -> None:
    denied = Event(step=Step.DENIED, at=NOW, reason="too long")
    add(asked, SIGNED)
    add(asked, denied)
    assert exceptions.kept(asked) == [exceptions.Kept("e-1", b"{}\n", b"accord: 1\n", (SIGNED, denied))]
    assert exceptions.kept(asked, "e-2") == []
    assert exceptions.kept(asked, "e%") == []


@pytest.mark.parametrize(
    "changes",
    [
        {"role": "cio"},
        {"person": "ada"},
        {"key_fingerprint": "k1"},
        {"person": "sam"},
        {"requester": "eve"},
        {"exception": "e-2"},
        {"sshsig": None},
        {"person": None},
        {"role": None},
        {"step": "denied"},
    ],
    ids=str,
)
def test_no_way_round_by_a_row(asked: Engine, changes: dict[str, Any]) -> None:
    add(asked, SIGNED)
    with pytest.raises(IntegrityError):
        raw(asked, **changes)
    raw(asked)
    assert len(exceptions.kept(asked)[0].events) == 2


def test_no_exception_is_without_an_end(database: Engine) -> None:
    with database.begin() as connection:
        accords.keep(connection, "d1", "accord: 1\n", NOW)
    row = {"id": "e-3", "text": "{}", "accord": "d1", "requester": "sam", "asked_at": NOW}
    with pytest.raises(IntegrityError), database.begin() as connection:
        connection.execute(insert(tables.exception), row)


@pytest.mark.parametrize(
    "rewrite",
    [
        lambda: update(tables.exception).values(until=date(2030, 1, 1)),
        lambda: delete(tables.exception_event),
        lambda: update(tables.exception_event).values(step="expired"),
    ],
)
def test_nothing_is_rewritten(asked: Engine, rewrite: Callable[[], Any]) -> None:
    add(asked, SIGNED)
    with pytest.raises(DBAPIError, match="append-only"), asked.begin() as connection:
        connection.execute(rewrite())


def test_the_second_signature_of_one_person_says_what_to_do(asked: Engine) -> None:
    add(asked, SIGNED)
    with pytest.raises(DetenteError) as caught:
        add(asked, Event(step=Step.SIGNED, at=NOW, role="ciso", person="ada", key="k2", sshsig="sig"))
    assert caught.value.code == "two-people"
