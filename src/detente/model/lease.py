"""Leases: shares of a budget that a worker holds, so that it can spend without asking."""

from typing import NamedTuple


class Order(NamedTuple):
    """What a worker tells the bank of an account: it holds `held` in all (None: it has just begun and does not know), and wants more.

    `wanted` is what callers wait for, `most` what would be good to have; `limit` is what all workers may hold together. `kept` is when
    nobody needs the account any more (seconds since 1970). Amounts are whole units, whatever the account counts.
    """

    account: str
    limit: int
    kept: float
    held: int | None
    wanted: int = 0
    most: int = 0


class Share(NamedTuple):
    """The bank's answer: what the worker held before, what it got, whether that was all it wanted, and what `others` hold."""

    before: int
    more: int
    enough: bool
    others: int


def granted(order: Order, before: int, others: int) -> Share:
    """What an order gets: the worker held `before`, all others hold `others`. The one rule: never beyond the limit."""
    left = max(order.limit - others - before, 0)
    return Share(before, min(left, order.most) if order.wanted else 0, order.wanted <= left, others)
