"""The keys `prices` and `escalation`: what a breach, a minute and an hour cost, and how much of the queue is escalated."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainValidator, ValidationInfo

from detente.accord import phrases, quantity
from detente.accord.phrases import AlwaysRule
from detente.accord.schema import Amount, Name, Part, Strict, currency_of, key, plain, priced
from detente.model.estate import Exposure
from detente.model.money import Money

INTERVAL = "two amounts, the lower one first and above zero, such as `[300k EUR, 9M EUR]`"
TIERED = "amounts for each tier in the accord's own currency"
LOSSES = {"tier-1": (300_000, 9_000_000), "tier-2": (60_000, 1_500_000), "tier-3": (5_000, 200_000)}
MINUTES = {"tier-1": 5_200, "tier-2": 400, "tier-3": 20}
UNSTATED = ()  # what the key's default looks like; a file cannot spell it


@dataclass(frozen=True, slots=True)
class Interval:
    """The 90 % interval of a lognormal loss: one breach in twenty costs less than `low`, one in twenty more than `high`."""

    low: Money
    high: Money

    def __str__(self) -> str:
        return f"[{quantity.shown(self.low)}, {quantity.shown(self.high)}]"


def _interval(value: object, info: ValidationInfo) -> Interval:
    if not isinstance(value, list) or len(value) != 2 or not all(isinstance(end, str) for end in value):
        raise ValueError(INTERVAL)
    low, high = (quantity.money(end, currency_of(info)) for end in value)
    if not 0 < low.amount < high.amount:
        raise ValueError(INTERVAL)
    return Interval(low, high)


def _losses(value: object, info: ValidationInfo) -> object:
    if value == {}:
        raise ValueError("at least one tier")
    if value != UNSTATED:
        return value
    currency = currency_of(info)
    return {tier: [_spelled(end, currency) for end in ends] for tier, ends in LOSSES.items()}


def _minutes(value: object, info: ValidationInfo) -> object:
    if value != UNSTATED:
        return value
    currency = currency_of(info)
    tiers = info.data.get("breach", {})
    if strange := [tier for tier in tiers if tier not in MINUTES]:
        raise ValueError(f"a price for {', '.join(strange)}: only tier-1, tier-2 and tier-3 have a default")
    return {tier: _spelled(MINUTES[tier], currency) for tier in tiers}


def _spelled(amount: int, currency: str) -> str:
    return f"{priced(Decimal(amount), currency, TIERED).amount} {currency or 'XXX'}"


def _largest(data: Mapping[str, Any]) -> Money:
    losses: Mapping[str, Interval] = data["breach"]
    return max(interval.high for interval in losses.values())


def _hour(data: Mapping[str, Any]) -> Money:
    hour: Money = data["engineer_hour"]
    return hour


class Factors(Strict):
    """`prices.exposure`: the share of attacks that reach an asset, by where it can be reached from."""

    internet: float = key("Reached from the internet.", 1.0, ge=0, le=1)
    partner: float = key("Reached by partners or over a VPN.", 0.3, ge=0, le=1)
    internal: float = key("Reached from our own network only.", 0.1, ge=0, le=1)
    isolated: float = key("Reached by hand only.", 0.05, ge=0, le=1)

    def of(self, exposure: Exposure | None) -> float:
        """The factor of an exposure; an unknown exposure is priced as internet, because ignorance is no protection."""
        return float(getattr(self, exposure or Exposure.INTERNET))


class Stated(Strict):
    """`prices.hazard.stated`: how often companies like ours are breached, to hold the implied rate against."""

    incidents_per_year: float = key("Significant incidents a year, from a source both officers accept.", 0.093, ge=0)
    through_exploits: Part = key("The share of those that began with an exploited weakness.", "20 %")


class Hazard(Strict):
    """`prices.hazard`: how the class rates of research become this company's rates."""

    scale: float = key("Multiplies every hazard; 1 takes the researched class rates as they are.", 1.0, gt=0, le=1000)
    stated: Stated = key("The incident rate shown beside the one the estate implies.", {}, shown="see its keys")


class Prices(Strict):
    """`prices`: money for both sides of every decision."""

    exchange_rate: float = key(
        "The number both sign: how many of the currency in expected outage one of expected breach loss is worth; "
        "1 is risk-neutral.",
        1.0,
        gt=0,
    )
    breach: Annotated[Mapping[Name, Annotated[Interval, PlainValidator(_interval)]], BeforeValidator(_losses)] = key(
        "Loss if a service of this tier is compromised, as a 90 % interval `[low, high]` of a lognormal. "
        "Its keys are the tiers of the estate, the gravest first.",
        UNSTATED,
        shown="tier-1 [300k, 9M], tier-2 [60k, 1.5M], tier-3 [5k, 200k] (priors)",
    )
    cap: Amount = key(
        "No single loss counts above this amount: the tail of a lognormal beyond what was signed is invented, not known. "
        "An insured limit or a year's revenue is a good value.",
        shown="the largest upper end in `prices.breach`",
        default_factory=_largest,
    )
    outage_minute: Annotated[Mapping[Name, Amount], BeforeValidator(_minutes)] = key(
        "What a minute of outage costs on each tier.",
        UNSTATED,
        shown="tier-1 5200, tier-2 400, tier-3 20 (priors)",
    )
    engineer_hour: Amount = key("What an hour of an engineer costs.", Decimal(95), shown="95 (a prior)")
    late_day: Amount = key(
        "What each day past a compliance clock costs, per fix: explaining, reporting, findings of an audit.",
        shown="an hour of an engineer (a prior)",
        default_factory=_hour,
    )
    exposure: Factors = key(
        "The share of attacks that reach an asset, by its exposure.", {}, shown="see its keys (priors)"
    )
    hazard: Hazard = key("How often breaches happen.", {}, shown="see its keys")

    def minute(self, tier: str) -> Money:
        """What a minute of outage costs on a tier; one that nobody named is priced as the dearest."""
        return self.outage_minute.get(tier) or max(self.outage_minute.values())


class Escalation(Strict):
    """`escalation`: what reaches an engineering squad at all."""

    share: Part = key("The share of all fixes that is escalated, most expensive first.", "5 %")
    always: tuple[Annotated[AlwaysRule, plain(phrases.always, phrases.ALWAYS)], ...] = key(
        f"Escalated whatever the price: {phrases.ALWAYS}.", ["kev on exposed"], shown="`kev on exposed`"
    )
