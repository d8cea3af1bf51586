"""One worker's shares of the budgets: reserve the worst case, settle what was used, and let a bank hand out the shares.

A share is counted as spent for everybody else from the moment it is taken. So a worker spends from it without asking, and one
that dies takes no more than its shares with it: nobody's clock decides whether it is dead. Amounts are whole units: billionths of the
currency, requests, or tokens.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock

from detente.gateway.admission import ShortError
from detente.gateway.periods import Period
from detente.model.lease import Order, Share

SLICE, MOST = 64, 16
"""The first share is a 64th of the budget, and the share doubles with each one up to a 16th.

No more than a 16th, or the largest request, lies unused in a worker for longer than a second: that much dies with it.
"""

DRY_S = 5.0
"""How long a budget that had nothing left is not asked again: callers that retry at once cost no transaction."""

IDLE_S = 60.0
"""A share that nobody used for so long goes back."""


@dataclass(slots=True, eq=False)
class Account:
    """One budget in one period, as one worker holds it: of `held`, `used` is gone and `reserved` may yet be used.

    `unit` is the place of what it counts in what an exchange takes. Callers wait for `wanted`; `awaited` is also true where there is
    enough, but not in another account of the same request: what is there stays there. `largest` is the most a request that ran short
    wanted, `step` the last share, `told` what the bank last heard of `held`.
    """

    name: str
    limit: int
    unit: int
    period: Period
    touched: float
    held: int = 0
    used: int = 0
    reserved: int = 0
    wanted: int = 0
    step: int = 0
    largest: int = 0
    dry: float = float("-inf")
    known: bool = False
    told: int = 0
    awaited: bool = False
    closed: bool = False

    @property
    def free(self) -> int:
        """What may still be reserved; negative where an exchange used more than its reserve."""
        return self.held - self.used - self.reserved


class Wallet:
    """All accounts of one worker. Its callers' thread and the one that talks to the bank may use it at the same time.

    `turn` counts the accounts that were closed: whoever remembers accounts looks them up again when it has moved.
    """

    def __init__(self) -> None:
        self.turn = 0
        self._accounts: dict[str, Account] = {}
        self._lock = Lock()

    def account(self, name: str, limit: int, unit: int, period: Period, now: float) -> Account:
        """The account of that name, opened if need be; its limit is the one given last."""
        with self._lock:
            found = self._accounts.setdefault(name, Account(name, limit, unit, period, now))
            found.limit = limit
            return found

    def reserve(self, accounts: Sequence[Account], worst: Sequence[int], now: float) -> Account | None:
        """Reserve from all accounts, each in its unit, or from none; gives the one whose budget has no room.

        Raises ShortError where a larger share may have room.
        """
        with self._lock:
            for account in accounts:
                if account.held - account.used - account.reserved < worst[account.unit]:
                    return self._short(accounts, worst, now)
            for account in accounts:
                account.reserved += worst[account.unit]
                account.touched = now
        return None

    def settle(self, accounts: Iterable[Account], worst: Sequence[int], used: Sequence[int], now: float) -> None:
        """Keep what was used of what was reserved, give back the rest."""
        with self._lock:
            for account in accounts:
                account.reserved -= worst[account.unit]
                account.used += used[account.unit]
                account.touched = now

    def _short(self, accounts: Sequence[Account], worst: Sequence[int], now: float) -> Account | None:
        short = [account for account in accounts if account.free < worst[account.unit]]
        for account in short:
            full = account.used + account.reserved + worst[account.unit] > account.limit
            if full or account.dry <= now < account.dry + DRY_S:
                return account
        for account in accounts:
            account.awaited = True
            account.wanted += worst[account.unit] if account in short else 0
            account.largest = max(account.largest, worst[account.unit])
        raise ShortError

    def orders(self, now: float, asked: frozenset[str] = frozenset(), *, last: bool = False) -> list[Order]:
        """What to tell the bank: shares wanted, shares given back because they are idle, others ran short, or this is the `last` call.

        What is given back is out of reach from here on, whether or not the bank hears of it.
        """
        found = []
        for account in list(self._accounts.values()):
            with self._lock:  # one at a time: nobody waits for thousands
                found.append(self._order(account, now, account.name in asked, last))
        return [order for order in found if order]

    def _order(self, account: Account, now: float, asked: bool, last: bool) -> Order | None:
        wanted, awaited = (0, False) if last else (account.wanted, account.awaited)
        account.wanted, account.awaited = 0, False
        idle = last or not (account.period.starts <= now < account.period.ends) or now - account.touched > IDLE_S
        if idle and not account.reserved and not awaited:
            account.closed = True
            del self._accounts[account.name]
            self.turn += 1
        wanted = max(wanted - max(account.free, 0), 0)
        if not account.known and not wanted:
            return None
        if not awaited:
            keep = 0 if asked or last or account.closed else max(account.limit // MOST, account.largest)
            account.held -= max(account.free - keep, 0)
        if not wanted and account.told == max(account.held, account.used):
            return None
        held = max(account.held, account.used) if account.known else None
        return Order(account.name, account.limit, account.period.kept, held, wanted, max(wanted, _slice(account)))

    def receive(self, orders: Iterable[Order], shares: Mapping[str, Share], now: float, *, again: bool = False) -> bool:
        """Take in the bank's answers; gives whether somebody wants more and another worker may give it back.

        With `again` such a want is kept for the next orders.
        """
        short = False
        with self._lock:
            for order in orders:
                if account := self._accounts.get(order.account):
                    share = shares[order.account]
                    _receive(account, share, now)
                    if not share.enough and share.others:
                        short = True
                        account.wanted += order.wanted if again else 0
                        account.awaited = account.awaited or again
        return short


def _receive(account: Account, share: Share, now: float) -> None:
    if not account.known:  # what this worker once had of it and lost sight of is spent
        account.used += share.before
        account.known = True
    account.held = account.told = share.before + share.more
    account.step = share.more or account.step
    account.dry = float("-inf") if share.enough else now


def _slice(account: Account) -> int:
    return min(max(account.limit // SLICE, 2 * account.step), account.limit // MOST)
