"""What bad vendors do, and which of several is asked."""

import json
import socket
import time

import pytest

from detente.gateway.dialects import endpoint
from detente.gateway.providers import adapted, credential, load, serving, single, target
from detente.model.errors import DetenteError
from edge.proxy.conftest import KEY, LIMITS, PROVIDER_KEY, SECRET, World, head, prompt
from gateway.speakers import SPEAKERS
from gateway.speakers import prompt as spoken

TWO_PATHS = [("/v1/chat/completions", "code"), ("/v1/messages", "message")]


@pytest.mark.parametrize("path, member", TWO_PATHS)
@pytest.mark.parametrize("play, status, code", [
    ("silent", 504, "gateway_silent"),
    ("garbage", 502, "gateway_upstream"),
    ("cut", 502, "gateway_upstream"),
    ("gzip", 502, "gateway_upstream"),
    ("plain", 502, "gateway_upstream"),
    ("307", 502, "gateway_upstream"),
])  # fmt: skip
def test_a_vendor_that_fails_is_told_in_the_dialect(
    world: World, path: str, member: str, play: str, status: int, code: str
) -> None:
    started = time.monotonic()
    got = world.ask(path, prompt("hi"), x_play=play)
    assert got[0] == status
    assert code in json.loads(got[2])["error"][member]
    assert time.monotonic() - started < 3 * LIMITS.silence_s
    assert world.records()[0]["code"] == code.replace("_", "-")
    assert world.records()[0]["status"] == status


def test_a_vendors_own_errors_pass_as_they_are(world: World) -> None:
    status, headers, got = world.ask("/v1/chat/completions", prompt("hi"), x_play="429")
    assert (status, headers["x-request-id"]) == (429, "up-1")
    assert json.loads(got)["error"]["type"] == "t"
    assert "x-should-retry" not in headers


@pytest.mark.parametrize("name", SPEAKERS)
@pytest.mark.parametrize("play", ["cut", "watch"])
def test_a_stream_that_breaks_off_says_so(world: World, name: str, play: str) -> None:
    status, _, got = world.ask(SPEAKERS[name].path, spoken(name, "a long text " * 20, stream=True), x_play=play)
    assert status == 200
    last = got.rstrip().rpartition(b"data: ")[2]
    assert b"gateway_" + (b"upstream" if play == "cut" else b"silent") in last
    assert json.loads(last)


def test_a_stream_that_ends_with_its_connection_is_whole(world: World) -> None:
    speaker = SPEAKERS["messages"]
    _, _, got = world.ask(speaker.path, spoken("messages", "text", stream=True), x_play="close")
    assert got == speaker.stream("text", "text", 5)


def test_the_next_upstream_is_asked_and_calls_the_model_otherwise(world: World) -> None:
    status, _, _ = world.ask("/v1/chat/completions?a=1", prompt("hi", model="f-1"))
    (seen,) = world.spare.seen
    assert status == 200
    assert seen.line == "POST /other/chat/completions?from=detente&a=1 HTTP/1.1"
    assert json.loads(seen.body)["model"] == "spare-1"
    assert "authorization" not in seen.headers
    assert world.records()[0]["upstream"] == "spare"
    assert world.records()[0]["model"] == "f-1"


def test_nobody_serves_it(world: World) -> None:
    status, _, got = world.ask("/v1/messages", prompt("hi", model="z-9"))
    assert status == 404
    assert b"Nobody serves this model" in got


def test_a_dead_spare_connection_is_replaced(world: World) -> None:
    assert (
        world.ask(
            "/v1/chat/completions",
            prompt("hi"),
            x_play="close",
        )[0]
        == 200
    )
    assert world.ask("/v1/chat/completions", prompt("hi"))[0] == 200
    for upstream in world.shared.upstreams:
        assert upstream.due > 0


def test_a_client_that_leaves_calls_the_vendor_off(world: World) -> None:
    body = json.dumps(prompt("hi " * 200, stream=True)).encode()
    with socket.create_connection(("127.0.0.1", world.port), timeout=5) as link:
        link.sendall(head("/v1/chat/completions", "x-play: slow", f"content-length: {len(body)}", "") + body)
        assert link.recv(50).startswith(b"HTTP/1.1 200 ")
    _until(lambda: world.main.gone == 1 and len(world.records()) == 1)
    (record,) = world.records()
    assert (record["status"], record["outcome"]) == (200, "left")
    assert record["usage"]["written"] == -1
    assert record["priced"] is False


def test_a_client_that_reads_slowly_slows_the_vendor_down(world: World) -> None:
    body = json.dumps(prompt("x" * 400, stream=True)).encode()
    with socket.socket() as link:
        link.settimeout(5)
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        link.connect(("127.0.0.1", world.port))
        link.sendall(
            head("/v1/chat/completions", "x-play: flood", f"content-length: {len(body)}", "connection: close", "")
            + body
        )
        _until(lambda: any(upstream.due == float("inf") for upstream in world.shared.upstreams))
        held = max(client.transport.get_write_buffer_size() for client in world.shared.clients)  # type: ignore[attr-defined]
        assert held < 2 << 20
        size = 0
        while more := link.recv(1 << 16):
            size += len(more)
    assert size > 400 * 20_000
    assert world.records()[0]["status"] == 200


