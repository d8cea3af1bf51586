"""Shares of budgets over workers that die, forget, and read odd clocks: never more than the limit, and no refusal without a reason."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule

from detente.gateway.admission import ShortError
from detente.gateway.budgets import DRY_S, IDLE_S, Account, Wallet
from detente.gateway.periods import minute
from detente.model.lease import Order, Share, granted

LIMIT, OWNERS, UTC = 100, "ab", ZoneInfo("UTC")


class Shelf:
    """A bank in memory: what each worker holds of each account."""

    def __init__(self) -> None:
        self.held: dict[str, dict[int, int]] = defaultdict(dict)

    def exchange(self, worker: int, orders: Iterable[Order]) -> dict[str, Share]:
        found = {}
        for order in orders:
            held = self.held[order.account]
            others = sum(amount for who, amount in held.items() if who != worker)
            before = held.get(worker, 0) if order.held is None else order.held
            found[order.account] = share = granted(order, before, others)
            held[worker] = share.before + share.more
        return found


@dataclass
class Open:
    """A reservation that runs."""

    worker: int
    accounts: list[Account]
    amount: int


class Budgets(RuleBasedStateMachine):
    """The oracle keeps every exchange: what was used and what still runs, of the living and the dead."""

    running = Bundle("running")

    @initialize()
    def begin(self) -> None:
        self.shelf, self.now, self.asked = Shelf(), 1e9, frozenset[str]()
        self.wallets = [Wallet() for _ in range(3)]
        self.used: dict[str, int] = defaultdict(int)
        self.open: list[Open] = []

    @rule(
        target=running,
        worker=st.integers(0, 2),
        owners=st.sets(st.sampled_from(OWNERS), min_size=1),
        amount=st.integers(0, 40),
    )
    def ask(self, worker: int, owners: set[str], amount: int) -> object:
        wallet, period = self.wallets[worker], minute(self.now, UTC)
        accounts = [wallet.account(f"{owner}{period.name}", LIMIT, 0, period, self.now) for owner in sorted(owners)]
        for _ in range(3):
            try:
                full = wallet.reserve(accounts, (amount,), self.now)
            except ShortError:
                self.renew(worker)
                continue
            if full:
                self.justified(worker, full, amount)
                return multiple()
            self.open.append(Open(worker, accounts, amount))
            return self.open[-1]
        raise AssertionError("short for ever")

    def justified(self, worker: int, full: Account, amount: int) -> None:
        """No room in all of the budget, or there was none a moment ago."""
        left = LIMIT - sum(self.shelf.held[full.name].values())
        assert full.free + left < amount or full.dry <= self.now < full.dry + DRY_S

    @rule(one=running, share=st.integers(0, 10))
    def settle(self, one: Open, share: int) -> None:
        self.end(one, one.amount * share // 10)

    def end(self, one: Open, used: int) -> None:
        if one not in self.open or one.worker >= 1000:
            return
        self.open.remove(one)
        self.wallets[one.worker].settle(one.accounts, (one.amount,), (used,), self.now)
        for account in one.accounts:
            self.used[account.name] += used

    @rule(worker=st.integers(0, 2))
    def renew(self, worker: int) -> None:
        wallet = self.wallets[worker]
        orders = wallet.orders(self.now, self.asked)
        wallet.receive(orders, self.shelf.exchange(id(wallet), orders), self.now)

    @rule(worker=st.integers(0, 2), told=st.booleans())
    def the_line_breaks(self, worker: int, told: bool) -> None:
        """The bank may have heard, but the worker never learns."""
        orders = self.wallets[worker].orders(self.now, self.asked)
        if told:
            self.shelf.exchange(id(self.wallets[worker]), orders)

    @rule(worker=st.integers(0, 2))
    def die(self, worker: int) -> None:
        """Nobody knows what became of what ran: for ever it counts as used."""
        for one in self.open:
            one.worker += 1000 if one.worker == worker else 0
        self.kept = [*getattr(self, "kept", []), self.wallets[worker]]  # so that no other gets its id
        self.wallets[worker] = Wallet()

    @rule(worker=st.integers(0, 2))
    def shut(self, worker: int) -> None:
        wallet = self.wallets[worker]
        orders = wallet.orders(self.now, last=True)
        wallet.receive(orders, self.shelf.exchange(id(wallet), orders), self.now)

    @rule(names=st.sets(st.sampled_from(OWNERS)))
    def somebody_ran_short(self, names: set[str]) -> None:
        self.asked = frozenset(f"{owner}{minute(self.now, UTC).name}" for owner in names)

    @rule(seconds=st.sampled_from([1, 3, 7, 30, 61, -1, -10, -61, -200]))
    def tick(self, seconds: int) -> None:
        self.now += seconds

    @invariant()
    def never_over(self) -> None:
        runs: dict[str, int] = defaultdict(int)
        for one in getattr(self, "open", []):
            for account in one.accounts:
                runs[account.name] += one.amount
        for name, held in getattr(self, "shelf", Shelf()).held.items():
            assert self.used[name] + runs[name] <= sum(held.values()) <= LIMIT


Budgets.TestCase.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
TestBudgets = Budgets.TestCase


def account(wallet: Wallet, now: float = 0.0, limit: int = LIMIT) -> Account:
    return wallet.account("a", limit, 0, minute(now, UTC), now)


def renewed(wallet: Wallet, shelf: Shelf, now: float = 0.0, *, again: bool = False) -> bool:
    orders = wallet.orders(now)
    return wallet.receive(orders, shelf.exchange(id(wallet), orders), now, again=again)


def test_who_used_more_than_it_reserved_owes_it() -> None:
    """A picture by its address costs more tokens than it has bytes: the truth is counted, and nothing goes until it is paid."""
    shelf, wallet, other = Shelf(), Wallet(), Wallet()
    one = account(wallet)
    with pytest.raises(ShortError):
        wallet.reserve([one], (10,), 0)
    renewed(wallet, shelf)
    assert wallet.reserve([one], (10,), 0) is None
    wallet.settle([one], (10,), (95,), 0)
    renewed(wallet, shelf)
    assert sum(shelf.held["a"].values()) == 95
    two = account(other)
    with pytest.raises(ShortError):
        other.reserve([two], (6,), 0)
    renewed(other, shelf)
    assert other.reserve([two], (6,), 0) is two


def test_shares_double_up_to_a_sixteenth() -> None:
    shelf, wallet = Shelf(), Wallet()
    one, taken = account(wallet, limit=6400), []
    while len(taken) < 6:
        try:
            assert wallet.reserve([one], (10,), 0) is None
        except ShortError:
            renewed(wallet, shelf)
            taken.append(one.held)
    assert taken == [100, 300, 700, 1100, 1500, 1900]


def test_what_lies_unused_for_a_second_is_a_sixteenth_or_the_largest_request() -> None:
    shelf, wallet = Shelf(), Wallet()
    one = account(wallet, limit=1600)
    for _ in range(10):  # ten at once
        with pytest.raises(ShortError):
            wallet.reserve([one], (120,), 0)
    renewed(wallet, shelf)
    for _ in range(10):
        assert wallet.reserve([one], (120,), 0) is None
    assert sum(shelf.held["a"].values()) == 1200
    for _ in range(10):
        wallet.settle([one], (120,), (2,), 0)
    renewed(wallet, shelf, 1.0)
    assert sum(shelf.held["a"].values()) == 20 + 120
    assert wallet.orders(2.0) == []
    with pytest.raises(ShortError):
        wallet.reserve([one], (121,), 2.0)
    assert wallet.orders(2.0) == [Order("a", 1600, 86_400, 140, 1, 100)]


def test_a_want_is_kept_for_one_more_try_where_others_may_give_back() -> None:
    shelf, wallet, other = Shelf(), Wallet(), Wallet()
    theirs = account(other)
    with pytest.raises(ShortError):
        other.reserve([theirs], (80,), 0)
    renewed(other, shelf)
    one = account(wallet)
    with pytest.raises(ShortError):
        wallet.reserve([one], (50,), 0)
    assert renewed(wallet, shelf, again=True)
    orders = other.orders(0, frozenset({"a"}))
    assert orders == [Order("a", LIMIT, 86_400, 0, 0, 6)]
    other.receive(orders, shelf.exchange(id(other), orders), 0)
    assert not renewed(wallet, shelf)
    assert wallet.reserve([one], (50,), 0) is None


def test_callers_that_retry_at_once_ask_the_bank_no_more() -> None:
    shelf, wallet = Shelf(), Wallet()
    shelf.held["a"][0] = 95
    one = account(wallet)
    with pytest.raises(ShortError):
        wallet.reserve([one], (10,), 0)
    renewed(wallet, shelf)
    assert [wallet.reserve([one], (10,), 0.01 * time) for time in range(400)] == [one] * 400
    assert wallet.orders(4.0) == []
    with pytest.raises(ShortError):
        wallet.reserve([one], (10,), DRY_S)
    assert wallet.reserve([one], (5,), DRY_S) is None


def test_idle_shares_go_back_and_are_taken_up_where_they_were_left() -> None:
    shelf, wallet = Shelf(), Wallet()
    one = account(wallet)
    with pytest.raises(ShortError):
        wallet.reserve([one], (10,), 0)
    renewed(wallet, shelf)
    assert wallet.reserve([one], (10,), 0) is None
    wallet.settle([one], (10,), (4,), 0)
    renewed(wallet, shelf, IDLE_S + 1)
    assert one.closed
    assert sum(shelf.held["a"].values()) == 4
    two = account(wallet)
    assert two is not one
    with pytest.raises(ShortError):
        wallet.reserve([two], (96,), 0)
    renewed(wallet, shelf)
    assert wallet.reserve([two], (96,), 0) is None
    assert wallet.reserve([two], (1,), 0) is two
