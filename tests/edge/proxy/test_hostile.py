"""What a bad client sends: each gets one clear answer, or none, and nothing of it reaches a vendor."""

import gzip
import json
import socket
import time
import zlib

import brotli
import pytest
import zstandard

from edge.proxy.conftest import KEY, LIMITS, SECRET, World, head, prompt

BODY = json.dumps(prompt("hi")).encode()
LENGTH = f"content-length: {len(BODY)}"


def request(
    *lines: str, body: bytes = BODY, path: str = "/v1/chat/completions", method: str = "POST", key: str = KEY
) -> bytes:
    return head(path, *lines, "", method=method, key=key) + body


def raw(text: str, body: bytes = BODY) -> bytes:
    return text.replace("\n", "\r\n").encode() + body


START = f"POST /v1/messages HTTP/1.1\nhost: a\nx-api-key: {KEY}\n"
SMUGGLED = {
    "both lengths": raw(f"{START}{LENGTH}\ntransfer-encoding: chunked\n\n", b"0\r\n\r\n"),
    "lengths the other way": raw(f"{START}transfer-encoding: chunked\n{LENGTH}\n\n", b"0\r\n\r\n"),
    "length twice": raw(f"{START}{LENGTH}\n{LENGTH}\n\n"),
    "a list of lengths": raw(f"{START}{LENGTH}, {len(BODY)}\n\n"),
    "a signed length": raw(f"{START}content-length: +{len(BODY)}\n\n"),
    "space before the colon": raw(f"{START}content-length : {len(BODY)}\n\n"),
    "folded header": raw(f"{START}x-odd: a\n b\n{LENGTH}\n\n"),
    "bare line feed": f"{START}{LENGTH}\n\n".encode() + BODY,
    "one bare line feed": raw(f"{START}x: y").replace(b"x: y", b"x: y\n") + LENGTH.encode() + b"\r\n\r\n" + BODY,
    "bare carriage return": raw(f"{START}x: a\rb\n{LENGTH}\n\n"),
    "zero byte": raw(f"{START}x: a\0b\n{LENGTH}\n\n"),
    "another coding first": raw(f"{START}transfer-encoding: gzip, chunked\n\n", b"0\r\n\r\n"),
    "coding twice": raw(f"{START}transfer-encoding: chunked\ntransfer-encoding: chunked\n\n", b"0\r\n\r\n"),
    "unknown coding": raw(f"{START}transfer-encoding: xchunked\n\n", b"0\r\n\r\n"),
    "chunks in HTTP/1.0": raw(START.replace("1.1", "1.0") + "transfer-encoding: chunked\n\n", b"0\r\n\r\n"),
    "chunk size in hex notation": raw(f"{START}transfer-encoding: chunked\n\n", b"0x5\r\nhello\r\n0\r\n\r\n"),
    "chunk longer than told": raw(f"{START}transfer-encoding: chunked\n\n", b"2\r\nhello\r\n0\r\n\r\n"),
    "chunk with a bare line feed": raw(f"{START}transfer-encoding: chunked\n\n", b"5\nhello\n0\n\n"),
    "huge chunk size": raw(f"{START}transfer-encoding: chunked\n\n", b"fffffffffffffffff\r\nhello\r\n0\r\n\r\n"),
    "no host": raw(f"POST /v1/messages HTTP/1.1\nx-api-key: {KEY}\n{LENGTH}\n\n"),
    "two hosts": raw(f"{START}host: b\n{LENGTH}\n\n"),
    "whole address": raw(f"POST http://evil.example/v1/messages HTTP/1.1\nhost: a\nx-api-key: {KEY}\n{LENGTH}\n\n"),
    "another version": raw(f"POST /v1/messages HTTP/2.0\nhost: a\nx-api-key: {KEY}\n{LENGTH}\n\n"),
    "unknown expectation": raw(f"{START}expect: magic\n{LENGTH}\n\n"),
    "tls": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
}


@pytest.mark.parametrize("name", SMUGGLED)
def test_what_could_be_read_in_two_ways_is_refused(world: World, name: str) -> None:
    got = world.talk(SMUGGLED[name])
    assert got.startswith(b"HTTP/1.1 400 ")
    assert b"gateway_http" in got
    assert b"\r\nconnection: close\r\n" in got
    assert got.count(b"content-length") == 1
    assert world.main.seen == []


def test_there_are_no_websockets(world: World) -> None:
    asked = request("upgrade: websocket", "connection: upgrade", method="GET", path="/v1/responses", body=b"")
    assert world.talk(asked).startswith(b"HTTP/1.1 426 ")  # at which clients go on over HTTP


