"""Numbers of things in words."""

import pytest

from detente.model.count import counted


@pytest.mark.parametrize(
    ("number", "noun", "plural", "words"),
    [(0, "finding", "", "0 findings"), (1, "finding", "", "1 finding"), (1, "fix", "fixes", "1 fix"), (2_000, "fix", "fixes", "2\u202f000 fixes")],
)  # fmt: skip
def test_one_is_one_and_all_else_are_several(number: int, noun: str, plural: str, words: str) -> None:
    assert counted(number, noun, plural) == words
