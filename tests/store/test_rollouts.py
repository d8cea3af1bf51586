"""Rollouts, measurements, halts and overrides in the database, on SQLite and PostgreSQL."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from detente.model.change import Event, Step
from detente.model.errors import DetenteError
from detente.store import ledger, rollouts
from detente.store.accords import Signed

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
STARTED, SEEN = Event(NOW, Step.STARTED, {"change": {"id": "x"}}), Event(NOW, Step.OBSERVED, {"counts": [1, 0, 9, 0]})


def kept(engine: Engine, name: str = "r-1", service: str = "checkout") -> None:
    with engine.begin() as connection:
        rollouts.append(connection, name, service, 0, [STARTED, SEEN])


def test_events_come_back_in_order_and_decisions_are_in_the_ledger(database: Engine) -> None:
    kept(database)
    kept(database, "r-0", "wiki")
    assert rollouts.events(database, "r-1") == {"r-1": [STARTED, SEEN]}
    assert list(rollouts.events(database, service="wiki")) == ["r-0"]
    assert list(rollouts.events(database)) == ["r-0", "r-1"]
    assert [(one.subject, one.body["step"]) for one in ledger.records(database, kind="rollout")] == [
        ("r-1", "started"),
        ("r-0", "started"),
    ]


def test_two_at_once_are_not_both_second(database: Engine) -> None:
    kept(database)
    with pytest.raises(DetenteError) as caught, database.begin() as connection:
        rollouts.append(connection, "r-1", "checkout", 1, [SEEN])
    assert caught.value.code == "rollout-moved"


@pytest.mark.parametrize("statement", ["UPDATE rollout_event SET step = 'finished'", "DELETE FROM rollout_event"])
def test_what_happened_cannot_be_rewritten(database: Engine, statement: str) -> None:
    kept(database)
    with pytest.raises(DBAPIError, match="append-only"), database.begin() as connection:
        connection.execute(text(statement))


def test_measurements_since(database: Engine) -> None:
    found = [rollouts.Measured(NOW + timedelta(hours=hour), 999, 1000, "pushed") for hour in range(3)]
    with database.begin() as connection:
        rollouts.measure(connection, "checkout", found)
    assert rollouts.measurements(database, "checkout", NOW) == found[1:]
    assert rollouts.measurements(database, "wiki", NOW) == []
    with pytest.raises(DBAPIError), database.begin() as connection:
        rollouts.measure(connection, "checkout", [rollouts.Measured(NOW, 2, 1, "pushed")])


def test_the_last_word_about_a_line_counts(database: Engine) -> None:
    for hour, (scope, stopped) in enumerate([("checkout", True), ("all", True), ("wiki", True), ("all", False)]):
        with database.begin() as connection:
            said = rollouts.Halt(scope, "Ada", "incident 7", NOW + timedelta(hours=hour))
            rollouts.halt(connection, said, stopped=stopped)
    assert [one.scope for one in rollouts.halts(database, "checkout")] == ["checkout"]
    assert rollouts.halts(database, "ledger") == []
    assert len(ledger.records(database, kind="line-stopped")) == 3


def test_one_person_or_key_or_role_signs_an_override_once(database: Engine) -> None:
    with database.begin() as connection:
        rollouts.allow(connection, "abc", "checkout", "{}", until=NOW, at=NOW)
        rollouts.sign(connection, "abc", Signed("cio", "Ada", "k1", "sig", NOW))
    for again in (("ciso", "Ada", "k2"), ("ciso", "Bea", "k1"), ("cio", "Bea", "k2")):
        with pytest.raises(DetenteError) as caught, database.begin() as connection:
            rollouts.sign(connection, "abc", Signed(*again, "sig", NOW))
        assert caught.value.code == "two-people"
    with database.begin() as connection:
        rollouts.sign(connection, "abc", Signed("ciso", "Bea", "k2", "sig", NOW))
    (found,) = rollouts.overrides(database, service="checkout")
    assert [one.person for one in found.signed] == ["Ada", "Bea"]
    assert rollouts.overrides(database, digest="ab") == [found]
    assert rollouts.overrides(database, digest="%") == []


def test_without_looks(database: Engine) -> None:
    kept(database)
    assert rollouts.events(database, looks=False) == {"r-1": [STARTED]}
