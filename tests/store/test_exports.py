"""The cursor of an exporter on both databases: one has the turn, it comes back, and nobody moves the cursor back."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from detente.store import exchanges, exports
from detente.store.exchanges import Row

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def kept(database: Engine, number: int) -> int:
    """One more batch; gives its number."""
    row = Row(f"x-{number:04}", "acme", "k-1", "ann", "codex", "passed", b'{"n":%d}' % number)
    with database.begin() as connection:
        exchanges.keep(connection, [row], NOON, "w/1", {})
    return exchanges.named(database, row.id)[0][1]


def test_it_is_due_while_a_batch_is_not_sent(database: Engine) -> None:
    assert not exports.due(database, "traces")
    batch = kept(database, 1)
    assert exports.take(database, "traces", NOON, MINUTE) == 0
    exports.done(database, "traces", batch)
    assert not exports.due(database, "traces")
    assert exports.due(database, "events")
    kept(database, 2)
    assert exports.due(database, "traces")
    assert exports.take(database, "traces", NOON, MINUTE) == batch


def test_one_at_a_time_and_who_dies_loses_the_turn_in_the_end(database: Engine) -> None:
    with ThreadPoolExecutor(4) as pool:
        turns = list(pool.map(lambda _: exports.take(database, "traces", NOON, MINUTE), range(8)))
    assert [turn for turn in turns if turn is not None] == [0]
    assert exports.take(database, "traces", NOON + timedelta(seconds=59), MINUTE) is None
    assert exports.take(database, "traces", NOON + MINUTE, MINUTE) == 0


def test_who_comes_late_takes_nothing_back(database: Engine) -> None:
    exports.take(database, "traces", NOON, MINUTE)
    exports.done(database, "traces", 7)
    exports.done(database, "traces", 3)
    assert exports.take(database, "traces", NOON, MINUTE) == 7


def test_a_clock_that_was_put_back_keeps_nobody_waiting(database: Engine) -> None:
    exports.take(database, "traces", NOON + timedelta(days=365), MINUTE)
    assert exports.take(database, "traces", NOON, MINUTE) == 0
    assert exports.take(database, "traces", NOON, MINUTE) is None
