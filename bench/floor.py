"""The floor: what asyncio protocols and httptools cost when nothing is looked at. `python bench/floor.py PORT UPSTREAM_PORT`"""

import asyncio
import sys

import httptools
import uvloop

SPARE: list["Up"] = []
OWN = (b"host", b"content-length", b"connection", b"accept-encoding")


class Up(asyncio.Protocol):
    down = None

    def connection_made(self, transport):
        self.transport = transport

    def ask(self, down, request):
        self.down, self.over, self.parser = down, False, httptools.HttpResponseParser(self)
        self.transport.write(request)

    def on_message_complete(self):
        self.over = True

    def data_received(self, data):
        self.parser.feed_data(data)
        self.down.transport.write(data)
        if self.over:
            SPARE.append(self)


class Down(asyncio.Protocol):
    def __init__(self, port):
        self.port = port

    def connection_made(self, transport):
        self.transport, self.parser = transport, httptools.HttpRequestParser(self)
        self.on_message_begin()

    def on_message_begin(self):
        self.url, self.lines, self.body = b"", [], []

    def on_url(self, url):
        self.url += url

    def on_header(self, name, value):
        if name.lower() not in OWN:
            self.lines.append(b"%b: %b\r\n" % (name, value))

    def on_body(self, body):
        self.body.append(body)

    def on_message_complete(self):
        body = b"".join(self.body)
        head = b"POST %b HTTP/1.1\r\nhost: a\r\n%bcontent-length: %d\r\n\r\n" % (
            self.url,
            b"".join(self.lines),
            len(body),
        )
        if SPARE:
            SPARE.pop().ask(self, head + body)
        else:
            self.task = asyncio.get_running_loop().create_task(self.connect(head + body))

    async def connect(self, request):
        _, up = await asyncio.get_running_loop().create_connection(Up, "127.0.0.1", self.port)
        up.ask(self, request)

    def data_received(self, data):
        self.parser.feed_data(data)


async def main(port: int, upstream: int) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: Down(upstream), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), int(sys.argv[2])))
