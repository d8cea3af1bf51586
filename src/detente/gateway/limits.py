"""The accord's limits on spending and on pace: which of them a key counts against, and what an exchange takes from each."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from json import dumps
from typing import NamedTuple

from detente.accord.tools import Spending
from detente.gateway.prices import NANO
from detente.model.key import VirtualKey
from detente.model.money import Money


class Unit(IntEnum):
    """What is counted: billionths of the currency, requests, tokens read and written. The number is its place in `Taken`."""

    MONEY = 0
    REQUESTS = 1
    TOKENS = 2


class Taken(NamedTuple):
    """What an exchange takes from a limit, by unit."""

    money: int
    requests: int
    tokens: int


# The accord's key: what is counted, over which period, and for whom.
_RULES: dict[str, tuple[Unit, str, str]] = {
    "per_user_per_day": (Unit.MONEY, "day", "person"),
    "per_squad_per_month": (Unit.MONEY, "month", "squad"),
    "per_key_per_day": (Unit.MONEY, "day", "key"),
    "per_tenant_per_month": (Unit.MONEY, "month", "tenant"),
    "requests_per_minute": (Unit.REQUESTS, "minute", "key"),
    "tokens_per_minute": (Unit.TOKENS, "minute", "key"),
}


@dataclass(frozen=True, slots=True)
class Limit:
    """One line of `ai.gateway.budgets` as it binds one key: `amount` units in each `period`, shared by all keys with the same `owner`."""

    rule: str
    unit: Unit
    period: str
    amount: int
    owner: tuple[str, ...]

    def account(self, period: str) -> str:
        """The name of its account in the period of that name: no two owners share one, and no two tenants."""
        return dumps([self.rule, period, *self.owner], ensure_ascii=False)


def limits(spending: Spending, held: VirtualKey) -> Iterator[Limit]:
    """What binds this key. A person, squad or key is one within its tenant; a limit on people binds no key without a person."""
    grant = held.grant
    whose = {"person": grant.person.casefold(), "squad": grant.squad, "key": held.family, "tenant": grant.tenant}
    for rule, (unit, period, who) in _RULES.items():
        stated = getattr(spending, rule)
        if stated is not None and whose[who]:
            amount = int(stated.amount * NANO) if isinstance(stated, Money) else stated
            yield Limit(rule, unit, period, amount, (grant.tenant, whose[who]))