def test_who_sends_ahead_gets_one_answer(world: World) -> None:
    both = request(LENGTH) + request("content-length: 2", body=b"{}")
    got = world.talk(both)
    assert got.startswith(b"HTTP/1.1 200 ")
    assert got.count(b"HTTP/1.1") == 1
    assert len(world.main.seen) == 1
    assert world.talk(request(LENGTH, "x-play: slow"), request(LENGTH)).count(b"HTTP/1.1") == 1


def test_chunks_are_read_and_framed_anew(world: World) -> None:
    pieces = [BODY[:10], BODY[10:]]
    chunks = b"".join(b"%x;ext=1\r\n%b\r\n" % (len(one), one) for one in pieces) + b"0\r\nx-trailer: 1\r\n\r\n"
    got = world.talk(request("transfer-encoding: chunked", "connection: close", body=chunks))
    (seen,) = world.main.seen
    assert got.startswith(b"HTTP/1.1 200 ")
    assert seen.body == BODY
    assert seen.headers["content-length"] == str(len(BODY))
    assert not {"transfer-encoding", "x-trailer"} & set(seen.headers)


def test_any_cut_of_the_bytes_is_the_same_request(world: World) -> None:
    whole = request(LENGTH, "connection: close")
    for at in (1, 5, 30, 70, len(whole) - len(BODY) - 1, len(whole) - 1):
        assert world.talk(whole[:at], whole[at:]).startswith(b"HTTP/1.1 200 ")
    assert {seen.body for seen in world.main.seen} == {BODY}


def test_one_connection_asks_again_and_again(world: World) -> None:
    got = world.talk(request(LENGTH), wait=0.3)
    with socket.create_connection(("127.0.0.1", world.port), timeout=5) as link:
        for _ in range(3):
            link.sendall(request(LENGTH))
            assert _read(link, len(got)).startswith(b"HTTP/1.1 200 ")
    assert len(world.main.seen) == 4
    assert world.main.connections == 1 or len(world.shared.upstreams) <= world.main.connections


def _read(link: socket.socket, size: int) -> bytes:
    got = b""
    while len(got) < size:
        got += link.recv(size - len(got))
    return got


def test_expect_continue(world: World) -> None:
    with socket.create_connection(("127.0.0.1", world.port), timeout=5) as link:
        link.sendall(request(LENGTH, "expect: 100-continue", "connection: close", body=b""))
        assert link.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        link.sendall(BODY)
        assert link.recv(100).startswith(b"HTTP/1.1 200 ")


def test_a_wrong_key_is_told_before_the_body_is_sent(world: World) -> None:
    got = world.talk(request("content-length: 999999", "expect: 100-continue", body=b"", key="wrong"))
    assert got.startswith(b"HTTP/1.1 401 ")
    assert b"gateway_key" in got
    assert b"wrong" not in got
    assert world.talk(request("content-length: 999999", body=b"{", key="wrong")).startswith(b"HTTP/1.1 401 ")
    assert world.main.seen == []


def test_a_valid_key_counts_wherever_it_stands(world: World) -> None:
    assert (
        world.ask("/v1/chat/completions", prompt("hi"), authorization="Bearer old-vendor-key", x_api_key=KEY)[0] == 200
    )
    assert world.ask("/v1/chat/completions", prompt("hi"), authorization="", api_key=KEY)[0] == 200
    assert b"old-vendor-key" not in world.main.seen[0].head


@pytest.mark.parametrize(
    "path",
    ["/", "/v1/files", "/v1/messages/../files", "/v1/messages%2Fbatches", "//v1/messages", "/v1/messages/batches"],
)
def test_what_is_not_served_is_not_passed_on(world: World, path: str) -> None:
    status, _, got = world.ask(path, prompt("hi"))
    assert status == 404
    assert b"is not served" in got
    assert world.ask("/v1/messages", None, "GET")[0] == 404
    assert world.ask("/v1/chat/completions", prompt("hi"), "DELETE")[0] == 404
    assert world.main.seen == []


