"""Who may ask, and for how much: the nouns between a worker's sockets and the keys and budgets behind them.

What is made for every request is a Struct: a frozen dataclass takes four times as long to make.
"""

from collections.abc import MutableMapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol

from msgspec import Struct

from detente.gateway.dialects.dialect import Usage
from detente.gateway.inspect import Inspected
from detente.gateway.verdict import Policy, Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Whose key it is. Everything a worker keys by, it keys by this and never by a header of the client.

    `key` is the tenant's secret for placeholders and digests, `cache` what became of the tenant's blocks before; `name` names the
    virtual key in records, it is not the key.
    """

    name: str
    tenant: str
    scope: Scope
    policy: Policy
    key: bytes = field(repr=False)
    cache: MutableMapping[bytes, Inspected] = field(repr=False)
    person: str = ""
    squad: str = ""


class Ask(Struct, frozen=True, kw_only=True):
    """What a request could use at most: bytes of prompt (-1: it points to more than it carries), tokens of each answer (-1: it does not say)."""

    endpoint: str
    model: str
    prompt: int
    answer: int = -1
    choices: int = 1


class Reservation(Struct, frozen=True, kw_only=True):
    """The worst case of one exchange, taken from its budgets until it is settled or released."""

    id: int
    caller: Caller
    model: str
    amount: Decimal
    currency: str


class Charge(Struct, frozen=True, kw_only=True):
    """What an exchange did cost. `known` is false where the model has no price, or the vendor did not say what was used: the amount
    is then the worst case reserved.
    """

    amount: Decimal
    currency: str
    known: bool


class ShortError(Exception):
    """A budget has room, but this worker holds too small a share of it: let `Gatekeeper.renew` run off the loop, and ask again."""


class Gatekeeper(Protocol):
    """Keys and budgets as a worker sees them, all in memory. Refusals are DetenteError, with the code that says which.

    `now` is seconds since 1970. Only `renew` may wait for a database; it is called from a thread.
    """

    def identify(self, secret: bytes, now: float) -> Caller:
        """Whose key this is. Errors: `gateway-key` for one that is unknown, expired or withdrawn."""
        ...

    def reserve(self, caller: Caller, ask: Ask, now: float) -> Reservation:
        """Take the worst case from every budget it counts against.

        Errors: `gateway-model`, `gateway-budget`, `gateway-rate`, `gateway-key` for a key withdrawn meanwhile; ShortError.
        """
        ...

    def settle(self, held: Reservation, usage: Usage, now: float) -> Charge:
        """Keep what was used, give back the rest."""
        ...

    def release(self, held: Reservation, now: float) -> None:
        """Give all of it back: nothing was sent to a model."""
        ...

    def renew(self) -> None:
        """Read keys and policies anew, take larger shares of the budgets that ran short, give back those that lie idle.

        Call it every second too: that is how soon a withdrawn key ends. May sleep for a second where another worker may give back.
        """
        ...


class Journal(Protocol):
    """Where every exchange is written down before its answer ends."""

    def write(self, line: bytes) -> None:
        """One record, JSON without a line's end. When this returns, the death of the process does not lose it."""
        ...
