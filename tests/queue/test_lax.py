"""JSON that other readers write is read; what is no JSON at all is refused."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.queue.lax import loads

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(VALUES)
def test_what_the_standard_allows_is_read_as_it_says(value: Any) -> None:
    assert loads(json.dumps(value).encode()) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"[NaN, Infinity, -Infinity, 1e999, 1.5]", [None, None, None, None, 1.5]),
        ('{"ö": 1}'.encode("latin-1"), {"�": 1}),
        (b'["\\ud800x"]', ["?x"]),
        (b'["a\0b\nc"]', ["a\0b\nc"]),
    ],
)
def test_a_value_no_standard_allows_does_not_spoil_the_rest(text: bytes, value: Any) -> None:
    assert loads(text) == value


@pytest.mark.parametrize("text", [b"", b"[1", b"{1: 2}", b"[tru]", b"[1] x"])
def test_what_is_no_json_raises(text: bytes) -> None:
    with pytest.raises(ValueError, match="char"):
        loads(text)
