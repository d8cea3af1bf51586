"""Quantities as people write them."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.accord import quantity
from detente.accord.quantity import Comparison, Duration, Share
from detente.model.money import Money

CENTS = st.integers(0, 10**12).map(lambda cents: Decimal(cents) / 100)


def eur(amount: str) -> Money:
    return Money(Decimal(amount), "EUR")


@pytest.mark.parametrize(
    ("text", "money"),
    [
        ("900 EUR", eur("900")),
        ("900EUR", eur("900")),
        ("300k EUR", eur("300000")),
        ("1.5M EUR", eur("1500000")),
        ("12 000 EUR", eur("12000")),
        ("12_000.50 EUR", eur("12000.50")),
        ("0 EUR", eur("0")),
    ],
)
def test_money(text: str, money: Money) -> None:
    assert quantity.money(text, "EUR") == money


@pytest.mark.parametrize(
    "text", ["900", "EUR 900", "-5 EUR", "1,500 EUR", "5 eur", "5 G EUR", "nan EUR", "1e3 EUR", "", "٥ EUR"]
)
def test_money_says_what_is_allowed(text: str) -> None:
    with pytest.raises(ValueError, match="an amount and a currency, such as `900 EUR`"):
        quantity.money(text)


def test_one_currency() -> None:
    with pytest.raises(ValueError, match="money in EUR, the one currency of this accord"):
        quantity.money("900 USD", "EUR")


@pytest.mark.parametrize(
    ("text", "duration", "shown"),
    [
        ("2h", Duration(7200), "2h"),
        ("30d", Duration(30 * 86400), "30d"),
        ("2 weeks", Duration(14 * 86400), "14d"),
        ("90min", Duration(5400), "90min"),
        ("1.5h", Duration(5400), "90min"),
        ("48 h", Duration(2 * 86400), "2d"),
        ("5 business days", Duration(5 * 86400, business=True), "5 business days"),
        ("1 business day", Duration(86400, business=True), "1 business day"),
    ],
)
def test_durations(text: str, duration: Duration, shown: str) -> None:
    assert quantity.duration(text) == duration
    assert str(duration) == shown
    assert quantity.duration(shown) == duration


@pytest.mark.parametrize("text", ["30", "d", "30 dd", "-1d", "1 month", "0.00001h", "soon"])
def test_durations_say_what_is_allowed(text: str) -> None:
    with pytest.raises(ValueError, match=r"such as `2h`|whole seconds"):
        quantity.duration(text)


def test_business_days_have_no_length_of_their_own() -> None:
    assert Duration(7200).timedelta == timedelta(hours=2)
    with pytest.raises(ValueError, match="calendar"):
        _ = Duration(86400, business=True).timedelta


def test_shares_are_exact() -> None:
    assert quantity.share("99.95 %") == Share(Decimal("0.9995"))
    assert str(quantity.share("99.95%")) == "99.95 %"
    assert float(quantity.share("5 %")) == 0.05


@pytest.mark.parametrize("text", ["5", "0.05", "101 %", "-1 %", "% 5"])
def test_shares_say_what_is_allowed(text: str) -> None:
    with pytest.raises(ValueError, match="a percentage from 0 to 100"):
        quantity.share(text)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (">= 99.95 %", "share"),
        ("< 5", "number"),
        ("<= 40k EUR/month", "money/month"),
        ("> 900 EUR", "money"),
        ("<= 14d", "duration"),
        ("<= 5 business days", "duration"),
    ],
)
def test_comparisons_keep_their_kind_and_spelling(text: str, kind: str) -> None:
    found = quantity.comparison(text, "EUR")
    assert found.kind == kind
    assert str(found) == text


@pytest.mark.parametrize("text", ["5", "= 5", "<", "<= x", "=< 5", "<= 5 %/month", "<= 5/month"])
def test_comparisons_say_what_is_allowed(text: str) -> None:
    with pytest.raises(ValueError, match=r"`<`, `<=`, `>=` or `>`|only after money"):
        quantity.comparison(text)


@pytest.mark.parametrize(
    ("text", "measured", "holds"),
    [
        ("< 5", "5", False),
        ("<= 5", "5", True),
        ("> 5", "5", False),
        (">= 99.95 %", "0.9995", True),
        (">= 99.95 %", "0.9994", False),
        ("<= 2h", "7201", False),
        ("<= 40k EUR/month", "40000", True),
    ],
)
def test_targets_hold_or_not(text: str, measured: str, holds: bool) -> None:
    assert quantity.comparison(text).holds(Decimal(measured)) is holds


ROUND: dict[str, tuple[st.SearchStrategy[quantity.Quantity], Callable[[str], quantity.Quantity]]] = {
    "money": (CENTS.map(lambda amount: Money(amount, "EUR")), quantity.money),
    "duration": (st.integers(0, 10**7).map(lambda minutes: Duration(minutes * 60)), quantity.duration),
    "share": (st.integers(0, 10**6).map(lambda part: Share(Decimal(part) / 10**6)), quantity.share),
    "number": (CENTS, quantity.number),
}


@pytest.mark.parametrize("kind", ROUND)
@given(data=st.data())
def test_what_is_shown_is_read_back_unchanged(kind: str, data: st.DataObject) -> None:
    strategy, read = ROUND[kind]
    value = data.draw(strategy)
    assert read(quantity.shown(value)) == value
    assert quantity.comparison(f"<= {quantity.shown(value)}") == Comparison("<=", value)
