"""Money, durations, shares and comparisons as people write them; exact decimals throughout.

Every function here raises ValueError whose message says what is allowed; the caller adds file, line and column.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from detente.model.money import Money

MONEY = "an amount and a currency, such as `900 EUR`, `300k EUR` or `1.5M EUR`"
DURATION = "a number and a unit of min, h, d or w, such as `2h`, `30d` or `5 business days`"
SHARE = "a percentage from 0 to 100, such as `5 %` or `99.95 %`"
NUMBER = "a number without sign, such as `3` or `0.25`"
COMPARISON = "`<`, `<=`, `>=` or `>` and a quantity, such as `>= 99.95 %`, `< 5`, `<= 40k EUR/month` or `<= 14d`"

_DIGITS = r"\d+(?:[ _\u2009\u202f]\d{3})*(?:\.\d+)?"
_MONEY = re.compile(rf"({_DIGITS})\s*([kM]?)\s*([A-Z]{{3}})", re.ASCII)
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(min|h|d|w|hours?|days?|weeks?|business days?)", re.ASCII)
_SHARE = re.compile(r"(\d+(?:\.\d+)?)\s*%", re.ASCII)
_NUMBER = re.compile(_DIGITS, re.ASCII)
_COMPARISON = re.compile(r"(<=|>=|<|>)\s*(.+?)(?:\s*/\s*(month))?")
_SCALE = {"": 1, "k": 1_000, "M": 1_000_000}
_SECONDS = {"min": 60, "h": 3_600, "d": 86_400, "w": 604_800}


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time. With `business` its days skip weekends and holidays, so that it has no length in seconds of its own."""

    seconds: int
    business: bool = False

    def __str__(self) -> str:
        if self.business:
            days = self.seconds / 86_400
            return f"{days:g} business day{'' if days == 1 else 's'}"
        unit = next((unit for unit in ("d", "h", "min") if self.seconds % _SECONDS[unit] == 0), "")
        return f"{self.seconds // _SECONDS[unit]}{unit}" if unit else f"{self.seconds / 60:g}min"

    @property
    def timedelta(self) -> timedelta:
        """Calendar length; ValueError for business days, whose length depends on the calendar they fall into."""
        if self.business:
            raise ValueError("business days have no length without a calendar")
        return timedelta(seconds=self.seconds)


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a whole; `value` runs from 0 to 1."""

    value: Decimal

    def __str__(self) -> str:
        return f"{(self.value * 100).normalize():f} %"

    def __float__(self) -> float:
        return float(self.value)


Quantity = Decimal | Share | Money | Duration


@dataclass(frozen=True, slots=True)
class Comparison:
    """A target: `relation` (`<`, `<=`, `>=`, `>`) and a `bound`; `per` is `month` for rates, else empty."""

    relation: str
    bound: Quantity
    per: str = ""

    def __str__(self) -> str:
        return f"{self.relation} {shown(self.bound)}" + (f"/{self.per}" if self.per else "")

    @property
    def kind(self) -> str:
        """What is compared: number, share, money, money/month or duration."""
        name = "number" if isinstance(self.bound, Decimal) else type(self.bound).__name__.lower()
        return f"{name}/{self.per}" if self.per else name

    def holds(self, measured: Decimal) -> bool:
        """Whether `measured` (same unit as the bound: 0..1 for shares, seconds for durations) meets the target."""
        bound = _scalar(self.bound)
        relations = {"<": measured < bound, "<=": measured <= bound, ">=": measured >= bound, ">": measured > bound}
        return relations[self.relation]


def money(text: str, currency: str = "") -> Money:
    """`900 EUR`, `300k EUR`, `9M EUR`, `12 000 EUR`; with `currency`, money in any other is refused."""
    found = _MONEY.fullmatch(text.strip())
    if not found:
        raise ValueError(MONEY)
    digits, scale, unit = found.groups()
    if currency and unit != currency:
        raise ValueError(f"money in {currency}, the one currency of this accord")
    return Money(_decimal(digits) * _SCALE[scale], unit)


def duration(text: str) -> Duration:
    """`90min`, `2h`, `30d`, `2w`, `5 business days`."""
    found = _DURATION.fullmatch(text.strip())
    if not found:
        raise ValueError(DURATION)
    number, unit = found.groups()
    business = unit.startswith("business")
    seconds = Decimal(number) * _SECONDS["d" if business else "min" if unit == "min" else unit[0]]
    if seconds != int(seconds):
        raise ValueError("a duration of whole seconds")
    return Duration(int(seconds), business)


def share(text: str) -> Share:
    """`5 %`, `99.95 %`."""
    found = _SHARE.fullmatch(text.strip())
    value = Decimal(found[1]) / 100 if found else Decimal(2)
    if value > 1:
        raise ValueError(SHARE)
    return Share(value)


def number(text: str) -> Decimal:
    """`3`, `0.25`, `12 000`; never negative, never an exponent."""
    if not _NUMBER.fullmatch(text.strip()):
        raise ValueError(NUMBER)
    return _decimal(text.strip())


def comparison(text: str, currency: str = "") -> Comparison:
    """`>= 99.95 %`, `< 5`, `<= 40k EUR/month`, `<= 14d`, `<= 5 business days`."""
    found = _COMPARISON.fullmatch(text.strip())
    if not found:
        raise ValueError(COMPARISON)
    relation, bound, per = found.groups()
    quantity = _quantity(bound, currency)
    if per and not isinstance(quantity, Money):
        raise ValueError("`/month` only after money")
    return Comparison(relation, quantity, per or "")


def shown(quantity: Quantity) -> str:
    """A quantity in the spelling the accord reads: money with k or M where that loses nothing."""
    if isinstance(quantity, Decimal):
        return f"{quantity.normalize():f}"
    return _short(quantity) if isinstance(quantity, Money) else str(quantity)


def _short(value: Money) -> str:
    for unit, scale in (("M", 1_000_000), ("k", 10_000), ("", 1)):
        part = value.amount / (1_000 if unit == "k" else scale)
        if value.amount >= scale and part == part.quantize(Decimal("0.1")):
            return f"{part.normalize():f}{unit} {value.currency}"
    return f"{value.amount.normalize():f} {value.currency}"


def _quantity(text: str, currency: str) -> Quantity:
    if _MONEY.fullmatch(text):
        return money(text, currency)
    for pattern, read in ((_SHARE, share), (_DURATION, duration), (_NUMBER, number)):
        if pattern.fullmatch(text):
            return read(text)
    raise ValueError(COMPARISON)


def _decimal(digits: str) -> Decimal:
    return Decimal(re.sub(r"[ _\u2009\u202f]", "", digits))


def _scalar(quantity: Quantity) -> Decimal:
    if isinstance(quantity, Decimal):
        return quantity
    if isinstance(quantity, Duration):
        return Decimal(quantity.seconds)
    return quantity.value if isinstance(quantity, Share) else quantity.amount
