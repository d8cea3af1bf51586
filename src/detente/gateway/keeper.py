"""Who asks, and may it: keys, policies and one worker's shares of the budgets, all in memory and without a clock."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fnmatch import translate
from typing import NamedTuple
from zoneinfo import ZoneInfo

from detente.accord.tools import Spending
from detente.gateway import keys, refusals
from detente.gateway.admission import Ask, Caller, Charge, Reservation
from detente.gateway.budgets import Account, Wallet
from detente.gateway.cache import Caches
from detente.gateway.dialects.dialect import Usage
from detente.gateway.limits import Limit, Taken, Unit, limits
from detente.gateway.periods import Calendar
from detente.gateway.prices import Price, Prices
from detente.gateway.verdict import Policy, Scope
from detente.model.errors import DetenteError
from detente.model.key import VirtualKey
from detente.model.money import Money

FREE = frozenset({"count_tokens", "input_tokens", "models", "hello"})
"""Endpoints that vendors do not charge for."""

_NOTHING = dict.fromkeys(FREE, Usage(0, 0)) | {"embeddings": Usage(written=0)}
"""What vendors leave out of their count because there is none of it."""

NAME = 256
"""Characters of a model's name; a longer one is nobody's, and no pattern is tried on it."""

_MODELLESS = frozenset({"models", "hello"})
_MODELS = 1024
_EVER = (float("-inf"), float("inf"))


@dataclass(frozen=True, slots=True)
class Terms:
    """What an accord says to the gateway. `number` is its version."""

    number: int
    policy: Policy
    spending: Spending
    zone: ZoneInfo
    prices: Prices


@dataclass(slots=True, eq=False)
class _Held:
    """A key with all that follows from it under the terms of now; `accounts` are those it counts against from `starts` until `until`."""

    key: VirtualKey
    caller: Caller
    ends: float
    models: re.Pattern[str] | None
    limits: tuple[Limit, ...]
    accounts: list[Account]
    starts: float = 0.0
    until: float = 0.0
    turn: int = -1


class _Running(NamedTuple):
    """What is reserved for an exchange, and from where."""

    price: Price | None
    endpoint: str
    worst: Taken
    accounts: list[Account]


class Keeper:
    """Answers in microseconds. `secret` gives a tenant's own key for placeholders; it is asked once for each tenant."""

    def __init__(self, terms: Terms, secret: Callable[[str], bytes]) -> None:
        self.wallet = Wallet()
        self._secret, self._secrets = secret, dict[str, bytes]()
        self._by_digest: dict[bytes, _Held] = {}
        self._by_name: dict[str, _Held] = {}
        self._running: dict[int, _Running] = {}
        self._number = 0
        self.govern(terms)

    def govern(self, terms: Terms) -> None:
        """From now on these terms hold. What is running goes on under the policy it began with; what was decided before is forgotten."""
        self._terms, self._calendar, self._caches = terms, Calendar(terms.zone), Caches()
        self._known: dict[str, Price | None] = {}
        self.admit([held.key for held in self._by_digest.values()])

    def admit(self, found: Iterable[VirtualKey]) -> None:
        """These keys exist, or have changed."""
        for key in found:
            held = self._holding(key)
            self._by_digest[key.digest] = self._by_name[key.name] = held

    def _holding(self, key: VirtualKey) -> _Held:
        grant = key.grant
        if grant.tenant not in self._secrets:
            self._secrets[grant.tenant] = self._secret(grant.tenant)
        caller = Caller(
            name=key.name,
            tenant=grant.tenant,
            scope=Scope(grant.tenant, grant.tool, grant.repo, grant.data),
            policy=self._terms.policy,
            key=self._secrets[grant.tenant],
            cache=self._caches.of(grant.tenant),
            person=grant.person,
            squad=grant.squad,
        )
        models = re.compile("|".join(map(translate, grant.models))) if grant.models else None
        found = tuple(limits(self._terms.spending, key))
        return _Held(key, caller, key.ends.timestamp(), models, found, [])

    def identify(self, secret: bytes, now: float) -> Caller:
        """Whose key this is. Errors: `gateway-key`."""
        held = self._by_digest.get(keys.digest(secret))
        if held is None:
            raise refusals.unknown(secret)
        if now >= held.ends:
            raise refusals.ended(held.key)
        return held.caller

    def reserve(self, caller: Caller, ask: Ask, now: float) -> Reservation:
        """Take the worst case from every budget it counts against. Errors: `gateway-key`, `-model`, `-budget`, `-rate`; ShortError."""
        held = self._by_name[caller.name]
        if now >= held.ends:
            raise refusals.ended(held.key)
        name = ask.model if len(ask.model) <= NAME else ""
        if held.models and ask.endpoint not in _MODELLESS and not held.models.match(name):
            raise refusals.model(ask.model[:NAME], held.key.grant.models)
        price = self._price(name)
        worst = self._worst(price, ask)
        accounts = self._accounts(held, now)
        if (full := self.wallet.reserve(accounts, worst, now)) is not None:
            limit = held.limits[accounts.index(full)]
            raise self._full(limit, worst[limit.unit], full, priced=price is not None)
        self._number += 1
        self._running[self._number] = _Running(price, ask.endpoint, worst, accounts)
        return Reservation(
            id=self._number,
            caller=caller,
            model=ask.model,
            amount=amount(worst.money),
            currency=self._terms.prices.currency,
        )

    def settle(self, held: Reservation, usage: Usage, now: float) -> Charge:
        """Keep what was used, give back the rest. Raises KeyError for one that is settled or released already."""
        price, endpoint, worst, accounts = self._running.pop(held.id)
        if endpoint in _NOTHING:
            usage = usage.after(_NOTHING[endpoint])
        cost = price.cost(usage) if price else None if worst.money else 0
        counted = usage.read >= 0 and usage.written >= 0
        used = Taken(worst.money if cost is None else cost, 1, usage.read + usage.written if counted else worst.tokens)
        self.wallet.settle(accounts, worst, used, now)
        return Charge(amount=amount(used.money), currency=held.currency, known=cost is not None)

    def release(self, held: Reservation, now: float) -> None:
        """Give all of it back. Nothing happens to one that is settled or released already."""
        if running := self._running.pop(held.id, None):
            self.wallet.settle(running.accounts, running.worst, Taken(0, 0, 0), now)

    def _accounts(self, held: _Held, now: float) -> list[Account]:
        """What a key's limits count against at this moment: as last time, until a period ends or an account was closed."""
        if not (held.starts <= now < held.until and held.turn == self.wallet.turn):
            held.turn = self.wallet.turn
            periods = [self._calendar.at(limit.period, now) for limit in held.limits]
            held.starts = max((period.starts for period in periods), default=_EVER[0])
            held.until = min((period.ends for period in periods), default=_EVER[1])
            held.accounts = [
                self.wallet.account(limit.account(period.name), limit.amount, limit.unit, period, now)
                for limit, period in zip(held.limits, periods, strict=True)
            ]
        return held.accounts

    def _price(self, model: str) -> Price | None:
        """The price of a model. Clients choose the names, so only so many are remembered."""
        if model not in self._known:
            if len(self._known) >= _MODELS:
                self._known.clear()
            self._known[model] = self._terms.prices.of(model)
        return self._known[model]

    def _worst(self, price: Price | None, ask: Ask) -> Taken:
        if ask.endpoint in FREE:
            return Taken(0, 1, 0)
        stands = price or self._terms.prices.unknown
        each = stands.output if ask.answer < 0 else ask.answer
        answer = 0 if ask.endpoint in _NOTHING else each * ask.choices
        return Taken(stands.worst(ask.prompt, answer), 1, stands.read_at_most(ask.prompt) + answer)

    def _full(self, limit: Limit, wanted: int, account: Account, *, priced: bool) -> DetenteError:
        rule, currency = f"ai.gateway.budgets.{limit.rule} (accord {self._terms.number})", self._terms.prices.currency
        if limit.unit is not Unit.MONEY:
            return refusals.pace(rule, limit.amount, limit.unit.name.lower(), wanted)
        ends = datetime.fromtimestamp(account.period.ends, self._terms.zone)
        return refusals.budget(
            rule, Money(amount(limit.amount), currency), Money(amount(wanted), currency), ends, priced=priced
        )


def amount(nano: int) -> Decimal:
    """Billionths as an exact amount."""
    return Decimal(nano).scaleb(-9)
