"""Records in batches: found again, verified against the ledger, removed at the end of their time."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, text

from detente.store import exchanges, ledger
from detente.store.exchanges import Row, Seal

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def row(number: int, person: str = "ann", tool: str = "codex") -> Row:
    line = b'{"n":%d}' % number
    name = f"x-{number:04}"
    return Row(id=name, tenant="acme", key="k-1", person=person, tool=tool, outcome="passed", line=line)


def keep(database: Engine, *rows: Row, **facts: int) -> frozenset[str]:
    with database.begin() as connection:
        return exchanges.keep(connection, rows, NOW, "w/1", facts)


@pytest.fixture
def kept(database: Engine) -> Engine:
    """Six records in three batches."""
    for first in (0, 2, 4):
        keep(database, row(first), row(first + 1, person="bob"))
    return database


def test_only_new_ones_are_kept_and_told(kept: Engine) -> None:
    assert keep(kept, row(5), row(6), row(6)) == {"x-0006"}
    assert keep(kept, row(5)) == frozenset()
    assert [entry.body["count"] for entry in ledger.records(kept, kind="exchanges")] == [2, 2, 2, 1]


def test_they_are_found_newest_first_by_what_they_are(kept: Engine) -> None:
    assert exchanges.find(kept, limit=2) == ['{"n":5}', '{"n":4}']
    assert exchanges.find(kept, before="x-0004", limit=2) == ['{"n":3}', '{"n":2}']
    assert exchanges.find(kept, since="x-0002", person="bob") == ['{"n":5}', '{"n":3}']
    assert exchanges.find(kept, person="bob", tool="other") == []
    assert exchanges.named(kept, "x-0003")[0][0] == '{"n":3}'
    assert len(exchanges.named(kept, "x-")) == 2


def test_readers_go_on_by_whole_batches(kept: Engine) -> None:
    first = exchanges.after(kept, 0, limit=3)
    assert [line for _, line in first] == ['{"n":0}', '{"n":1}', '{"n":2}', '{"n":3}']
    assert [line for _, line in exchanges.after(kept, first[-1][0])] == ['{"n":4}', '{"n":5}']
    assert exchanges.after(kept, 99) == []


def test_what_was_written_is_what_is_there(kept: Engine) -> None:
    assert exchanges.verify(kept) == exchanges.Report(6)


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ("UPDATE exchange SET line = '{}' WHERE id = 'x-0002'", "of entry 2 was changed"),
        ("DELETE FROM exchange WHERE id = 'x-0003'", "of entry 2 was changed"),
        ("DELETE FROM exchange WHERE batch = 1", "of entry 1 are missing"),
        ("DELETE FROM exchange WHERE batch = 3", "of entry 3 are missing"),
        ("DELETE FROM exchange", "of entry 1 are missing"),
        ("UPDATE exchange SET place = 7 WHERE id = 'x-0004'", "of entry 3 was changed"),
        ("INSERT INTO exchange SELECT 'x-9', 9, 0, tenant, key, person, tool, outcome, line FROM exchange WHERE id = 'x-0000'", "no entry 9"),
        ("UPDATE exchange SET batch = batch + 10", "of entry 1 are missing"),
    ],
)  # fmt: skip
def test_every_change_is_found(kept: Engine, change: str, wrong: str) -> None:
    with kept.begin() as connection:
        connection.execute(text(change))
    assert wrong in exchanges.verify(kept).wrong


def test_the_oldest_batches_go_and_the_ledger_knows(kept: Engine) -> None:
    def pruned(before: str) -> int:
        with kept.begin() as connection:
            return exchanges.prune(connection, before, NOW)

    assert pruned("x-0001") == 0
    assert pruned("x-0003") == 2
    assert exchanges.verify(kept) == exchanges.Report(4)
    assert pruned("x-9") == 4
    assert exchanges.verify(kept) == exchanges.Report(0)
    assert [entry.body for entry in ledger.records(kept, kind="exchanges-pruned")] == [
        {"count": 2, "through": 1},
        {"count": 4, "through": 3},
    ]


def test_texts_stay_until_their_moment(database: Engine) -> None:
    seals = [Seal(exchange=f"x-{day}", tenant="acme", until=NOW + timedelta(days=day), text=b"\0") for day in (1, 2)]
    with database.begin() as connection:
        exchanges.seal(connection, [*seals, seals[0]])
        assert exchanges.erase(connection, NOW) == 0
        assert exchanges.erase(connection, NOW + timedelta(days=1)) == 1
    assert exchanges.sealed(database, "x-1") is None
    assert exchanges.sealed(database, "x-2") == seals[1]
    assert [entry.body for entry in ledger.records(database, kind="texts-erased")] == [{"count": 1}]


def test_what_is_missing_is_told_even_without_a_record(database: Engine) -> None:
    keep(database, lost=3)
    assert ledger.records(database)[0].body["lost"] == 3
    assert exchanges.verify(database) == exchanges.Report(0)
