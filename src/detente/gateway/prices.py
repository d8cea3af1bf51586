"""What models cost: list prices per million tokens, and what an exchange cost by the vendor's own count.

A model without a price has an unknown price, never none: its exchanges are charged what was reserved for them.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Annotated

from detente.accord.marks import Path, document
from detente.accord.schema import NEAR, Amount, Fault, Name, Strict, key, plain, refuse, validated
from detente.gateway.dialects.dialect import Usage
from detente.model.money import Money

CODE = "bad-prices"
NANO = 10**9
"""Budgets count billionths of the currency, rounded up once an exchange."""

MODEL = "the name of a model, or a shell glob of names"
_RATE = "a number above zero, such as `0.87`"

# What vendors and clouds put around a model's name: `anthropic/`, `us.anthropic.`, `-20250929`, `@20250929`, `-2025-08-07`, `-v1:0`, `-latest`.
_AROUND = re.compile(
    r"^(?:.*/)?(?:(?:us|eu|apac|jp|au|global)\.)?(?:anthropic|openai)?\.?"
    r"(?P<name>.+?)(?:[-@](?:\d{8}|\d{4}-\d\d-\d\d|latest|default))?(?:-v\d+(?::\d+)?)?$"
)


@dataclass(frozen=True, slots=True)
class Price:
    """What one token costs, in 1e-12 of the currency: read, written, read from the vendor's cache, stored there for minutes or for an hour.

    `output` and `context` are the tokens a model writes and reads at most. Prompts of more than `over` tokens cost as `beyond` says.
    """

    read: int
    written: int
    cached: int
    stored: int
    lasting: int
    output: int
    context: int
    over: int = 0
    beyond: "Price | None" = None

    def at(self, tokens: int) -> "Price":
        """The price for a prompt of so many tokens."""
        return self.beyond if self.beyond and tokens > self.over else self

    def read_at_most(self, prompt: int) -> int:
        """The most tokens so many bytes can be: a token has at least one; -1 is unknown, up to what the model reads."""
        return min(prompt, self.context) if prompt >= 0 else self.context

    def worst(self, prompt: int, answer: int) -> int:
        """The most that so many bytes read and tokens written can cost, in billionths."""
        read = self.read_at_most(prompt)
        price = self.at(read)
        return _nano(read * max(price.read, price.stored, price.lasting) + answer * price.written)

    def cost(self, usage: Usage) -> int | None:
        """What this usage cost, in billionths; None where the vendor's count is not whole."""
        if usage.read < 0 or usage.written < 0:
            return None
        price = self.at(usage.read)
        plainly = max(usage.read - usage.cached - usage.stored - usage.lasting, 0)
        kept = usage.cached * price.cached + usage.stored * price.stored + usage.lasting * price.lasting
        return _nano(plainly * price.read + kept + usage.written * price.written)


@dataclass(frozen=True)
class Prices:
    """Prices by model in one currency; `unknown` stands in where a reserve is needed for a model without one."""

    models: Mapping[str, Price]
    unknown: Price
    currency: str

    def of(self, model: str) -> Price | None:
        """The price of a model as its vendor or a cloud names it; None is unknown."""
        if (exact := self.models.get(model)) is not None:
            return exact
        found = _AROUND.match(model.lower())
        name = found["name"] if found else model
        return self.models.get(name) or next((price for glob, price in self._globs if fnmatchcase(model, glob)), None)

    @cached_property
    def _globs(self) -> list[tuple[str, Price]]:
        return [(name, price) for name, price in self.models.items() if "*" in name or "?" in name]


def _rate(text: str) -> Decimal:
    if not re.fullmatch(r"\d+(?:\.\d+)?", text) or not Decimal(text):
        raise ValueError(_RATE)
    return Decimal(text)


def _model(text: str) -> str:
    if not text or text != text.strip():
        raise ValueError(MODEL)
    return text


