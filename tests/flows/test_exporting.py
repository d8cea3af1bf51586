"""Records on their way out, on both databases: each at least once and in order, whatever the other side does."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from sqlalchemy import Engine

from detente.flows import exporting
from detente.flows.exporting import AwayError, Export, RefusedError
from detente.gateway import record as lines
from detente.gateway.record import Course, Ended
from detente.store import exchanges
from detente.store.exchanges import Row
from gateway.callers import caller, record

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
NUMBERS = count()


@dataclass
class Side:
    """Another side on a clock that stands still: what it got, and what it does instead of taking it, one turn after the other."""

    now: datetime = NOON
    got: list[str] = field(default_factory=list)
    counts: list[tuple[int, int]] = field(default_factory=list)
    does: Iterator[BaseException | int | None] = field(default_factory=lambda: iter(()))
    poison: str = ""

    def __call__(self, records: Sequence[Ended]) -> int:
        done = next(self.does, None)
        if isinstance(done, BaseException):
            raise done
        if self.poison in [one.id for one in records]:
            raise RefusedError("HTTP 400")
        self.got += [one.id for one in records]
        return done or 0

    def export(self, database: Engine) -> Export:
        return Export(database, "traces", self, lambda: self.now, lambda *counts: self.counts.append(counts))

    def later(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def kept(database: Engine, records: int) -> list[str]:
    """So many more records, as one batch."""
    who, found, rows = caller(), record(), []
    for _ in range(records):
        known = lines.facts(f"x-{next(NUMBERS):06}", NOON.timestamp(), who, found)
        line = lines.ended(known, who, found, charge=None, course=Course(200, 0.5), left=True)
        rows.append(Row(line.id, "acme", "k-1", "ann", "codex", "passed", lines.write(line)))
    with database.begin() as connection:
        exchanges.keep(connection, rows, NOON, "w/1", {})
    return [row.id for row in rows]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of four records, pieces of two."""
    monkeypatch.setattr(exporting, "PAGE", 4)
    monkeypatch.setattr(exporting, "PIECE", 2)


def test_everything_goes_out_once_and_in_order(database: Engine, small: None) -> None:
    side = Side()
    export = side.export(database)
    export.turn()
    assert side.got == []
    names = [name for size in (3, 1, 5, 2) for name in kept(database, size)]
    export.turn()
    assert side.got == names
    names += kept(database, 1)
    export.turn()
    assert side.got == names
    assert sum(sent for sent, _ in side.counts) == len(names)


def test_who_is_away_is_asked_again_ever_later_and_misses_nothing(database: Engine, small: None) -> None:
    names, side = kept(database, 2) + kept(database, 2), Side()
    side.does = iter([None, AwayError("HTTP 503"), AwayError("HTTP 503")])
    export = side.export(database)
    export.turn()
    assert side.got == names[:2]
    for rest_s in (1, 2):
        side.later(rest_s - 0.1)
        export.turn()
        assert side.got == names[:2]
        side.later(0.1)
        export.turn()
    assert side.got == names


def test_it_rests_as_long_as_the_other_side_asks_within_reason(database: Engine) -> None:
    names, side = kept(database, 1), Side()
    side.does = iter([AwayError("HTTP 429", 30), AwayError("HTTP 429", 1e9)])
    export = side.export(database)
    for wait_s in (0, 29, 1, 299):
        side.later(wait_s)
        export.turn()
        assert side.got == []
    side.later(1)
    export.turn()
    assert side.got == names


def test_the_one_record_that_is_refused_holds_up_no_other(database: Engine) -> None:
    names, side = kept(database, 9), Side()
    side.poison = names[6]
    side.export(database).turn()
    assert side.got == [name for name in names if name != side.poison]
    assert [sum(counts) for counts in zip(*side.counts, strict=True)] == [8, 1]


def test_what_is_refused_in_part_is_counted_and_not_sent_again(database: Engine) -> None:
    names, side = kept(database, 5), Side()
    side.does = iter([2])
    export = side.export(database)
    export.turn()
    export.turn()
    assert side.got == names
    assert side.counts == [(3, 2)]


def test_who_dies_in_mid_turn_is_followed_by_another_that_sends_it_again(database: Engine) -> None:
    names, side = kept(database, 3), Side()
    side.does = iter(
        [KeyboardInterrupt()]
    )  # as a process that is killed: it neither moves the cursor nor ends its turn
    with pytest.raises(KeyboardInterrupt):
        side.export(database).turn()
    other = side.export(database)
    other.turn()
    assert side.got == []
    side.later(60)
    other.turn()
    assert side.got == names


def test_a_batch_that_was_sent_in_part_is_sent_again_but_none_before_it(database: Engine, small: None) -> None:
    first, second, side = kept(database, 1), kept(database, 3), Side()
    side.does = iter([None, AwayError("HTTP 502")])
    export = side.export(database)
    export.turn()
    side.later(1)
    export.turn()
    assert side.got == first + second[:1] + second


def test_what_retention_removed_meanwhile_is_passed_over(database: Engine) -> None:
    kept(database, 2)
    side = Side(does=iter([AwayError("no answer")]))
    export = side.export(database)
    export.turn()
    with database.begin() as connection:
        exchanges.prune(connection, "y", NOON)
    names = kept(database, 1)
    side.later(1)
    export.turn()
    assert side.got == names


def test_machines_share_the_work_and_none_repeats_another(database: Engine, small: None) -> None:
    names, sides = [name for size in (1, 3, 2, 4) for name in kept(database, size)], (Side(), Side())
    exports = [side.export(database) for side in sides]
    with ThreadPoolExecutor(2) as pool:
        while len(sides[0].got) + len(sides[1].got) < len(names):
            list(pool.map(Export.turn, exports))
    assert sorted(sides[0].got + sides[1].got) == names
