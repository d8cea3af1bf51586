"""What goes through: every endpoint, whole and streamed, text, tools and thinking, redacted and made whole again."""

import json
from base64 import b64decode

import pytest

from detente.gateway.lines import apart, digest, norm
from edge.proxy.conftest import JEWEL, KEY, PROVIDER_KEY, SECRET, World, prompt
from gateway.speakers import SPEAKERS, heard
from gateway.speakers import prompt as spoken

CELLS = [(name, stream, kind) for name in SPEAKERS for stream in (False, True) for kind in ("text", "tool", "thinking")]


@pytest.mark.parametrize("name, stream, kind", CELLS)
def test_a_secret_is_hidden_from_the_vendor_and_comes_back(world: World, name: str, stream: bool, kind: str) -> None:
    body = spoken(name, f"use {SECRET} here", stream=stream)
    status, headers, got = world.ask(SPEAKERS[name].path, body, x_play=kind)
    (seen,) = world.main.seen
    assert status == 200
    assert SECRET.encode() not in seen.body
    assert b"DETENTE_SECRET_" in seen.body
    assert SECRET in (heard(got) if stream else got.decode())
    assert b"DETENTE_" not in got
    assert headers["x-detente-decision"] == world.records()[0]["id"]


@pytest.mark.parametrize("name, stream", [(name, stream) for name in SPEAKERS for stream in (False, True)])
def test_bytes_without_a_finding_are_not_changed(world: World, name: str, stream: bool) -> None:
    body = spoken(name, "nothing to see, é\U0001f511", stream=stream)
    _, headers, got = world.ask(SPEAKERS[name].path, body)
    speaker = SPEAKERS[name]
    said = "nothing to see, é\U0001f511"
    assert world.main.seen[0].body == body
    assert got == (speaker.stream("text", said, 5) if stream else speaker.json("text", said))
    assert headers["x-request-id"] == "up-1"


def test_the_same_history_reaches_the_vendor_with_the_same_bytes(world: World) -> None:
    turns = [
        {"role": "user", "content": f"key {SECRET}"},
        {"role": "assistant", "content": "ok"},
        {"role": "user", "content": "go"},
    ]
    for count in (1, 3):
        world.ask("/v1/messages", {"messages": turns[:count], "model": "m-1"})
    first, second = (seen.body for seen in world.main.seen)
    assert second.startswith(first[: first.index(b"}]")])
    assert SECRET.encode() not in first + second


def test_the_trace_a_client_is_in_goes_on_as_it_came_and_into_the_record(world: World) -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    world.ask("/v1/chat/completions", prompt("hi"), Traceparent=trace)
    assert f"\r\nTraceparent: {trace}\r\n".encode() in world.main.seen[0].head
    assert world.records()[0]["trace"] == trace[3:]


def test_headers_go_on_byte_for_byte_but_for_keys_and_hops(world: World) -> None:
    sent = {
        "Anthropic-Beta": "a,b;c=1",
        "anthropic-version": "2023-06-01",
        "X-Odd": "é".encode().decode("latin-1"),
        "x-hop": "1",
    }
    away = {
        "x-api-key": KEY,
        "cookie": "a=1",
        "te": "trailers",
        "connection": "x-hop, keep-alive",
        "proxy-authorization": "Basic x",
    }
    world.ask("/v1/messages?beta=true", prompt("hi"), **sent, **away)
    (seen,) = world.main.seen
    assert seen.line == "POST /v1/messages?beta=true HTTP/1.1"
    assert b"\r\nAnthropic-Beta: a,b;c=1\r\n" in seen.head
    assert "X-Odd: é".encode() in seen.head
    assert not {"cookie", "te", "connection", "x-hop", "proxy-authorization", "authorization"} & set(seen.headers)
    assert seen.headers["x-api-key"] == PROVIDER_KEY
    assert seen.headers["accept-encoding"] == "identity"
    assert KEY.encode() not in seen.head


