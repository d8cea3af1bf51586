"""The turns of a finding, against a slow oracle: after every report the question of findings.sql is asked from the start.

And what has ended, by closed.sql, against the turns.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.flows.changes import text
from detente.model.finding import State
from detente.queue.history import Event, Turn, history
from detente.store.engine import Engine
from detente.store.schema import SCHEMA, table

START = datetime(2026, 3, 1, tzinfo=UTC)
Look = tuple[int, bool, bool]
reports = st.lists(
    st.lists(
        st.tuples(st.integers(1, 3), st.booleans(), st.booleans()),
        min_size=1,
        max_size=3,
        unique_by=lambda look: look[0],
    ),
    max_size=8,
)


def rows(told: Sequence[Sequence[Look]]) -> list[dict[str, object]]:
    """Rows of looks.sql: of each report the scopes it looked at, whether it is complete there, whether it shows the finding."""
    return [
        {
            "rank": rank,
            "report": 100 + rank,
            "at": START + timedelta(days=rank),
            "scope": scope,
            "tool": f"tool-{scope}",
            "complete": complete,
            "shown": shown,
        }
        for rank, looks in enumerate(told, 1)
        for scope, complete, shown in looks
    ]


def seen(told: Sequence[Sequence[Look]]) -> bool:
    """Whether any scope shows the finding in its last complete report, or in one after it."""
    for scope in {scope for looks in told for scope, _, _ in looks}:
        of_scope = [(rank, look) for rank, looks in enumerate(told) for look in looks if look[0] == scope]
        floor = max((rank for rank, (_, complete, _) in of_scope if complete), default=0)
        if any(shown for rank, (_, _, shown) in of_scope if rank >= floor):
            return True
    return False


@given(reports)
def test_each_turn_is_a_change_of_what_all_reports_until_then_say(told: list[list[Look]]) -> None:
    states = [seen(told[:count]) for count in range(len(told) + 1)]
    turns = [(rank, after) for rank, (before, after) in enumerate(pairwise(states), 1) if before != after]
    found = list(history(rows(told)))
    assert [(event.report - 100, event.turn is not Turn.FIXED) for event in found] == turns
    assert [event.turn for event in found[:1]] == [Turn.FIRST] * bool(found)
    assert Turn.FIRST not in [event.turn for event in found[1:]]


def test_a_turn_names_its_report() -> None:
    first, fixed = history(rows([[(1, True, True)], [(1, True, False)]]))
    assert first == Event(Turn.FIRST, START + timedelta(days=1), 101, "tool-1")
    assert fixed == Event(Turn.FIXED, START + timedelta(days=2), 102, "tool-1")


def test_a_report_that_breaks_off_closes_nothing() -> None:
    assert [event.turn for event in history(rows([[(1, True, True)], [(1, False, False)]]))] == [Turn.FIRST]


def test_another_scope_keeps_it_open() -> None:
    told = [[(1, True, True), (2, True, True)], [(1, True, False)]]
    assert [event.turn for event in history(rows(told))] == [Turn.FIRST]


Row = dict[str, Any]
FINDING: Row = {
    "place": 11,
    "vuln": 5,
    "asset": 7,
    "item": 3,
    "remedy": 9,
    "version": "1.0",
    "severity": 3,
    "exploited": False,
}


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine()


def day(number: int) -> datetime:
    """The moment of a report, as the lake keeps it."""
    return (START + timedelta(days=number)).replace(tzinfo=None)


def spoken(told: Sequence[Sequence[Look]], place: int = 11) -> list[Row]:
    """The records of a lake that these looks at the finding of a place leave."""
    found: list[Row] = []
    for rank, parts in enumerate(told, 1):
        for scope, complete, shown in parts:
            row = FINDING | {"place": place, "report": 100 + rank, "scope": 10 * place + scope, "tool": f"tool-{scope}"}
            found += [row | {"kind": 0, "fixable": complete}, *[row | {"kind": 1, "state": 0}] * shown]
    return found


def stated(state: State, at: int, **more: Any) -> Row:
    """What somebody states of the finding on a day."""
    said = {
        "kind": 8,
        "state": list(State).index(state),
        "report": 100 + at,
        "scope": 9,
        "author": "Ada",
        "reason": "why",
    }
    return FINDING | said | {"tool": "openvex", "version": ""} | more


def ended(engine: Engine, records: Sequence[Row], since: int = 0) -> dict[int, tuple[int, int, str]]:
    """The day, the verdict and the source of each finding that closed.sql calls ended, by its place."""
    numbers = {"report": range(101, 110), "rank": range(1, 10), "at": [day(rank) for rank in range(1, 10)]}
    aliases = pa.schema({"vuln": pa.int64(), "canonical": pa.int64(), "name": pa.string()}).empty_table()
    rows = table({name: [record.get(name) for record in records] for name in SCHEMA.names})
    period = pa.table({"since": pa.array([day(since)], pa.timestamp("us"))})
    engine.bind({"rows": rows, "reports": pa.table(numbers), "aliases": aliases, "period": period})
    engine.make("findings", text("findings"))
    answer = engine.ask(text("closed")).to_pylist()
    return {row["place"]: ((row["ended"] - day(0)).days, row["verdict"], row["source"]) for row in answer}


@given(many=st.lists(reports, max_size=30))
@settings(max_examples=15)
def test_silence_ends_a_finding_by_its_last_turn(engine: Engine, many: list[list[list[Look]]]) -> None:
    turns = {place: list(history(rows(told))) for place, told in enumerate(many)}
    over = {place: found[-1] for place, found in turns.items() if found and found[-1].turn is Turn.FIXED}
    found = ended(engine, [record for place, told in enumerate(many) for record in spoken(told, place)])
    assert {place: (at, verdict) for place, (at, verdict, _) in found.items()} == {
        place: (one.report - 100, 1) for place, one in over.items()
    }


@pytest.mark.parametrize(
    ("told", "statements", "expected"),
    [
        ([[(1, True, True)]], [stated(State.FALSE_POSITIVE, 3)], (3, 3, "Ada")),
        ([[(1, True, True)]], [stated(State.NOT_AFFECTED, 3, asset=0)], (3, 2, "Ada")),
        ([[(1, True, True)]], [stated(State.NOT_AFFECTED, 3, asset=8)], None),
        ([[(1, True, True)]], [stated(State.FALSE_POSITIVE, 3), stated(State.INVESTIGATING, 4)], None),
        ([[(1, True, True)], [(1, True, False)]], [stated(State.FALSE_POSITIVE, 3)], (2, 1, "tool-1")),
        ([[(1, True, True)], [], [(1, True, False)]], [stated(State.FALSE_POSITIVE, 2)], (2, 3, "Ada")),
    ],
)
def test_the_first_word_that_closed_it_counts(
    engine: Engine, told: list[list[Look]], statements: list[Row], expected: tuple[int, int, str] | None
) -> None:
    assert ended(engine, spoken(told) + statements).get(11) == expected
    assert ended(engine, spoken(told) + statements, since=4) == {}
