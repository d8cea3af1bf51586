"""Bedrock's stream, cut anywhere, is the model's events; a damaged one is told, and nothing of it passes."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.gateway.frames import Frames
from detente.model.errors import DetenteError
from gateway.amazon import chunk, cut, exception, message
from gateway.speakers import messages

EVENTS = messages("text", "a text — of some length", 5)
STREAM = b"".join(map(chunk, cut(EVENTS)))


@given(st.sets(st.integers(0, len(STREAM)), max_size=6))
def test_wherever_it_was_cut_the_events_are_those_of_the_model(cuts: set[int]) -> None:
    frames = Frames()
    got = b"".join(frames.feed(STREAM[start:end]) for start, end in pairwise(sorted({0, len(STREAM), *cuts})))
    frames.close()
    assert got == EVENTS


@given(st.integers(0, len(STREAM) - 1), st.integers(1, 255))
def test_one_changed_byte_is_always_found(at: int, change: int) -> None:
    damaged = STREAM[:at] + bytes([STREAM[at] ^ change]) + STREAM[at + 1 :]
    with pytest.raises(DetenteError, match="damaged"):
        Frames().feed(damaged)


def test_a_stream_that_ends_early_is_told() -> None:
    frames = Frames()
    frames.feed(STREAM[:-1])
    with pytest.raises(DetenteError, match="ends within a message"):
        frames.close()


@pytest.mark.parametrize(("kind", "told"), [
    ("throttlingException", "rate_limit_error"),
    ("validationException", "invalid_request_error"),
    ("internalServerException", "api_error"),
])  # fmt: skip
def test_an_exception_is_an_error_as_claudes_clients_know_it(kind: str, told: str) -> None:
    name, data = Frames().feed(exception(kind, "no\nmore")).rstrip().split(b"\n")
    assert name == b"event: error"
    error = json.loads(data.removeprefix(b"data: "))["error"]
    assert error == {"type": told, "message": f"{kind}: no\nmore"}


def test_an_error_of_the_stream_itself_is_told() -> None:
    got = Frames().feed(message({":message-type": "error", ":error-code": "500", ":error-message": "gone"}, b""))
    assert b'"message":"500: gone"' in got


def test_headers_of_every_type_are_passed_over() -> None:
    values = {0: b"", 1: b"", 2: b"1", 3: b"12", 4: b"1234", 5: b"8" * 8, 6: b"\x00\x03abc", 8: b"8" * 8, 9: b"9" * 16}
    extra = b"".join(b"\x01x" + bytes([kind]) + value for kind, value in values.items())
    payload = b'{"bytes":"eyJ0eXBlIjoicGluZyJ9"}'
    assert Frames().feed(message({":message-type": "event"}, payload, extra)) == (
        b'event: ping\ndata: {"type":"ping"}\n\n'
    )


@pytest.mark.parametrize("payload", [
    b"",
    b"[]",
    b'{"bytes":"%%%"}',
    b'{"bytes":"e30="}',
    chunk(b'{"type":"a\\nb"}')[-60:],
])  # fmt: skip
def test_a_payload_that_is_no_event_is_told(payload: bytes) -> None:
    with pytest.raises(DetenteError, match="no event"):
        Frames().feed(message({":message-type": "event"}, payload))


@pytest.mark.parametrize("event", [b'{"type":"a\\nb"}', b'{"type":\n"ping"}'])
def test_no_event_becomes_two(event: bytes) -> None:
    with pytest.raises(DetenteError, match="two events"):
        Frames().feed(chunk(event))


def test_headers_that_go_on_behind_their_end_are_told() -> None:
    with pytest.raises(DetenteError, match="headers"):
        Frames().feed(message({}, b"", b"\x01x\x07"))
