"""One connection to an upstream: it asks, reads the answer strictly, and is kept for the next request only if nothing about it was odd."""

import asyncio
from typing import Protocol, cast

import httptools

from detente.edge.proxy.limits import Limits

_DROPPED = frozenset(
    {
        *(b"connection", b"keep-alive", b"proxy-connection", b"te", b"trailer", b"transfer-encoding", b"upgrade"),
        *(b"content-length", b"set-cookie", b"alt-svc", b"proxy-authenticate", b"x-detente-decision"),
    }
)
"""What concerns this connection, or the vendor's own host, and not the client."""


class Receiver(Protocol):
    """Who waits for an answer."""

    def answered(self, status: int, lines: bytes, media: str, coding: bytes) -> None:
        """The head came: its header lines for the client, and what the body is."""
        ...

    def came(self, data: bytes) -> None:
        """Some of the body."""
        ...

    def ended(self) -> None:
        """The answer is complete."""
        ...

    def failed(self, why: str, *, silent: bool = False) -> None:
        """There will be no more: the connection broke, or the other side was `silent` for too long."""
        ...


class Outbound(asyncio.Protocol):
    """One connection. `due` is when it has been silent, or spare, for too long; `used` says that it served before."""

    transport: asyncio.Transport

    def __init__(self, limits: Limits, loop: asyncio.AbstractEventLoop) -> None:
        self.due, self.used, self.open = float("inf"), False, True
        self._limits, self._now = limits, loop.time
        self._receiver: Receiver | None = None
        self._keep = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the loop."""

        self.transport = cast(asyncio.Transport, transport)

    def ask(self, receiver: Receiver, head: bytes, body: bytes) -> None:
        """Send a request whose answer `receiver` gets."""
        self._receiver, self._parser = receiver, httptools.HttpResponseParser(self)
        self._lines: list[bytes] = []
        self._pieces: list[bytes] = []
        self._media = self._coding = b""
        self._status = self._size = 0
        self._told = self._whole = self._framed = False
        self.due = self._now() + self._limits.silence_s
        self.transport.writelines([head, body])

    def data_received(self, data: bytes) -> None:
        """Called by the loop."""
        receiver = self._receiver
        if receiver is None:  # an answer to no question would be taken for that to the next one
            self.transport.abort()
            return
        self.due = self._now() + self._limits.silence_s
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as fault:
            if not self._whole:
                self._break(f"its answer is no HTTP ({fault})")
                return
            self._keep = False
        self._tell(receiver)

    def _tell(self, receiver: Receiver) -> None:
        """Hand on what was read. The receiver may let go of this connection at any step."""
        if self._status and not self._told:
            self._told = True
            media = self._media.decode("latin-1")
            receiver.answered(self._status, b"".join(self._lines), media, self._coding.strip().lower())
        if self._pieces and self._receiver is receiver:
            data, self._pieces = b"".join(self._pieces), []
            receiver.came(data)
        if self._whole and self._receiver is receiver:
            self._receiver, self.used = None, True
            if not self._keep:
                self.transport.close()
                self.open = False
            receiver.ended()
        if not self._told and self._size > self._limits.head:
            self._break("the head of its answer is too large")

    def let_go(self) -> None:
        """Nobody wants the rest: the connection goes, for the answer on it is half read."""
        self._receiver, self.open = None, False
        self.transport.abort()

    def expire(self) -> None:
        """`due` is over."""
        if self._receiver is None:
            self.open = False
            self.transport.close()
        else:
            self._break("it was silent for too long", silent=True)

    def pause(self) -> None:
        """The client reads too slowly: nothing more is taken, and nobody is blamed for silence."""
        self.due = float("inf")
        self.transport.pause_reading()

    def resume(self) -> None:
        """The client has caught up."""
        self.due = self._now() + self._limits.silence_s
        if self.open:
            self.transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the loop. An answer without a length ends with its connection."""
        self.open = False
        receiver, self._receiver = self._receiver, None
        if receiver is None:
            return
        if exc is None and self._told and not self._framed:
            receiver.ended()
        else:
            receiver.failed(str(exc) if exc else "it closed the connection before the answer was complete")

    def _break(self, why: str, *, silent: bool = False) -> None:
        receiver, self._receiver = self._receiver, None
        self.open = False
        self.transport.abort()
        if receiver is not None:
            receiver.failed(why, silent=silent)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by the parser."""
        if self._told or self._status:  # trailers, or a second answer
            return
        lower = name.lower()
        if lower == b"content-type":
            self._media = value
        elif lower == b"content-encoding":
            self._coding = value
            return
        elif lower in (b"content-length", b"transfer-encoding"):
            self._framed = True
        self._size += len(name) + len(value)
        if lower not in _DROPPED:
            self._lines.append(name + b": " + value + b"\r\n")

    def on_headers_complete(self) -> None:
        """Called by the parser; answers that only announce another (1xx) are dropped."""
        if self._whole:
            self._keep = False
            return
        status = self._parser.get_status_code()
        if status < 200:
            self._lines.clear()
            self._framed = False
        else:
            self._status = status
            self._framed = self._framed or status in (204, 304)

    def on_body(self, body: bytes) -> None:
        """Called by the parser."""
        if not self._whole:
            self._pieces.append(body)

    def on_message_complete(self) -> None:
        """Called by the parser."""
        if self._status and not self._whole:
            self._whole = True
            self._keep = self._parser.should_keep_alive()
        elif self._whole:
            self._keep = False
