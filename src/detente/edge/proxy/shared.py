"""What all connections of one worker share. A reload puts new parts in; what is running goes on with those it began with."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

from detente.edge.proxy.limits import Limits
from detente.edge.proxy.outbound import Outbound
from detente.edge.proxy.pool import Pool
from detente.edge.proxy.porch import Porch
from detente.flows.prompt import Desk
from detente.gateway.providers import Provider, credential
from detente.model.errors import DetenteError


class Client(Protocol):
    """A client's connection, as the worker looks after it."""

    due: float

    def expire(self) -> None:
        """`due` is over."""
        ...

    def drain(self) -> None:
        """Close as soon as nothing is running on it."""
        ...


@dataclass(frozen=True)
class Route:
    """A provider, its connections, and its key."""

    provider: Provider
    pool: Pool
    secret: str = field(repr=False)

    @cached_property
    def lines(self) -> tuple[bytes, bytes]:
        """The headers that are this route's own, without and with a client of Anthropic's."""
        own = b"host: %b\r\naccept-encoding: identity\r\n" % self.provider.url.authority.encode()
        style, secret = self.provider.style, self.secret
        return own + credential(style, secret, anthropic=False), own + credential(style, secret, anthropic=True)


@dataclass(slots=True, eq=False)
class Shared:
    """`held` counts the bytes of bodies in memory; `threads` look through large prompts."""

    limits: Limits
    desk: Desk
    porch: Porch
    routes: Mapping[str, Route] = field(default_factory=dict)
    clients: set[Client] = field(default_factory=set)
    upstreams: set[Outbound] = field(default_factory=set)
    threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(2, "scan"))
    held: int = 0
    draining: bool = False

    @property
    def providers(self) -> tuple[Provider, ...]:
        """All upstreams, in the order of the file."""
        return tuple(route.provider for route in self.routes.values())

    def hold(self, size: int) -> None:
        """Account for a body. Errors: `gateway-busy` when this worker holds too many bytes."""
        self.held += size
        if self.held > self.limits.bodies:
            why = f"The requests in memory are more than {self.limits.bodies} bytes."
            raise DetenteError("The gateway is busy", why, "Try again in a moment.", code="gateway-busy")

    def look(self, now: float) -> None:
        """Once a second: whatever is overdue ends."""
        for client in [one for one in self.clients if one.due <= now]:
            client.expire()
        for upstream in list(self.upstreams):
            if upstream.open and upstream.due <= now:
                upstream.expire()
            if not upstream.open:
                self.upstreams.discard(upstream)
