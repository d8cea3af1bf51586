"""The first look at a block sees what the careful reader sees, or leaves the block to it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.gateway.glance import texts
from detente.gateway.inspect import Inspector
from detente.gateway.verdict import Clause, Policy, Scope
from detente.model.errors import DetenteError
from detente.model.verdict import Hit

WORDS = st.sampled_from(
    ["a", "type", "role", "text", "arguments", "data", "signature", "password", "a\\", 'q"', "a long name of a member"]
)
TEXTS = st.sampled_from(
    ["", "assistant", "é\U0001f511", 'say "x": 1', "data:text/plain;base64,aGk=", '{"a":1}', "back\\", "a : b"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=8,
)


class Ear:
    """Hears what is scanned and finds something that is allowed, so that both look."""

    version, longest_match, kinds = "1", 64, frozenset({"secrets"})

    def __init__(self) -> None:
        self.heard: list[bytes] = []

    def scan(self, data: bytes) -> list[Hit]:
        self.heard.append(data)
        return [Hit("secrets", "any", 0, 0)]

    def pending(self, data: bytes) -> int:
        return len(data)


def careful(raw: bytes, name: str) -> list[bytes]:
    ear = Ear()
    Inspector(ear, Policy("1", (Clause("allow"),), ()), Scope("t"), b"k" * 32).block(raw, name)
    return ear.heard


@given(
    VALUES,
    st.sampled_from(["messages", "password", ""]),
    st.sampled_from([(",", ":"), (", ", ": "), (",", " : ")]),
    st.booleans(),
)
def test_both_see_the_same(value: object, name: str, separators: tuple[str, str], ascii_only: bool) -> None:
    raw = json.dumps(value, separators=separators, ensure_ascii=ascii_only).encode()
    if (glanced := texts(raw, name)) is not None:
        assert careful(raw, name) == [
            glanced
        ]  # the careful reader put together the same text, so it was not scanned again


def test_most_blocks_need_no_second_look() -> None:
    turn = {
        "role": "user",
        "content": [{"type": "text", "text": "hi é"}, {"type": "image", "source": {"media_type": "image/png"}}],
    }
    assert texts(json.dumps(turn).encode(), "messages") == b'hi \xc3\xa9\n\0\n"media_type": "image/png"\n\0\n'


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a":"x","a":"y"}',
        b'{"a" :"x","a":"y"}',
        b'[{"a":{"b":1}},{"b":1,"b":{}}]',
        b'{"a\\\\":1,"a\\\\":2}',
        b'{"a":1,"\\u0061":2}',
        b'{"a":"x"',
        b'"\\ud800"',
    ],
)
def test_what_is_ambiguous_is_left_to_the_careful_reader(raw: bytes) -> None:
    assert texts(raw, "messages") is None
    with pytest.raises(DetenteError):
        careful(raw, "messages")
