"""Text for a terminal: lines that fit, words that stay whole, nothing that a terminal would obey."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.edge.cli.terminal import styled, width, wrapped

words = st.lists(st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=20), min_size=1, max_size=30)


@given(words, st.integers(20, 120), st.integers(0, 10))
def test_lines_fit_and_no_word_is_lost_or_broken(said: list[str], columns: int, indent: int) -> None:
    lines = wrapped(" ".join(said), columns, indent)
    assert " ".join(lines).split() == " ".join(said).split()
    assert all(len(line) <= columns or len(line.split()) == 1 for line in lines)


@pytest.mark.parametrize("hostile", ["\x1b[2J", "\x07", "\r", "\u202e", "\x9b31m", "\u2066"])
def test_a_terminal_is_given_nothing_to_obey(hostile: str) -> None:
    (line,) = wrapped(f"open{hostile}ssl", 80, 0)
    assert hostile[0] not in line
    assert "\ufffd" in line


@pytest.mark.parametrize("said, fills", [("30", 50), ("72", 72), ("400", 120)])
def test_as_wide_as_the_terminal_and_as_people_read(monkeypatch, said: str, fills: int) -> None:
    monkeypatch.setenv("COLUMNS", said)
    assert width() == fills


def test_no_colour_where_none_is_wanted(monkeypatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert styled("x", bold=True) != "x"
    monkeypatch.setenv("NO_COLOR", "1")
    assert styled("x", bold=True) == "x"
