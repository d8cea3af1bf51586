"""One exchange between a client and an upstream: who is asked, who is asked next if that fails, and what goes back.

Until the first byte of an answer went to the client another upstream may be tried; after it, an answer that breaks off says so.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Concatenate, ParamSpec, Protocol

from detente.edge.proxy import faults
from detente.edge.proxy.coding import decoded
from detente.edge.proxy.outbound import Outbound
from detente.edge.proxy.request import Request
from detente.edge.proxy.shared import Route, Shared
from detente.flows.prompt import AGAIN, GONE, Turn
from detente.gateway.admission import Caller, ShortError
from detente.gateway.dialects import MESSAGES, Endpoint, tail
from detente.gateway.exchange import Answer, Upstream
from detente.gateway.frames import MEDIA, Frames
from detente.gateway.providers import adapted, serving, target
from detente.model.errors import DetenteError

P = ParamSpec("P")
LOG = logging.getLogger("detente.gateway")
ELSEWHERE = frozenset({429, 500, 502, 503, 504, 529})
"""Answers after which another upstream is asked, if there is one: the vendor is overloaded or broken."""

DOWN_S = 5.0
"""How long an upstream that took no connection is asked last."""


class Client(Protocol):
    """What an exchange needs of the client's connection."""

    def answer(self, status: int, lines: bytes, body: bytes) -> None:
        """A whole answer."""
        ...

    def start(self, status: int, lines: bytes) -> None:
        """The head of a stream."""
        ...

    def send(self, data: bytes) -> None:
        """Some of the stream."""
        ...

    def finish(self) -> None:
        """The end of the stream."""
        ...


def _guarded(step: "Callable[Concatenate[Relay, P], None]") -> "Callable[Concatenate[Relay, P], None]":
    """A step that tells the client when it fails: nothing passes unseen because of a fault."""

    def guarded(self: "Relay", /, *args: P.args, **options: P.kwargs) -> None:
        try:
            step(self, *args, **options)
        except Exception as fault:  # noqa: BLE001 - told to the client
            self._broke(fault)

    return guarded


