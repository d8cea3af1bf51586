"""A vendor for benchmarks: one answer of about 1 KB, or a stream of 100 deltas, each in a chunk of its own. `python bench/vendor.py PORT PAUSE_MS`"""

import asyncio
import json
import re
import sys

import uvloop

HEAD = {"id": "chatcmpl-1", "created": 1, "model": "gpt-4o", "system_fingerprint": "fp_1"}
USAGE = {"prompt_tokens": 500, "completion_tokens": 160, "total_tokens": 660}


def whole() -> bytes:
    message = {"role": "assistant", "content": "a rather plain answer that goes on for a while " * 13, "refusal": None}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    body = json.dumps(HEAD | {"object": "chat.completion", "choices": [choice], "usage": USAGE}).encode()
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body) + body


def chunks() -> list[bytes]:
    head = HEAD | {"object": "chat.completion.chunk"}
    deltas = [({"content": f"word{at % 10} "}, None) for at in range(100)] + [({}, "stop")]
    events = [
        json.dumps(head | {"choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}]})
        for delta, reason in deltas
    ]
    data = [f"data: {event}\n\n".encode() for event in [*events, "[DONE]"]]
    return [b"%x\r\n%b\r\n" % (len(one), one) for one in data] + [b"0\r\n\r\n"]


STREAM = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Vendor(asyncio.Protocol):
    pause_s = 0.0
    answer, pieces = whole(), chunks()

    def connection_made(self, transport):
        self.transport, self.got = transport, b""

    def data_received(self, data):
        self.got += data
        while (end := self.got.find(b"\r\n\r\n")) >= 0:
            found = LENGTH.search(self.got, 0, end + 2)
            size = end + 4 + (int(found[1]) if found else 0)
            if len(self.got) < size:
                return
            body, self.got = self.got[end + 4 : size], self.got[size:]
            if b'"stream":true' in body or b'"stream": true' in body:
                self.transport.write(STREAM)
                self.next(0)
            else:
                self.transport.write(self.answer)

    def next(self, at):
        while at < len(self.pieces):
            self.transport.write(self.pieces[at])
            at += 1
            if self.pause_s and at < len(self.pieces):
                asyncio.get_running_loop().call_later(self.pause_s, self.next, at)
                return


async def main(port: int, pause_ms: float) -> None:
    Vendor.pause_s = pause_ms / 1e3
    server = await asyncio.get_running_loop().create_server(Vendor, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), float(sys.argv[2])))