def test_a_client_that_reads_nothing_is_given_up(world: World) -> None:
    body = json.dumps(prompt("x" * 400, stream=True)).encode()
    with socket.create_connection(("127.0.0.1", world.port), timeout=5) as link:
        link.sendall(head("/v1/chat/completions", "x-play: flood", f"content-length: {len(body)}", "") + body)
        _until(lambda: len(world.records()) == 1)
    assert world.records()[0]["code"] == ""
    assert world.records()[0]["given"] < 400 * 20_000


def _until(true: object, wait_s: float = 5.0) -> None:
    assert callable(true)
    ends = time.monotonic() + wait_s
    while not true():
        assert time.monotonic() < ends
        time.sleep(0.02)


FILE = """
upstreams:
  - {name: openai, url: "https://api.openai.com/v1", style: openai, key: OPENAI_API_KEY, models: [gpt-*]}
  - {name: azure, url: "https://r.openai.azure.com/openai/deployments/{model}?api-version=2024-10-21", style: azure, models: [gpt-*]}
  - {name: claude, url: "https://api.anthropic.com", style: anthropic, models: [claude-*]}
  - {name: bedrock, url: "https://bedrock-runtime.eu-west-1.amazonaws.com", style: bedrock, names: {claude-x: "eu.claude-x:0"}}
  - {name: vertex, url: "https://h/v1/projects/p/locations/l/publishers/anthropic", style: vertex}
  - {name: local, url: "http://127.0.0.1:8000/v1"}
"""


def test_each_style_has_its_path_its_key_and_its_body() -> None:
    openai, azure, claude, bedrock, vertex, local = load(FILE, "gateway.yaml")
    assert target(openai, "chat/completions", "", "gpt-4o", stream=False) == b"/v1/chat/completions"
    assert target(azure, "embeddings", "a=1", "gpt 4/o?", stream=False) == (
        b"/openai/deployments/gpt%204%2Fo%3F/embeddings?api-version=2024-10-21&a=1"
    )
    assert target(claude, "messages", "beta=true", "claude-x", stream=True) == b"/v1/messages?beta=true"
    assert target(bedrock, "messages", "", "claude-x", stream=False) == b"/model/eu.claude-x:0/invoke"
    assert target(vertex, "messages", "", "claude-x@1", stream=True) == (
        b"/v1/projects/p/locations/l/publishers/anthropic/models/claude-x@1:streamRawPredict"
    )
    body = b'{"stream": true, "model": "claude-x", "messages": []}'
    assert adapted(bedrock, body, "claude-x") == b'{ "anthropic_version":"bedrock-2023-05-31", "messages": []}'
    assert (
        adapted(bedrock, b'{"model":"claude-x","stream":true}', "claude-x")
        == b'{"anthropic_version":"bedrock-2023-05-31"}'
    )
    assert (
        adapted(vertex, body, "claude-x")
        == b'{"stream": true, "anthropic_version":"vertex-2023-10-16", "messages": []}'
    )
    assert adapted(local, body, "claude-x") is body
    assert credential("azure", "k", anthropic=False) == b"api-key: k\r\n"
    assert (
        credential("any", "k", anthropic=True) == credential("anthropic", "k", anthropic=False) == b"x-api-key: k\r\n"
    )
    assert credential("vertex", "k", anthropic=True) == b"authorization: Bearer k\r\n"
    assert credential("any", "", anthropic=True) == b""


def test_who_can_answer() -> None:
    found = load(FILE, "gateway.yaml")

    def names(path: str, model: str, method: str = "POST", *, anthropic: bool = False) -> list[str]:
        served = endpoint(method, path)
        assert served
        return [one.name for one in serving(found, served, model, anthropic=anthropic)]

    assert names("/v1/chat/completions", "gpt-4o") == ["openai", "azure", "local"]
    assert names("/v1/messages", "claude-x") == ["claude", "bedrock", "vertex", "local"]
    assert names("/v1/messages/count_tokens", "claude-x") == ["claude", "local"]
    assert names("/v1/models", "", "GET") == ["openai", "azure", "local"]
    assert names("/v1/models", "", "GET", anthropic=True) == ["claude", "local"]


@pytest.mark.parametrize(
    "url", ["ftp://a", "https://", "https://u:p@a/v1", "https://a/#x", "https://a b/", "a.example/v1", "https://a/\n"]
)
def test_addresses_that_cannot_be_are_refused(url: str) -> None:
    with pytest.raises(DetenteError, match="address such as"):
        single(url, None)


def test_mistakes_in_the_file_are_told_with_their_place() -> None:
    with pytest.raises(DetenteError) as error:
        load("upstreams:\n  - {name: a, url: 'http://a'}\n  - {name: a, url: 'http://b'}", "gateway.yaml")
    assert "gateway.yaml:3:12 upstreams[1].name: found 'a' a second time" in error.value.why
    with pytest.raises(DetenteError, match="environment variable"):
        load("upstreams: [{name: a, url: 'http://a', key: sk-123}]", "gateway.yaml")
    with pytest.raises(DetenteError):
        load("upstreams: []", "gateway.yaml")


def test_keys_stay_apart(world: World) -> None:
    _, headers, got = world.ask("/v1/messages", prompt(SECRET))
    shown = json.dumps(headers).encode() + got
    assert PROVIDER_KEY.encode() not in shown
    assert KEY.encode() not in world.main.seen[0].head + world.main.seen[0].body
