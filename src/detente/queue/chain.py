"""The chain behind a price, factor by factor, and the same price had one fact been another."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from math import exp, log1p
from typing import Any

from detente.accord.bod import VERSION as BOD
from detente.accord.bod import bod_26_04
from detente.accord.document import Accord
from detente.accord.phrases import EXPOSED, SSVC
from detente.accord.ssvc import VERSION as DEPLOYER
from detente.accord.ssvc import human_impact, system_exposure
from detente.model.chain import Link, Part
from detente.model.estate import Exposure, Service
from detente.model.money import Money
from detente.queue.price import CERTAIN, Loss, Worth, hazard
from detente.queue.rank import EDGE_MONTH, EXPLOITED_MONTH

Row = Mapping[str, Any]
PRIOR = "prior, docs/prices.md"
BASIS = {
    "edge": ("known exploited, automatable, total impact", "class rate, insurers' figures (docs/prices.md)"),
    "exploited": ("known exploited", "class rate, insurers' figures (docs/prices.md)"),
    "ranked": (
        "probability of becoming known exploited within 30 days, times 5 % spread",
        "the ranker (docs/intelligence.md)",
    ),
    "unscored": ("no source knows it: the year of its id and the report's CVSS", "the ranker's set without evidence"),
    "prior": ("no ranker knows this kind: its severity", PRIOR),
}


@dataclass(frozen=True, slots=True)
class Factors:
    """What multiplies to the hazard of one finding, and the rest of its asset's weight."""

    h0: float
    scale: float
    exposure: float
    reach: float
    control: float
    loss: float
    others: float  # -ln(1 - h) of the asset's other findings together

    def hazard(self) -> float:
        """Per month, on this asset."""
        return hazard(self.h0, scale=self.scale, exposure=self.exposure, reach=self.reach, control=self.control)

    def price(self) -> float:
        """What the asset's expected loss a month falls by when this finding alone is closed."""
        return self.loss * exp(-self.others) * min(CERTAIN, self.hazard())


def factors(row: Row, accord: Accord, worth: Worth, control: float) -> Factors:
    """The factors of a priced row."""
    h0 = max(row["h0"], EXPLOITED_MONTH) if row["exploited"] else row["h0"]
    others = float(row["total"]) + log1p(-min(CERTAIN, row["h"]))
    reach = 1.0 if row["reach"] is None else row["reach"]
    return Factors(h0, accord.prices.hazard.scale, worth.factor, reach, control, worth.loss, max(0.0, others))


def price(row: Row, found: Factors, accord: Accord, worth: Worth, service: Service | None) -> Part:
    """Hazard and loss, factor by factor."""
    what, source = BASIS[row["basis"]]
    owner = f"service {service.id}, estate" if service else "nobody claims the asset"
    return Part(
        "What it costs",
        (
            Link("hazard class", f"{what}: {found.h0:.3e} a month", source),
            Link("scale", f"{found.scale:g}", f"accord {accord.version}, prices.hazard.scale"),
            Link("exposure", f"{worth.exposure or 'unknown, taken as internet'}: {found.exposure:g}", owner),
            Link("reach", f"{found.reach:g}", "the scanner" if row["reach"] is not None else "not stated: 1"),
            Link("controls", f"{found.control:.0%} of attacks stopped", owner if found.control else "none stated"),
            Link("hazard", f"{found.hazard():.3e} a month", "product of the above"),
            *_loss(accord, worth),
            Link("asset", f"hazard of all its findings {-_expm1(row):.3e} a month", "1 - prod(1 - h)"),
            Link("price", f"{_money(row['loss_month'], accord)} a month", "what the asset's expected loss falls by"),
        ),
    )


def _expm1(row: Row) -> float:
    return exp(-float(row["total"])) - 1


def _loss(accord: Accord, worth: Worth) -> Iterator[Link]:
    interval = accord.prices.breach.get(worth.tier)
    if interval is None:
        yield Link("loss", _money(worth.loss, accord), "no tier is stated: the average of all tiers")
        return
    loss = Loss(float(interval.low.amount), float(interval.high.amount))
    told = f"{interval}, median {_money(loss.median, accord)}, mean {_money(loss.mean, accord)}"
    yield Link(f"loss of {worth.tier}", told, f"accord {accord.version}, 90 % interval of a lognormal")
    yield Link("blast", f"{worth.blast:g} of the loss of {worth.via}", "estate, depends; half per step is a prior")
    yield Link(
        "expected loss", f"{_money(worth.loss, accord)} with the cap {accord.prices.cap}", "E[min(X, cap)] x blast"
    )


def decisions(row: Row, worth: Worth) -> Part:
    """The two public decision tables beside the price, with their inputs."""
    exposed = worth.exposure in EXPOSED or worth.exposure is None
    line = bod_26_04(bool(row["kev"]), exposed, bool(row["automatable"]), bool(row["total_impact"]))
    inputs = (
        f"exploitation {row['exploitation'] or 'unknown, taken as none'}, exposure {system_exposure(worth.exposure)}, "
        f"automatable {_yes(row['automatable'])}, human impact {human_impact(worth.tier)}"
    )
    facts = (
        f"in KEV {_yes(row['kev'])}, exposed {_yes(exposed)}, automatable {_yes(row['automatable'])}, "
        f"total impact {_yes(row['total_impact'])}"
    )
    return Part(
        "What the tables say",
        (
            Link("SSVC", f"{SSVC[row['urgency']]} ({inputs})", DEPLOYER),
            Link("BOD 26-04", f"{line.text} ({facts})", BOD),
        ),
    )


def _yes(value: bool | None) -> str:
    return "unknown" if value is None else "yes" if value else "no"


def changes(row: Row, found: Factors, accord: Accord) -> Iterator[str]:
    """Other prices, had one fact been another; computed, not guessed."""
    if not row["kev"]:
        listed = EDGE_MONTH if row["automatable"] and row["total_impact"] else EXPLOITED_MONTH
        yield f"a KEV listing makes it {_money(replace(found, h0=max(found.h0, listed)).price(), accord)} a month"
    for exposure in Exposure:
        factor = accord.prices.exposure.of(exposure)
        if factor < found.exposure:
            yield f"exposure {exposure} makes it {_money(replace(found, exposure=factor).price(), accord)} a month"
    half = 1 - (1 - found.control) * 0.4
    yield f"a control that stops 60 % of attacks makes it {_money(replace(found, control=half).price(), accord)} a month"
    yield f"closing it makes it {_money(0, accord)} a month"


def _money(amount: float | Decimal, accord: Accord) -> str:
    return str(Money(Decimal(amount), accord.currency))
