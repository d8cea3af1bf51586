"""A vendor on a real socket: answers in every dialect, whole or streamed, and breaks in every way a header `x-play` asks for."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from gateway.amazon import chunk, cut, exception
from gateway.speakers import SPEAKERS, Speaker, dumps, messages, messages_json

KINDS = ("text", "tool", "thinking")


@dataclass
class Seen:
    """A request as it arrived."""

    line: str
    headers: dict[str, str]
    head: bytes
    body: bytes


@dataclass
class Model:
    """One vendor. `seen` is what reached it, `gone` how many clients left before their answer was complete."""

    key: str = ""
    seen: list[Seen] = field(default_factory=list)
    connections: int = 0
    gone: int = 0
    port: int = 0

    async def start(self) -> asyncio.Server:
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while await self._one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.transport.abort()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines if line)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self.seen.append(Seen(first, headers, head, body))
        plays = headers.get("x-play", "").split()
        try:
            async for piece in self._play(first, body, plays):
                writer.write(piece)
                await writer.drain()
        except ConnectionError:
            self.gone += 1
            raise
        if "watch" in plays and not await reader.read(1):
            self.gone += 1
        return not {"cut", "close", "reset"} & set(plays)

    async def _play(self, line: str, body: bytes, plays: list[str]) -> AsyncIterator[bytes]:
        """The answer in pieces. Words of `x-play`: a kind of text, a status, or a fault."""
        speaker = next(
            (
                one
                for one in SPEAKERS.values()
                if f"/{one.path.partition('?')[0].rpartition('/v1/')[2]} " in _plain(line)
            ),
            None,
        )
        if "silent" in plays or "reset" in plays:
            await asyncio.sleep(5 if "silent" in plays else 0)
            return
        if "garbage" in plays:
            yield b"SSH-2.0-OpenSSH_9.9\r\n"
            return
        if " /model/" in line:
            yield bedrock(line, body, plays)
            return
        status = next((int(one) for one in plays if one.isdecimal()), 200)
        if status != 200:
            yield whole(status, dumps({"error": {"message": f"{status}, your key was {self.key}", "type": "t"}}))
        elif speaker is None:
            yield whole(200, dumps({"object": "list", "data": [{"id": "m-1", "object": "model"}], "input_tokens": 7}))
        else:
            async for piece in answer(speaker, body, plays):
                yield piece


def bedrock(line: str, body: bytes, plays: list[str]) -> bytes:
    """Bedrock takes a model from the path, and streams in messages of its own."""
    read = json.loads(body)
    assert read["anthropic_version"] == "bedrock-2023-05-31"
    assert "/model/eu.claude:0/" in line
    assert not {"model", "stream"} & set(read)
    if "with-response-stream" not in line:
        return whole(200, messages_json("text", said(body)))
    told = [chunk(one) for one in cut(messages("text", said(body), 5))]
    if "throttled" in plays:
        told[3:] = [exception("throttlingException", "Too many tokens")]
    stream = b"".join(told)
    return whole(200, stream[:-9] if "torn" in plays else stream, "application/vnd.amazon.eventstream")


def _plain(line: str) -> str:
    return line.replace("?", " ")


def whole(status: int, body: bytes, media: str = "application/json", extra: str = "") -> bytes:
    head = f"HTTP/1.1 {status} Whatever\r\ncontent-type: {media}\r\nX-Request-Id: up-1\r\nset-cookie: a=b\r\n{extra}"
    return f"{head}content-length: {len(body)}\r\n\r\n".encode() + body


def said(body: bytes) -> str:
    """The text of the last turn, which this model repeats."""
    read = json.loads(body)
    turns = read.get("messages") or read.get("input")
    text = turns[-1]["content"] if isinstance(turns, list) else turns
    return text if isinstance(text, str) else "".join(one.get("text", "") for one in text)


async def answer(speaker: Speaker, body: bytes, plays: list[str]) -> AsyncIterator[bytes]:
    kind, text = next((one for one in plays if one in KINDS), "text"), said(body)
    if not json.loads(body).get("stream"):
        plain = speaker.json(kind, text)
        sent = whole(
            200,
            plain,
            "text/plain" if "plain" in plays else "application/json",
            "content-encoding: gzip\r\n" if "gzip" in plays else "",
        )
        await asyncio.sleep(0.3 if "slow" in plays else 0)
        yield sent[: len(sent) // 2] if "cut" in plays else sent
        return
    head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\nX-Request-Id: up-1\r\n"
    yield (head + ("connection: close\r\n\r\n" if "close" in plays else "transfer-encoding: chunked\r\n\r\n")).encode()
    stream = speaker.stream(kind, text * (20_000 if "flood" in plays else 1), 5 if "flood" not in plays else 1 << 16)
    cut = len(stream) // 2 if "cut" in plays or "watch" in plays else len(stream)
    for at in range(0, cut, 97 if "flood" not in plays else 1 << 16):
        piece = stream[at : min(cut, at + (97 if "flood" not in plays else 1 << 16))]
        yield piece if "close" in plays else b"%x\r\n%b\r\n" % (len(piece), piece)
        await asyncio.sleep(0.02 if "slow" in plays else 0)
    if not {"cut", "close", "watch"} & set(plays):
        yield b"0\r\n\r\n"