def test_too_much_is_told_at_once(world: World) -> None:
    assert world.talk(request(f"content-length: {LIMITS.body + 1}", body=b"{")).startswith(b"HTTP/1.1 413 ")
    endless = b"%x\r\n%b\r\n" % (LIMITS.body // 2, b" " * (LIMITS.body // 2))
    assert world.talk(request("transfer-encoding: chunked", body=endless * 3)).startswith(b"HTTP/1.1 413 ")
    assert world.talk(request(*["x-a: b"] * 200, LENGTH)).startswith(b"HTTP/1.1 413 ")
    assert world.talk(request("x-a: " + "b" * LIMITS.head, LENGTH)).startswith(b"HTTP/1.1 413 ")
    assert world.talk(b"POST /" + b"a" * 20_000, b"a" * 20_000).startswith(b"HTTP/1.1 413 ")
    assert world.shared.held == 0
    assert world.main.seen == []


def test_all_bodies_together_are_bounded(world: World) -> None:
    size = LIMITS.body - 1
    links = [socket.create_connection(("127.0.0.1", world.port), timeout=5) for _ in range(5)]
    for link in links:
        link.sendall(request(f"content-length: {size}", body=b" " * (size - 1)))
    answers = [link.recv(1000) for link in links]
    for link in links:
        link.close()
    assert sum(got.startswith(b"HTTP/1.1 503 ") for got in answers) == 1
    assert sum(got.startswith(b"HTTP/1.1 408 ") for got in answers) == 4
    assert world.shared.held == 0


def test_slow_clients_are_not_waited_for(world: World) -> None:
    started = time.monotonic()
    assert world.talk(b"") == b""
    assert world.talk(b"POST /v1/messages HTTP/1.1\r\nhost: a\r\n").startswith(b"HTTP/1.1 408 ")
    assert world.talk(request(LENGTH, body=BODY[:-1])).startswith(b"HTTP/1.1 408 ")
    assert time.monotonic() - started < 10 * (LIMITS.head_s + LIMITS.body_s)
    assert world.main.seen == []


def test_half_a_request_is_none(world: World) -> None:
    with socket.create_connection(("127.0.0.1", world.port), timeout=5) as link:
        link.sendall(request(LENGTH, body=BODY[:-1]))
        link.shutdown(socket.SHUT_WR)
        assert link.recv(100) == b""
    assert world.main.seen == []
    assert world.shared.held == 0


BODIES = {
    "malformed": b'{"model": "m-1", "messages": [',
    "nested": b'{"model":"m-1","messages":' + b"[" * 100 + b"]" * 100 + b"}",
    "key twice": b'{"model":"m-1","model":"m-2","messages":[]}',
    "not UTF-8": b'{"model":"m-1","messages":[{"role":"user","content":"\xff"}]}',
    "no object": b"[1]",
    "empty": b"",
    "a form": b"model=m-1&messages=hi",
}


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages", "/v1/responses"])
def test_bodies_that_are_not_json_get_the_dialects_error(world: World, name: str, path: str) -> None:
    status, headers, got = world.ask(path, BODIES[name])
    told = json.loads(got)
    assert status == 400
    assert headers["x-should-retry"] == "false"
    assert "gateway_body" in (told["error"]["message"] if path == "/v1/messages" else told["error"]["code"])
    assert world.main.seen == []
    assert world.records()[0]["outcome"] == "refused"


PACKED = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.compress,
    "identity": bytes,
}


@pytest.mark.parametrize("coding", PACKED)
def test_compressed_bodies_are_inspected_too(world: World, coding: str) -> None:
    body = json.dumps(prompt(f"use {SECRET}")).encode()
    status, _, got = world.ask("/v1/chat/completions", PACKED[coding](body), content_encoding=coding)
    (seen,) = world.main.seen
    assert status == 200
    assert SECRET.encode() in got
    assert SECRET.encode() not in seen.body
    assert b"DETENTE_SECRET_" in seen.body
    assert "content-encoding" not in seen.headers


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_bombs_and_torn_bodies_are_refused(world: World, coding: str) -> None:
    packed = PACKED[coding](BODY)
    bomb = PACKED[coding](b" " * (LIMITS.body * 40))
    cases = {packed[:-3]: 415, packed + b"x": 415, b"\x00\x01": 415, b"": 415, bomb: 413}
    for sent, status in cases.items():
        assert world.ask("/v1/chat/completions", sent, content_encoding=coding)[0] == status
    assert world.ask("/v1/chat/completions", BODY, content_encoding="compress")[0] == 415
    assert world.ask("/v1/chat/completions", BODY, content_encoding=f"{coding}, {coding}")[0] == 415
    assert world.main.seen == []


def test_a_large_prompt_is_inspected_aside(world: World) -> None:
    text = "x " * LIMITS.aside + SECRET
    status, _, got = world.ask("/v1/messages", prompt(text))
    assert status == 200
    assert SECRET.encode() in got
    assert SECRET.encode() not in world.main.seen[0].body
