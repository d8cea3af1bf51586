"""Which lines of an answer are code, and that each can be found again by its fingerprint, by its own tenant alone."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.gateway.lines import MOST, SIZE, answer, apart, call, digest, fingerprints, norm, prose

KEY, OTHER = b"k" * 32, b"o" * 32
CODE = 'def total(prices):\n    return sum(  prices, start="zero"),\n\nx = 1\n'
SAID = f"Here it is, as you asked for it:\n```python\n{CODE}```\nIt adds all prices up.\n"
LINES = [b"def total(prices):", b"return sum( prices, start='zero')"]
MADE = b"".join(digest(line, KEY) for line in LINES)


def test_prose_is_not_code_and_a_fence_is() -> None:
    assert fingerprints(prose(SAID.encode()), KEY) == MADE
    assert fingerprints(prose(SAID.replace("```", "~~~~").encode()), KEY) == MADE
    assert fingerprints(prose(SAID.rpartition("```")[0].encode()), KEY) == MADE  # a stream that was cut
    assert fingerprints(prose(CODE.encode()), KEY) == b""


def test_a_fence_inside_a_longer_one_is_part_of_it() -> None:
    nested = f"````markdown\nSome text of ten or more\n```python\n{CODE}```\n````\n"
    assert digest(b"Some text of ten or more", KEY) in fingerprints(prose(nested.encode()), KEY)


def test_a_tools_strings_are_code() -> None:
    source = json.dumps({"path": "a/very/long/path.py", "edits": [{"text": CODE}]}).encode()
    assert fingerprints(call(source), KEY) == MADE
    assert fingerprints(call(source[:-3]), KEY) == b""


@pytest.mark.parametrize("body", [
    {"choices": [{"message": {"content": SAID}}]},
    {"choices": [{"message": {"tool_calls": [{"function": {"arguments": json.dumps({"text": CODE})}}]}}]},
    {"content": [{"type": "text", "text": SAID}]},
    {"content": [{"type": "tool_use", "input": {"text": CODE}}]},
    {"output": [{"content": [{"text": SAID}]}]},
])  # fmt: skip
def test_answers_in_every_dialect(body: object) -> None:
    assert fingerprints(answer(json.dumps(body).encode()), KEY) == MADE


@pytest.mark.parametrize("body", [b"", b"[", b'{"a": "```', b"[" * 5000, b"```\n" + CODE.encode()])
def test_what_is_no_answer_has_none(body: bytes) -> None:
    assert fingerprints(answer(body), KEY) == b""


@given(st.text(" \tab(\"',1", min_size=1), st.sampled_from(["  ", "\t", ""]))
def test_layout_changes_no_fingerprint(line: str, indent: str) -> None:
    again = (indent + line.replace('"', "'") + "  ,").encode()
    assert norm(again) == norm(line.encode()) == norm(norm(again))


def test_no_other_tenant_makes_the_same_and_there_is_an_end() -> None:
    assert digest(LINES[0], KEY) != digest(LINES[0], OTHER)
    many = "\n".join(f"value_{number} = {number}" for number in range(2 * MOST)).encode()
    kept = fingerprints([many], KEY)
    assert len(kept) == MOST * SIZE
    assert apart(kept)[1] == digest(b"value_1 = 1", KEY)
