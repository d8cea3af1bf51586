"""Virtual keys in the database: always an end, one row a digest, changes in the order in which they became visible."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from detente.model.key import Grant, VirtualKey
from detente.store import keys, ledger

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
DAY = timedelta(days=1)
GRANT = Grant(tenant="acme", person="ann@acme.example", models=("gpt-*", "o3"))
KEY = VirtualKey(name="k-1", digest=b"1" * 32, grant=GRANT, issued=NOW, expires=NOW + DAY, issuer="eve", family="k-1")


def issued(engine: Engine, *found: VirtualKey) -> None:
    with engine.begin() as connection:
        for key in found:
            keys.issue(connection, key)


def test_a_key_comes_back_as_it_was_issued(database: Engine) -> None:
    issued(database, KEY)
    assert keys.kept(database) == [KEY]
    assert keys.kept(database, "k-") == [KEY]
    assert keys.kept(database, "k_") == []


@pytest.mark.parametrize("wrong", [replace(KEY, name="k-2"), replace(KEY, digest=b"2" * 32), replace(KEY, expires=NOW)])
def test_the_database_itself_refuses_what_no_key_may_be(database: Engine, wrong: VirtualKey) -> None:
    if wrong.expires > NOW:
        issued(database, KEY)
    with pytest.raises(IntegrityError):
        issued(database, wrong)


def test_only_what_changed_is_read_again(database: Engine) -> None:
    two = replace(KEY, name="k-2", digest=b"2" * 32)
    issued(database, KEY, two)
    found, seen = keys.changed(database, 0, NOW)
    assert found == [KEY, two]
    assert keys.changed(database, seen, NOW) == ([], seen)
    with database.begin() as connection:
        ledger.append(connection, [ledger.Entry("other", "x", {})], NOW)
        keys.withdraw(connection, KEY, NOW, "eve", "lost")
    found, after = keys.changed(database, seen, NOW)
    assert found == [replace(KEY, withdrawn=NOW)]
    assert after > seen
    assert keys.changed(database, 0, NOW + DAY)[0] == []


def test_rotation_shortens_and_never_lengthens(database: Engine) -> None:
    three = [replace(KEY, name=f"k-{n}", digest=bytes([n]) * 32) for n in (2, 3)]
    issued(database, KEY)
    with database.begin() as connection:
        keys.rotate(connection, KEY, three[0], NOW + timedelta(hours=1))
        keys.rotate(connection, three[0], three[1], NOW + 9 * DAY)
    ends = {key.name: key.ends for key in keys.kept(database)}
    assert ends == {"k-1": NOW + timedelta(hours=1), "k-2": NOW + DAY, "k-3": NOW + DAY}


def test_a_tenants_secret_is_made_once(database: Engine) -> None:
    assert keys.tenant(database, "acme") is None
    for secret in (b"first", b"second"):
        with database.begin() as connection:
            keys.found(connection, "acme", secret, NOW)
    assert bytes(keys.tenant(database, "acme") or b"") == b"first"
