"""The turns of a finding, against a slow oracle: after every report the question of findings.sql is asked from the start."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from detente.queue.history import Event, Turn, history

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