class Tariff(Strict):
    """The prices of one model per million tokens."""

    read: Amount = key("A million tokens read.")
    written: Amount = key("A million tokens written.")
    cached: Amount | None = key("A million tokens read from the vendor's cache.", None, shown="as `read`")
    stored: Amount | None = key("A million tokens stored there for minutes.", None, shown="as `read`")
    lasting: Amount | None = key("A million tokens stored there for an hour.", None, shown="as `stored`")

    def amounts(self) -> tuple[Money, ...]:
        """All five."""
        cached, stored = self.cached or self.read, self.stored or self.read
        return (self.read, self.written, cached, stored, self.lasting or stored)


class Entry(Tariff):
    """One entry of `models`."""

    output: int = key("The most tokens it writes in one answer.", 32_000, ge=0)
    context: int = key("The most tokens it reads.", 200_000, ge=1)
    over: int = key("Longer prompts, in tokens, cost as `beyond` says.", 0, ge=0)
    beyond: Tariff | None = key("The prices of those.", None, shown="the same")


class PriceFile(Strict):
    """The whole of prices.yaml."""

    rates: Mapping[Name, Annotated[Decimal, plain(_rate, _RATE)]] = key(
        "What one unit of a currency is worth in the accord's.", {}, shown="1, among EUR, USD, GBP and CHF"
    )
    models: Mapping[Annotated[str, plain(_model, MODEL)], Entry] = key("Prices by model.", {}, shown="list prices")
    unknown: Entry | None = key("What stands in where a model has no price.", None, shown="a flagship's price")


def load(files: Sequence[tuple[bytes, str]], currency: str) -> Prices:
    """Prices in `currency` from the texts of files with their names; a later file goes before an earlier one.

    Where no rate is stated, EUR, USD, GBP and CHF are taken as equal: against the dollar the three count too much, so a budget ends early.
    Errors: InvalidError, code `bad-prices`, lists every mistake of a file.
    """
    read = [(validated(PriceFile, marked := document(*file), code=CODE, context={}), marked) for file in files]
    rates = dict.fromkeys(NEAR, Decimal(1)) if currency in NEAR else {}
    rates |= {name: rate for file, _ in read for name, rate in file.rates.items()} | {currency: Decimal(1)}
    for file, marked in read:
        refuse(marked, _faults(file, rates), code=CODE)
    latest = [file for file, _ in reversed(read)]
    unknown = next(file.unknown for file in latest if file.unknown)
    models: dict[str, Price] = {}
    for file in latest:
        models |= {name: _price(entry, rates) for name, entry in file.models.items() if name not in models}
    return Prices(models, _price(unknown, rates), currency)


def _faults(file: PriceFile, rates: Mapping[str, Decimal]) -> Iterator[Fault]:
    entries: list[tuple[Path, Entry]] = [(("models", name), entry) for name, entry in file.models.items()]
    entries += [(("unknown",), file.unknown)] if file.unknown else []
    for path, entry in entries:
        amounts = entry.amounts() + (entry.beyond.amounts() if entry.beyond else ())
        for strange in sorted({amount.currency for amount in amounts} - rates.keys()):
            yield (
                path,
                f"a price in {strange}",
                f"a price in {', '.join(sorted(rates))}, or a rate of {strange} under `rates` in prices.yaml",
            )


def _price(entry: Entry, rates: Mapping[str, Decimal]) -> Price:
    beyond = _figures(entry.beyond, rates) if entry.beyond else None
    limits = (entry.output, entry.context)
    return Price(*_figures(entry, rates), *limits, entry.over, Price(*beyond, *limits) if beyond else None)


def _figures(tariff: Tariff, rates: Mapping[str, Decimal]) -> tuple[int, int, int, int, int]:
    read, written, cached, stored, lasting = (_pico(amount, rates) for amount in tariff.amounts())
    return read, written, cached, stored, lasting


def _pico(amount: Money, rates: Mapping[str, Decimal]) -> int:
    """A price per million tokens as 1e-12 per token."""
    return int((amount.amount * rates[amount.currency] * 10**6).to_integral_value(ROUND_CEILING))


def _nano(pico: int) -> int:
    return -(-pico // 1000)