class Relay:
    """From the whole request to the last byte of the answer."""

    def __init__(self, shared: Shared, client: Client, request: Request, endpoint: Endpoint, caller: Caller) -> None:
        self._shared, self._client, self._request, self._endpoint = shared, client, request, endpoint
        self._turn = Turn(shared.desk, endpoint, caller, request.apart.get(b"traceparent", b""))
        self._left: list[Route] = []
        self._body = self._lines = self._answer = b""
        self._upstream: Outbound | None = None
        self._task: asyncio.Task[None] | None = None
        self._frames: Frames | None = None
        self._asked = self._heard = self._streams = self._over = False

    @_guarded
    def begin(self) -> None:
        """The request is complete: look through it, and send it on if it may leave."""
        body, post = b"".join(self._request.body), self._request.method == "POST"
        self._request.body.clear()
        if not post:
            self._admitted(b"")
        elif len(body) <= self._shared.limits.aside and b"content-encoding" not in self._request.apart:
            self._looked(self._turn.ask(body))
        else:
            self._later(self._aside(body))

    def leave(self) -> None:
        """The client is gone: nobody wants the answer any more."""
        if not self._over:
            self._close()
            self._turn.drop(GONE, sent=self._asked)

    def pause(self) -> None:
        """The client reads too slowly."""
        if self._upstream:
            self._upstream.pause()

    def resume(self) -> None:
        """It has caught up."""
        if self._upstream:
            self._upstream.resume()

    def _broke(self, fault: Exception) -> None:
        """What goes wrong is told to the client; of what nobody expected the log has the rest."""
        if not isinstance(fault, DetenteError):
            LOG.error("exchange %s failed", self._turn.name, exc_info=fault)
            why = "Something went wrong in the gateway itself; its log says what."
            fault = DetenteError("The request failed", why, "Tell whoever runs it.", code="gateway-fault")
        self._refuse(fault)

    def _later(self, steps: Coroutine[None, None, None]) -> None:
        """Whatever has to wait: a thread, a lease, a connection."""

        async def told() -> None:
            try:
                await steps
            except Exception as fault:  # noqa: BLE001 - told to the client
                self._broke(fault)

        self._task = asyncio.get_running_loop().create_task(told())

    async def _aside(self, body: bytes) -> None:
        """Look through a prompt that is large or compressed, in a thread: other streams go on."""
        loop, coding = asyncio.get_running_loop(), self._request.apart.get(b"content-encoding", b"")
        limit, turn = self._shared.limits.body, self._turn
        self._looked(await loop.run_in_executor(self._shared.threads, lambda: turn.ask(decoded(body, coding, limit))))

    def _looked(self, verdict: Upstream | Answer) -> None:
        if isinstance(verdict, Upstream):
            self._admitted(verdict.body)
            return
        self._turn.drop(verdict.status)
        self._give(verdict)

    def _admitted(self, body: bytes) -> None:
        """It may leave, if its budgets have room and somebody serves the model."""
        self._body = body
        found = serving(self._shared.providers, self._endpoint, self._turn.model, anthropic=self._request.anthropic)
        if not found:
            raise faults.unserved(self._turn.model, self._endpoint)
        now, routes = asyncio.get_running_loop().time(), self._shared.routes
        self._left = sorted((routes[one.name] for one in found), key=lambda one: one.pool.down_until > now)
        if self._reserved():
            self._next()
        else:
            self._later(self._renewed())

    def _reserved(self) -> bool:
        """Whether this worker's share of the budgets covered it. Errors: those of a refusal."""
        try:
            self._turn.reserve(len(self._body))
        except ShortError:
            return False
        return True

    async def _renewed(self) -> None:
        """The share is too small: fetch a larger one and ask again. Others may be faster, so until there is room or a refusal says there is none."""
        loop, renew = asyncio.get_running_loop(), self._shared.desk.keeper.renew
        await loop.run_in_executor(None, renew)
        while not self._reserved():
            await loop.run_in_executor(None, renew)
        self._next()

    def _next(self) -> None:
        """Ask the next upstream."""
        route = self._left.pop(0)
        found = route.pool.take()
        if found:
            self._ask(route, found)
        else:
            self._later(self._connect(route))

    async def _connect(self, route: Route) -> None:
        try:
            found = await route.pool.connect()
        except (OSError, TimeoutError) as fault:
            route.pool.down_until = asyncio.get_running_loop().time() + DOWN_S
            self._elsewhere(route, str(fault) or "it did not take the connection in time")
        else:
            self._ask(route, found)

    def _ask(self, route: Route, upstream: Outbound) -> None:
        turn, provider, stream = self._turn, route.provider, self._turn.streamed
        self._route, self._upstream, turn.upstream = route, upstream, provider.name
        where = self._request.target.decode("ascii")
        anthropic = self._endpoint.dialect is MESSAGES or self._request.anthropic
        body = adapted(provider, self._body, turn.model)
        head = b"%b %b HTTP/1.1\r\n%b%b%b\r\n" % (
            b"POST" if self._request.method == "POST" else b"GET",
            target(provider, tail(where), where.partition("?")[2], turn.model, stream=stream),
            route.lines[anthropic],
            b"".join(self._request.lines),
            b"content-length: %d\r\n" % len(body) if self._request.method == "POST" else b"",
        )
        turn.leave(body)
        self._asked = True
        upstream.ask(self, head, body)

    @_guarded
    def answered(self, status: int, lines: bytes, media: str, coding: bytes) -> None:
        """The upstream's head; see outbound.Receiver."""
        if status in ELSEWHERE and self._left:
            self._release()
            self._next()
            return
        self._heard, self._body = True, b""
        if media == MEDIA:
            self._frames, lines, media = Frames(), lines.replace(MEDIA.encode(), faults.SSE.encode()), faults.SSE
        kind = media.partition(";")[0].strip().lower()
        faults.readable(status, kind, coding)
        self._turn.begin(status, media)
        self._lines = lines + self._ours()
        if kind == faults.SSE:
            self._streams = True
            self._client.start(status, self._lines)

    @_guarded
    def came(self, data: bytes) -> None:
        """Some of the answer."""
        sent = self._turn.feed(self._frames.feed(data) if self._frames else data)
        if not self._streams:
            self._answer += sent
        elif sent:
            self._client.send(sent)
        if self._turn.done:
            self._release()
            self._end()

    @_guarded
    def ended(self) -> None:
        """The answer is complete."""
        if self._frames:
            self._frames.close()
        if self._upstream:
            self._route.pool.give(self._upstream)
            self._upstream = None
        self._end()

    @_guarded
    def failed(self, why: str, *, silent: bool = False) -> None:
        """The connection broke; see outbound.Receiver."""
        stale = self._upstream is not None and self._upstream.used and not self._heard and not silent
        self._upstream = None
        if stale:
            self._later(self._connect(self._route))
        elif silent:
            raise faults.silent(self._route, self._shared.limits.silence_s)
        elif self._heard:
            raise faults.broken(self._route, why)
        else:
            self._elsewhere(self._route, why)

    def _elsewhere(self, route: Route, why: str) -> None:
        if not self._left:
            raise faults.broken(route, why)
        LOG.warning("upstream %s: %s; %s is asked", route.provider.name, why, self._left[0].provider.name)
        self._next()

    def _end(self) -> None:
        last = self._turn.end()
        self._close()
        if self._streams:
            self._client.send(last)
            self._client.finish()
            return
        body, lines, status = self._answer + last, self._lines, self._turn.status
        if status >= 400 and len(self._route.secret) >= 8:  # some servers repeat what they were sent
            secret = self._route.secret.encode()
            body, lines = body.replace(secret, b"[hidden]"), lines.replace(secret, b"[hidden]")
        self._client.answer(status, lines, body)

    def _refuse(self, fault: DetenteError) -> None:
        if self._over:
            return
        self._release()
        if self._streams:
            last = self._turn.stop(fault)
            self._close()
            self._client.send(last)
            self._client.finish()
        else:
            self._give(self._turn.refuse(fault))

    def _give(self, answer: Answer) -> None:
        """Answer in the model's place."""
        self._close()
        again = b"" if self._turn.code in AGAIN else b"x-should-retry: false\r\n"
        media = b"content-type: %b\r\n" % answer.media.encode()
        self._client.answer(answer.status, media + again + self._ours(), answer.body)

    def _ours(self) -> bytes:
        """The name under which the record keeps this exchange; Anthropic's clients show `request-id`."""
        name = self._turn.name.encode()
        extra = b"" if self._heard or self._endpoint.dialect is not MESSAGES else b"request-id: %b\r\n" % name
        return b"x-detente-decision: %b\r\n%b" % (name, extra)

    def _release(self) -> None:
        upstream, self._upstream = self._upstream, None
        if upstream:
            upstream.let_go()

    def _close(self) -> None:
        self._over = True
        self._release()
        if self._task and self._task is not asyncio.current_task():
            self._task.cancel()
