"""Answers as they really come: interleaved, unknown, torn, endless, wrong."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from detente.gateway import stream as streams
from detente.gateway.redact import PLACEHOLDER
from detente.gateway.running import LATE
from detente.gateway.verdict import UnscannedError
from detente.model.verdict import Hit
from gateway.speakers import SECRET, SPEAKERS, dumps, event, events, heard, prompt
from gateway.test_exchange import KINDS, Words, answered, exchange, sent, vendor


def hiding(name: str, answers: str = "warn"):
    """An exchange that has hidden the secret, and its placeholder."""
    asked = exchange(name, answers=answers)
    mark = PLACEHOLDER.findall(sent(asked, prompt(name, SECRET, stream=True)))[0].decode()
    return asked, mark


def opened(name: str, answers: str = "warn"):
    asked = exchange(name, answers=answers)
    sent(asked, prompt(name, "hello", stream=True))
    asked.response_headers(200, "text/event-stream")
    return asked


def delta(text: str, index: int = 0, field: str = "content") -> bytes:
    return event({"choices": [{"index": index, "delta": {field: text}, "finish_reason": None}]})


@pytest.mark.parametrize("field", ["content", "reasoning_content", "a_field_of_tomorrow"])
def test_choices_that_interleave_are_restored_each_by_itself(field: str):
    asked, mark = hiding("chat")
    pieces = [delta(mark[at : at + 5], index, field) for at in range(0, len(mark), 5) for index in (0, 1)]
    came = answered(asked, b"".join(pieces) + b"data: [DONE]\n\n")
    for index in (0, 1):
        said = [one["choices"][0] for one in events(came) if one]
        assert "".join(one["delta"][field] for one in said if one["index"] == index) == SECRET


def test_an_unknown_delta_of_a_block_runs_on():
    asked, mark = hiding("messages")
    pieces = [
        {"type": "content_block_delta", "index": 0, "delta": {"type": "new_delta", "novel": half}}
        for half in (mark[:9], mark[9:])
    ]
    came = answered(asked, b"".join(event(piece, piece["type"]) for piece in pieces))
    assert "".join(one["delta"]["novel"] for one in events(came)) == SECRET


def test_pings_and_comments_wait_for_nobody():
    asked, mark = hiding("messages")
    asked.response_headers(200, "text/event-stream")
    begun = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": mark[:9]}}
    ping = event({"type": "ping"}, "ping")
    assert [asked.feed(event(begun, begun["type"])), asked.feed(ping), asked.feed(b": alive\n\n")] == [
        b"",
        ping,
        b": alive\n\n",
    ]
    assert asked.close() == event(begun, begun["type"])


@pytest.mark.parametrize("name", SPEAKERS)
def test_usage_is_read_and_never_touched(name: str):
    for stream in (True, False):
        asked, _ = hiding(name)
        answered(asked, vendor(name, "text", "hello", stream=stream), stream=stream)
        usage = asked.record().usage
        assert (usage.read, usage.written) == (500, 160)


@pytest.mark.parametrize("name", SPEAKERS)
@pytest.mark.parametrize(
    "torn", [b'data: {"a":\n\n', b"data: nonsense\n\n", b'data: {"choices":"\xff"}\n\n', b'data: {"a":1,"a":2}\n\n']
)
def test_a_malformed_event_ends_the_stream_with_an_error(name: str, torn: bytes):
    asked = opened(name)
    came = asked.feed(torn)
    assert asked.done
    assert asked.feed(vendor(name, "text", "more", stream=True)) + asked.close() == b""
    *_, last = events(came)
    assert "not JSON that everybody reads alike" in json.dumps(last)
    assert (b"event: error\n" in came) == (name != "chat")


@pytest.mark.parametrize("name", SPEAKERS)
def test_half_an_event_is_dropped_at_the_end(name: str):
    whole = vendor(name, "text", "hello", stream=True)
    came = answered(opened(name), whole + b'data: {"half')
    assert came == whole


@pytest.mark.parametrize("name", SPEAKERS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_cut_answer_ends_as_the_dialect_ends(name: str, kind: str):
    asked = exchange(name, answers="block")
    sent(asked, prompt(name, "hello", stream=True))
    came = answered(asked, vendor(name, kind, "one BAD-123456 two", stream=True))
    said = list(events(came))
    assert asked.done
    assert "rule bad" in json.dumps(said)
    assert heard(came).startswith(('{"path": "a.py", "text": "one ', "one "))
    if name == "chat":
        assert (said[-1], said[-2]["choices"][0]["finish_reason"]) == (None, "content_filter")
    elif kind == "tool":
        assert said[-1]["type"] in {"error", "response.failed"}
    else:
        assert said[-1]["type"] in {"message_stop", "response.incomplete"}
    if name == "messages" and kind != "tool":
        opens, closes = (
            [one["index"] for one in said if one["type"] == f"content_block_{what}"] for what in ("start", "stop")
        )
        assert opens == closes == ([0] if kind == "text" else [0, 1])


@given(text=st.text(st.sampled_from("BAD-123456 x"), max_size=60), size=st.integers(1, 12), cut=st.integers(0, 3000))
def test_a_blocked_word_never_leaves_whatever_the_cuts(text: str, size: int, cut: int):
    asked = exchange("messages", answers="block")
    sent(asked, prompt("messages", "hello", stream=True))
    stream = vendor("messages", "text", f"{text}BAD-987654", stream=True, size=size)
    said = heard(answered(asked, stream, [cut % len(stream)]))
    assert not any(f"BAD-{digits}" in said for digits in ("123456", "987654"))
    assert "stopped this answer" in said


def test_only_the_tail_that_could_still_match_waits():
    asked = opened("chat", answers="redact")
    assert asked.feed(delta("a" * 64)) == b""
    assert asked.feed(delta("b" * 64)) == delta("a" * 64)
    assert opened("chat").feed(delta("a")) == delta("a")


def test_an_endless_stream_takes_no_memory():
    asked = opened("chat", answers="redact")
    for _ in range(400):
        asked.feed(delta("word " * 40))
    inner = asked._stream  # the promise is about what is inside
    assert inner
    assert all(len(text.text) < 2 * LATE + 1000 for text in inner._texts.values())
    assert len(inner._queue) <= 2


def test_texts_that_hold_each_other_up_are_stopped(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(streams, "LIMIT", 5000)
    asked = opened("chat", answers="redact")
    came = b"".join(asked.feed(delta("a", 0) if at == 0 else delta("b" * 100, 1)) for at in range(100))
    assert asked.done
    assert b"wait for texts that do not end" in came


def test_what_cannot_be_checked_in_an_answer_ends_it_or_is_noted():
    class Late(Words):
        def scan(self, data: bytes) -> list[Hit]:
            raise UnscannedError("The scan took longer than 50 ms.", frozenset({"injection"}))

    asked = opened("chat", answers="redact")
    watch = asked._watch
    assert watch
    watch.inspector = structs.replace(watch.inspector, scanner=Late())
    whole = vendor("chat", "text", "hello", stream=True)
    assert asked.feed(whole) + asked.close() == whole
    assert asked.record().unscanned == ("injection",)


@pytest.mark.parametrize("name", SPEAKERS)
def test_an_error_of_the_vendor_passes_unchanged(name: str):
    asked, _ = hiding(name)
    asked.response_headers(429, "application/json")
    body = b'{"error" : {"type":"rate_limit_error","message":"slow down"}}'
    assert asked.feed(body) + asked.close() == body
    asked, mark = hiding(name)
    asked.response_headers(502, "text/html")
    assert asked.feed(f"<p>{mark}".encode()) + asked.close() == f"<p>{SECRET}".encode()


@pytest.mark.parametrize("name", SPEAKERS)
def test_a_torn_json_answer_is_an_error(name: str):
    asked, _ = hiding(name)
    asked.response_headers(200, "application/json; charset=utf-8")
    error = json.loads(asked.feed(vendor(name, "text", "x", stream=False)[:-1]) + asked.close())
    assert "not JSON that everybody reads alike" in json.dumps(error["error"])


def test_the_record_has_no_text():
    asked, mark = hiding("chat")
    answered(asked, vendor("chat", "text", f"{mark} BAD-123456", stream=True))
    record = asked.record()
    assert SECRET not in repr(record)
    assert "BAD-123456" not in repr(record)
    assert record.hits == {("secrets", "planted", "redact"): 1, ("secrets", "bad", "warn"): 1}
    assert (record.outcome, record.streamed, record.model, record.hidden) == ("redacted", True, "m-1", 1)
    assert (len(record.prompt), len(record.answer), record.given > record.came - 100) == (64, 64, True)


def test_placeholders_of_an_earlier_turn_can_be_handed_over():
    first, mark = hiding("responses")
    later = type(first)(first._inspector, first._endpoint, known=first.hidden)
    sent(later, dumps({"previous_response_id": "resp_1", "input": "again", "stream": True}))
    assert SECRET in heard(answered(later, vendor("responses", "text", mark, stream=True)))