def test_the_vendors_key_does_not_come_back_in_its_errors(world: World) -> None:
    status, headers, got = world.ask("/v1/chat/completions", prompt("hi"), x_play="401")
    assert status == 401
    assert b"401, your key was [hidden]" in got
    assert "set-cookie" not in headers


@pytest.mark.parametrize("name, stream", [(name, stream) for name in SPEAKERS for stream in (False, True)])
def test_a_block_is_answered_here_and_the_conversation_goes_on(world: World, name: str, stream: bool) -> None:
    status, headers, got = world.ask(SPEAKERS[name].path, spoken(name, f"see {JEWEL}", stream=stream))
    assert status == 200
    assert headers["x-should-retry"] == "false"
    assert "Détente stopped this prompt" in (heard(got) if stream else json.loads(json.dumps(got.decode())))
    assert world.main.seen == []
    later = spoken(name, "and now?", stream=stream, history=(f"see {JEWEL}", "Détente stopped this prompt"))
    assert world.ask(SPEAKERS[name].path, later)[0] == 200
    assert JEWEL.encode() not in world.main.seen[0].body
    assert [one["outcome"] for one in world.records()] == ["blocked", "redacted"]


def test_other_endpoints(world: World) -> None:
    assert world.ask("/api/hello", None, "GET")[2] == b"{}"
    assert world.ask("/api/hello", None, "HEAD", authorization="")[::2] == (200, b"")
    assert json.loads(world.ask("/v1/models?limit=1000", None, "GET")[2])["data"][0]["id"] == "m-1"
    assert world.ask("/v1/models", None, "HEAD")[::2] == (200, b"")
    assert json.loads(world.ask("/v1/messages/count_tokens", prompt(f"{JEWEL} {SECRET}"))[2])["input_tokens"] == 7
    assert world.ask("/v1/embeddings", {"model": "m-1", "input": [SECRET]})[0] == 200
    assert [one.line.split()[1] for one in world.main.seen] == [
        *("/v1/models?limit=1000", "/v1/models", "/v1/messages/count_tokens", "/v1/embeddings")
    ]
    assert SECRET.encode() not in world.main.seen[2].body + world.main.seen[3].body


def test_what_is_written_down_has_no_text_of_it(world: World) -> None:
    world.ask("/v1/chat/completions", prompt(f"use {SECRET} here", stream=True))
    (record,) = world.records()
    assert SECRET not in json.dumps(record)
    assert record["tenant"] == "default"
    assert record["key"] == record["person"] == "bootstrap"
    assert record["usage"]["read"] == 500
    assert (record["status"], record["outcome"], record["upstream"]) == (200, "redacted", "main")
    ((kind, rule, action, count, _),) = record["hits"]
    assert (kind, rule, action, count) == ("secrets", "tok", "redact", 1)
    assert record["first_ms"] <= record["took_ms"]


@pytest.mark.parametrize("name", SPEAKERS)
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("kind", ["text", "tool"])
def test_code_that_came_is_known_again_by_fingerprints(world: World, name: str, stream: bool, kind: str) -> None:
    """The secret in it was a placeholder for the model, so that line alone is none of the file's."""
    code = f"def total(prices):\n    key = '{SECRET}'\n    return sum(prices)\n"
    said = code if kind == "tool" else f"Here:\n```python\n{code}```\n"
    world.ask(SPEAKERS[name].path, spoken(name, said, stream=stream), x_play=kind)
    (record,) = world.records()
    (caller,) = [world.shared.desk.keeper.identify(KEY.encode(), world.shared.desk.clock())]
    wanted = [digest(norm(line), caller.key) for line in code.encode().split(b"\n")]
    kept = apart(b64decode(record["lines"]))
    assert [one in kept for one in wanted] == [True, False, True, False]
    assert len(kept) == 3
    assert not any(line.strip() in world.journal.read_text() for line in code.split("\n") if line)
