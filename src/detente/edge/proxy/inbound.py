"""One client's connection: one request at a time, read strictly, answered before the next is looked at."""

import asyncio
import logging
from contextlib import suppress
from http import HTTPStatus
from typing import cast

from detente.edge.proxy.porch import LETTER
from detente.edge.proxy.relay import Relay
from detente.edge.proxy.request import Reader, Request, overlong
from detente.edge.proxy.shared import Shared
from detente.flows.prompt import AGAIN, refusal
from detente.gateway.admission import Caller
from detente.gateway.dialects import MESSAGES, OPEN, Endpoint, endpoint, speaker
from detente.model.errors import DetenteError

LOG = logging.getLogger("detente.gateway")
_REASONS = {status.value: status.phrase.encode() for status in HTTPStatus}
_PLAIN = b"content-type: application/json\r\ncache-control: no-store\r\n"
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Inbound(asyncio.Protocol):
    """`due` is when the client has been too slow at what it does now: a head, a body, reading an answer, being idle."""

    transport: asyncio.Transport

    def __init__(self, shared: Shared, loop: asyncio.AbstractEventLoop) -> None:
        self._shared, self._now, self._limits = shared, loop.time, shared.limits
        self._reader = Reader(shared.limits)
        self._relay: Relay | None = None
        self._admitted: tuple[Endpoint, Caller | None] | None = None
        self._busy = self._closing = self._last = False
        self._held = 0
        self.due = self._now() + self._limits.head_s

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the loop."""

        self.transport = cast(asyncio.Transport, transport)
        self._shared.clients.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the loop. A client that goes away calls its exchange off."""
        self._shared.clients.discard(self)
        self._closing = True
        self._let_go()
        relay, self._relay = self._relay, None
        if relay:
            relay.leave()

    def data_received(self, data: bytes) -> None:
        """Called by the loop."""
        if self._closing:
            return
        if self._busy:  # pipelining is not spoken here: after the present answer the connection ends
            self._last = True
            return
        try:
            self._reader.feed(data)
            self._read(self._reader.now)
        except DetenteError as fault:
            self._refuse(fault)

    def _read(self, now: Request) -> None:
        """As far as the request is here by now."""
        if not now.headed:
            self.due = min(self.due, self._now() + self._limits.head_s)
            return
        if self._admitted is None:
            self._admit(now)
        if self._admitted and self._admitted[1] is None and now.length > LETTER:
            raise overlong(f"Its body has more than {LETTER} bytes.")
        self._hold(now.length)
        if now.whole:
            self._begin(now)

    def _admit(self, now: Request) -> None:
        """Decide by the head alone: nobody sends a body only to read that the key is wrong."""
        self.due = self._now() + self._limits.body_s
        path = now.target.decode("ascii")
        served = endpoint(now.method, path)
        if served is None:
            shown = path.partition("?")[0][:200]
            why = f"{now.method} {shown} is not served: what cannot be inspected is not passed on."
            raise DetenteError("There is nothing here", why, "See docs/gateway.md for what is.", code="gateway-path")
        limit = LETTER if served.name in OPEN else self._limits.body
        if int(now.apart.get(b"content-length", b"0")) > limit:
            raise overlong(f"Its body has more than {limit} bytes.")
        self._admitted = served, None if served.name in OPEN else self._identified(now.keys)
        if b"expect" in now.apart and not now.whole and not now.old:
            self.transport.write(_CONTINUE)

    def _identified(self, keys: list[bytes]) -> Caller:
        """Whose key it is. Assistants may show more than one: an old one of the vendor beside ours. Errors: `gateway-key`."""
        desk = self._shared.desk
        for key in keys[:-1]:
            with suppress(DetenteError):
                return desk.keeper.identify(key, desk.clock())
        return desk.keeper.identify(keys[-1] if keys else b"", desk.clock())

    def _begin(self, now: Request) -> None:
        """From now on the upstream is waited for, not the client."""
        assert self._admitted
        served, caller = self._admitted
        self._busy, self._last = True, self._reader.ahead or not now.keep or self._shared.draining
        self.due = float("inf")
        if caller is None:
            self._welcome(served, b"".join(now.body) if now.method == "POST" else b"")
            return
        self._relay = Relay(self._shared, self, now, served, caller)
        self._relay.begin()

    def _welcome(self, served: Endpoint, body: bytes) -> None:
        """Nobody's key is needed for this."""
        if served.name == "login":
            self._shared.porch.open(body, self._given)
        else:
            self.answer(200, _PLAIN, b"{}")

    def _given(self, answer: bytes | Exception) -> None:
        """What the porch says, unless the client is gone."""
        if self._closing:
            return
        if isinstance(answer, DetenteError):
            self._refuse(answer)
        elif isinstance(answer, Exception):
            LOG.error("a sign-in failed: %s", type(answer).__name__)
            why = "Something went wrong in the gateway itself; its log says what."
            self._refuse(DetenteError("The sign-in failed", why, "Tell whoever runs it.", code="gateway-fault"))
        else:
            self.answer(200, _PLAIN, answer)

    def _hold(self, size: int) -> None:
        more, self._held = size - self._held, size
        if more:
            self._shared.hold(more)

    def _let_go(self) -> None:
        self._shared.held -= self._held
        self._held = 0

    def answer(self, status: int, lines: bytes, body: bytes) -> None:
        """A whole answer."""
        self._relay = None
        head = self._head(status, lines + b"content-length: %d\r\n" % len(body))
        self.transport.write(head if self._reader.now.method == "HEAD" else head + body)
        self._ready()

    def start(self, status: int, lines: bytes) -> None:
        """The head of a stream. Clients of HTTP/1.0 read until the connection ends."""
        if self._reader.now.old:
            self._last = True
        chunked = b"" if self._reader.now.old else b"transfer-encoding: chunked\r\n"
        self.transport.write(self._head(status, lines + chunked))

    def send(self, data: bytes) -> None:
        """Some of the stream."""
        if data:
            self.transport.write(data if self._reader.now.old else b"%x\r\n%b\r\n" % (len(data), data))

    def finish(self) -> None:
        """The end of the stream."""
        self._relay = None
        if not self._reader.now.old:
            self.transport.write(b"0\r\n\r\n")
        self._ready()

    def _head(self, status: int, lines: bytes) -> bytes:
        end = b"connection: close\r\n\r\n" if self._last else b"\r\n"
        return b"HTTP/1.1 %d %b\r\n%b%b" % (status, _REASONS.get(status, b""), lines, end)

    def _ready(self) -> None:
        """For the next request, if there may be one."""
        self._let_go()
        if self._last or self._shared.draining:
            self._part()
            return
        self._reader.next()
        self._busy, self._admitted = False, None
        self.due = self._now() + self._limits.idle_s

    def _refuse(self, fault: DetenteError) -> None:
        """Refuse what was not even read to its end; the connection cannot be used any more."""
        now = self._reader.now
        path = now.target.decode("latin-1")
        dialect = MESSAGES if now.anthropic else speaker(path)
        given = refusal(dialect, fault)
        self._last = True
        again = b"" if fault.code in AGAIN else b"x-should-retry: false\r\n"
        self.answer(given.status, b"content-type: %b\r\n%b" % (given.media.encode(), again), given.body)

    def _part(self) -> None:
        """Close, but only once the client has read what was written: data it still sends would else wipe that out (RFC 9112, section 9.6)."""
        if not self._closing:
            self._closing = True
            self.due = self._now() + self._limits.linger_s
            self.transport.write_eof()

    def drain(self) -> None:
        """The worker stops: an idle connection ends now, a busy one after its answer."""
        self._last = True
        if not self._busy and not self._closing:
            self._part()

    def expire(self) -> None:
        """`due` is over."""
        now = self._reader.now
        if self._closing or self._busy or not now.target:
            self.transport.abort()
            return
        why = "Its head or body did not come in time."
        self._refuse(DetenteError("The request was too slow", why, "Send it again.", code="gateway-slow"))

    def pause_writing(self) -> None:
        """Called by the loop: the client reads too slowly, so the upstream waits, for a while."""
        self.due = self._now() + self._limits.silence_s
        if self._relay:
            self._relay.pause()

    def resume_writing(self) -> None:
        """Called by the loop: it has caught up."""
        if self._busy:
            self.due = float("inf")
        if self._relay:
            self._relay.resume()
