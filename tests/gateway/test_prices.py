"""Price lists, and what a vendor's count costs."""

from decimal import Decimal
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.accord.problems import InvalidError
from detente.gateway.dialects.dialect import Usage
from detente.gateway.prices import Prices, load

LIST = (files("detente.gateway") / "prices.yaml").read_bytes()
OWN = b"""
rates: {USD: 0.5}
unknown: {read: 1 EUR, written: 2 EUR, output: 100, context: 1000}
models:
  local*: {read: 0 EUR, written: 0 EUR}
  house: {read: 2 USD, written: 10 USD, cached: 0.2 USD, stored: 2.5 USD, lasting: 4 USD, output: 1000, context: 10000, over: 5000, beyond: {read: 4 USD, written: 15 USD}}
"""


def prices(*own: bytes, currency: str = "EUR") -> Prices:
    return load([(LIST, "list prices"), *((text, "prices.yaml") for text in own)], currency)


@pytest.mark.parametrize(
    "name",
    [
        *("claude-opus-4-5", "claude-opus-4-5-20251101", "claude-opus-4-5@20251101", "anthropic/claude-opus-4-5"),
        *("us.anthropic.claude-opus-4-5-20251101-v1:0", "anthropic.claude-opus-4-5-20251101-v1:0", "Claude-Opus-4-5"),
        "openrouter/anthropic/claude-opus-4-5",
    ],
)
def test_a_model_is_known_by_the_names_clouds_give_it(name: str) -> None:
    found = prices().of(name)
    assert found
    assert (found.read, found.written, found.cached, found.output) == (5_000_000, 25_000_000, 500_000, 64_000)


@pytest.mark.parametrize(
    "name", ["", "gpt-5.77", "claude-opus-4-55", "gpt-5-ultra", "mock", "-latest", "us.anthropic."]
)
def test_another_model_has_no_price(name: str) -> None:
    assert prices().of(name) is None


def test_every_list_price_makes_sense() -> None:
    for name, price in prices().models.items():
        assert 0 < price.read <= price.written or not price.output, name
        assert price.cached <= price.read <= price.stored <= price.lasting, name
        assert price.beyond is None or price.beyond.read > price.read, name


def test_own_prices_go_first_and_are_converted() -> None:
    own = prices(OWN)
    house = own.of("house")
    assert house
    assert (house.read, house.written, house.cached, house.stored, house.lasting) == tuple(
        int(price * 10**6 * Decimal("0.5")) for price in map(Decimal, ("2", "10", "0.2", "2.5", "4"))
    )
    assert own.of("local-7b").written == 0  # type: ignore[union-attr]
    assert own.unknown.output == 100
    gpt, listed = own.of("gpt-5"), prices().of("gpt-5")
    assert gpt
    assert listed
    assert gpt.read * 2 == listed.read


def test_a_price_costs_what_its_parts_cost() -> None:
    house = prices(OWN).of("house")
    assert house
    usage = Usage(read=1000, written=100, cached=500, stored=200, lasting=100)
    assert house.cost(usage) == 200 * 1000 + 500 * 100 + 200 * 1250 + 100 * 2000 + 100 * 5000
    assert house.cost(Usage(6000, 1)) == 6000 * 2000 + 7500
    assert house.cost(Usage(-1, 5)) is None
    assert house.cost(Usage(5, -1)) is None


@given(st.integers(0, 20_000), st.integers(0, 1000), st.floats(0, 1), st.floats(0, 1))
def test_no_usage_within_the_asked_costs_more_than_the_worst_case(
    prompt: int, answer: int, share: float, kept: float
) -> None:
    house = prices(OWN).models["house"]
    read = min(int(prompt * share), house.context)
    usage = Usage(read, answer, cached=int(read * kept / 2), lasting=int(read * (1 - kept) / 2))
    cost = house.cost(usage)
    assert cost is not None
    assert cost <= house.worst(prompt, answer) <= house.worst(-1, answer)


def test_a_currency_without_a_rate_is_refused_with_its_line() -> None:
    with pytest.raises(InvalidError) as caught:
        prices(currency="JPY")
    assert caught.value.code == "bad-prices"
    assert "a rate of USD" in str(caught.value)
    assert prices(b"rates: {USD: 150}", currency="JPY").models["gpt-5"].read == 1_250_000 * 150


@pytest.mark.parametrize(
    "text, key",
    [
        ("models: {m: {read: 1 USD}}", "models.m.written"),
        ("models: {m: {read: 1, written: 2}}", "models.m.read"),
        ("models: {m: {read: 1 XYZ, written: 2 XYZ}}", "models.m"),
        ("models: {m: {read: 1 USD, written: 1 USD, beyond: {read: 1 XYZ, written: 1 USD}}}", "models.m"),
        ("rates: {USD: 0}", "rates.USD"),
        ("rates: {USD: -1}", "rates.USD"),
        ("model: {}", "model"),
        ("unknown: {read: 1 XYZ, written: 1 USD}", "unknown"),
    ],
)
def test_a_mistake_in_prices_is_shown_where_it_is(text: str, key: str) -> None:
    with pytest.raises(InvalidError) as caught:
        prices(text.encode())
    assert any(problem.key == key for problem in caught.value.problems)
