"""A model server that does everything wrong on request, for the soak: `python bench/hostile.py PORT PLANT`.

The prompt says what it does: `[[do=json]]`, `spends` (the same, counted by itself), `stream`, `slow`, `reset` (drops the line in mid-stream), `malformed`, or a status; and
`[[echo]]TEXT[[/echo]]` is what it answers. It counts every body in which PLANT stands, however its
JSON is escaped, which no gateway may let through. `GET /count` tells.
"""

import asyncio
import json
import re
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from gateway.speakers import SPEAKERS

DO, ECHO = re.compile(rb"\[\[do=(\w+)\]\]"), re.compile(rb"\[\[echo\]\](.*?)\[\[/echo\]\]")
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
PATHS = {speaker.path.split("?")[0].encode(): speaker for speaker in SPEAKERS.values()}
PIECE = 7
"""Characters in one event: placeholders are cut everywhere."""

STREAM = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
BROKEN = b'data: {"choices": [{"delta": \n\n'
FAULT = b'{"error": {"message": "asked for", "type": "mock", "code": null}}'


class Server(asyncio.Protocol):
    """One connection, one request at a time."""

    plant, seen = b"", Counter()

    def connection_made(self, transport):
        self.transport, self.data, self.task = transport, b"", None

    def data_received(self, data):
        self.data += data
        head, found, rest = self.data.partition(b"\r\n\r\n")
        wanted = int(length[1]) if (length := LENGTH.search(head)) else 0
        if found and len(rest) >= wanted:
            self.data = rest[wanted:]
            self.task = asyncio.ensure_future(self.answer(head.split(b" ", 2)[1].split(b"?")[0], rest[:wanted]))

    def connection_lost(self, _):
        if self.task:
            self.task.cancel()

    async def answer(self, path, body):
        if path == b"/count":
            self.whole(b"200", json.dumps(self.seen).encode())
            return
        if path not in PATHS:
            self.whole(b"404", FAULT)
            return
        said, echo = DO.findall(body), ECHO.findall(body)
        do, text = said[-1].decode() if said else "json", echo[-1].decode() if echo else "all is well"
        self.seen.update(
            {"asked": 1, "leaked": self.plant in body or self.plant in plain(body), do: 1, path.decode(): 1}
        )
        speaker = PATHS[path]
        if do in ("json", "spends"):
            self.whole(b"200", speaker.json("text", text))
        elif do.isdigit():
            self.whole(do.encode(), FAULT)
        else:
            events = [BROKEN] if do == "malformed" else speaker.stream("text", text, PIECE).split(b"\n\n")[:-1]
            await self.stream(events, do)

    def whole(self, status, body):
        head = b"HTTP/1.1 %s Said\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
        self.transport.write(head % (status, len(body)) + body)

    async def stream(self, events, do):
        self.transport.write(STREAM)
        for event in events[:3] if do == "reset" else events:
            self.transport.write(b"%x\r\n%s\n\n\r\n" % (len(event) + 2, event))
            if do in ("slow", "reset"):
                await asyncio.sleep(0.002)
        if do == "reset":
            self.transport.abort()
        else:
            self.transport.write(b"0\r\n\r\n")


def plain(body):
    """Its texts, whatever was escaped in them."""
    return json.dumps(json.loads(body), ensure_ascii=False).encode() if b"\\u" in body else b""


async def main(port, plant):
    Server.plant = plant.encode()
    server = await asyncio.get_running_loop().create_server(Server, "127.0.0.1", int(port), backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
