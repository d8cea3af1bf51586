"""Events are cut alike however they arrive, and whatever ends their lines."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.gateway import sse
from detente.model.errors import DetenteError

STREAM = 'event: a\ndata: {"x":"é"}\n\n: comment\n\ndata:1\ndata: 2\nid: 7\n\nretry: 5\n\ndata\n\n'


def fed(stream: bytes, cuts: list[int]) -> tuple[list[bytes], bytes]:
    frames = sse.Frames()
    edges = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    events = [event for start, end in pairwise(edges) for event in frames.feed(stream[start:end])]
    return events, frames.close()


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@given(cuts=st.lists(st.integers(0, 500), max_size=12))
def test_the_data_is_the_same_for_every_cut(end: str, mark: str, cuts: list[int]):
    stream = (mark + STREAM.replace("\n", end)).encode()
    events, rest = fed(stream, cuts)
    assert b"".join(events) + rest == stream.removeprefix("\ufeff".encode())
    assert [one for one in map(sse.data, events) if one is not None] == ['{"x":"é"}'.encode(), b"1\n2", b""]


def test_what_is_not_complete_waits():
    frames = sse.Frames()
    assert frames.feed(b"data: 1\n") == []
    assert frames.feed(b"\ndata: 2") == [b"data: 1\n\n"]
    assert frames.close() == b"data: 2"


def test_other_lines_stay_when_data_is_replaced():
    assert (
        sse.replaced(b"event: a\r\ndata: 1\r\ndata: 2\r\nid: 7\r\n\r\n", b"3")
        == b"event: a\r\ndata: 3\r\n:\r\nid: 7\r\n\r\n"
    )
    assert sse.data(sse.replaced(b"data: 1\ndata: 2\n\n", b"3")) == b"3"


def test_an_event_has_a_limit(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sse, "LIMIT", 10)
    with pytest.raises(DetenteError, match="longer than 10 bytes"):
        sse.Frames().feed(b"data: 12345678")
