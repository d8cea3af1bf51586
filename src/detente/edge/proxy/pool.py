"""The connections to one upstream: those to spare, and how a new one is made."""

import asyncio
import ssl

from detente.edge.proxy.limits import Limits
from detente.edge.proxy.outbound import Outbound
from detente.gateway.providers import Address

SPARE = 256
"""Connections that are kept at most."""


class Pool:
    """Connections to one address. The name is looked up for every new one, so a changed address is followed within `spare_s`."""

    def __init__(self, address: Address, limits: Limits, watched: "set[Outbound]") -> None:
        self.down_until = 0.0
        self._address, self._limits, self._watched = address, limits, watched
        self._spare: list[Outbound] = []
        self._tls = ssl.create_default_context() if address.tls else None
        if self._tls:
            self._tls.set_alpn_protocols(["http/1.1"])

    def take(self) -> Outbound | None:
        """The spare connection that was used last, for it is the likeliest to be alive."""
        while self._spare:
            found = self._spare.pop()
            if found.open and not found.transport.is_closing():
                return found
        return None

    def give(self, back: Outbound) -> None:
        """A connection that is free again."""
        if not back.open or back.transport.is_closing():
            return
        if len(self._spare) >= SPARE:
            back.expire()
            return
        back.due = asyncio.get_running_loop().time() + self._limits.spare_s
        if self._spare and not self._spare[0].open:
            self._spare = [one for one in self._spare if one.open]
        self._spare.append(back)

    async def connect(self) -> Outbound:
        """A new connection; its certificate is verified. Raises OSError (ssl.SSLError is one), TimeoutError."""
        loop = asyncio.get_running_loop()
        host = self._address.host.strip("[]")
        made = loop.create_connection(
            lambda: Outbound(self._limits, loop),
            host,
            self._address.port,
            ssl=self._tls,
            server_hostname=host if self._tls else None,
        )
        _, found = await asyncio.wait_for(made, self._limits.connect_s)
        self._watched.add(found)
        return found
