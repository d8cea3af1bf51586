"""The chain behind a price: factor by factor, each with whose number it is, and the same price had one fact been another."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from math import expm1
from typing import Any

from detente.accord.bod import VERSION as BOD
from detente.accord.bod import bod_26_04
from detente.accord.document import Accord
from detente.accord.phrases import EXPOSED, SSVC, AlwaysRule
from detente.accord.ssvc import VERSION as DEPLOYER
from detente.accord.ssvc import human_impact, system_exposure
from detente.model.chain import Link, Part
from detente.model.estate import Exposure, Service
from detente.model.money import Money
from detente.queue.otherwise import Around
from detente.queue.price import Loss, Worth, hazard
from detente.queue.rank import EDGE_MONTH, EXPLOITED_MONTH
from detente.queue.rows import KINDS

Row = Mapping[str, Any]
PRIOR = "prior, docs/prices.md"
_NAMES = {code: kind.value for kind, code in KINDS.items()}
GUARD = 0.6  # the control that `changes` tries: what a well-kept web application firewall is said to stop
BASIS = {
    "edge": ("known exploited, automatable, total impact", "prior: insurers' figures, docs/prices.md"),
    "exploited": ("known exploited", "prior: insurers' figures, docs/prices.md"),
    "ranked": ("p30 x 5 % spread", "p30 by the ranker, docs/intelligence.md; the spread is a prior"),
    "unscored": ("no source knows it: the year of its id and the report's CVSS", "the ranker's set without evidence"),
    "prior": ("no ranker knows this kind: its severity speaks", PRIOR),
}


def stated(accord: Accord, path: str) -> str:
    """Whose number a key of the accord is: the accord's, where it states it, else a prior."""
    part: Any = accord
    for name in path.split("."):
        if name not in part.model_fields_set:
            return f"{PRIOR}; the accord states no {path}"
        part = getattr(part, name)
    return f"accord {accord.version}, {path}"


def price(row: Row, accord: Accord, worth: Worth, service: Service | None, control: float) -> Part:
    """Hazard, loss and price of one finding, factor by factor."""
    what, source = BASIS[row["basis"]]
    h0 = max(row["h0"], EXPLOITED_MONTH) if row["exploited"] else row["h0"]
    if row["exploited"] and row["h0"] < EXPLOITED_MONTH:
        what, source = "the tool saw it work, or knows it is exploited", "prior: the rate of the exploited class"
    scale, reach = accord.prices.hazard.scale, 1.0 if row["reach"] is None else row["reach"]
    alone = hazard(h0, scale=scale, exposure=worth.factor, reach=reach, control=control)
    return Part(
        "What it costs",
        (
            Link("hazard class", f"{what}: {h0:.3e} a month", source),
            Link("scale", f"{scale:g}", stated(accord, "prices.hazard.scale")),
            exposure(accord, worth, service),
            Link("reach", f"{reach:g}", f"the scanner; {PRIOR}" if row["reach"] is not None else "no tool says: 1"),
            _controls(service, row, control),
            Link("hazard", f"{alone:.3e} a month", "the product of the above"),
            *loss(accord, worth),
            Link("asset", f"all its findings together: {-expm1(-float(row['total'])):.3e} a month", "1 - prod(1 - h)"),
            Link("price", f"{money(row['loss_month'], accord)} a month", "what the asset's expected loss falls by"),
        ),
    )


def exposure(accord: Accord, worth: Worth, service: Service | None) -> Link:
    """From where an attacker can reach the service's assets, and the factor that follows."""
    key = f"prices.exposure.{worth.exposure or Exposure.INTERNET}"
    by = f"estate, service {service.id}" if service and worth.exposure else "nobody has stated one: assumed"
    named = worth.exposure or "unknown, taken as internet"
    return Link("exposure", f"{named}: {worth.factor:g}", f"{by}; {stated(accord, key)}")


def _controls(service: Service | None, row: Row, control: float) -> Link:
    kind = _NAMES[row["kind"]]
    stops = [one for one in service.controls if not one.kinds or kind in one.kinds] if service else []
    told = ", ".join(f"{one.name} {one.effect * 100:g} %" for one in stops)
    value = f"{control * 100:g} % of attacks stopped" + (f" ({told})" if told else "")
    return Link("controls", value, f"estate, service {service.id}" if service and stops else "none stated")


def loss(accord: Accord, worth: Worth) -> Iterator[Link]:
    """What a compromise would cost, with its interval; the tier's own first, then through whom it spreads."""
    interval = accord.prices.breach.get(worth.tier)
    if interval is None:
        yield Link("loss", money(worth.loss, accord), f"no tier is stated: the average of all tiers; {PRIOR}")
        return
    found = Loss(float(interval.low.amount), float(interval.high.amount))
    told = f"90 % within {interval}, median {money(found.median, accord)}, mean {money(found.mean, accord)}"
    yield Link(f"loss of {worth.tier}", told, f"{stated(accord, 'prices.breach')}; lognormal")
    yield Link("cap", money(accord.prices.cap.amount, accord), stated(accord, "prices.cap"))
    reached = "its own loss counts" if worth.blast == 1 else f"{worth.blast:g} of the loss of {worth.via}"
    yield Link("blast", f"{worth.blast:g}: {reached}", f"estate, depends; half per step is a {PRIOR}")
    yield Link("expected loss", money(worth.loss, accord), f"E[min(X, cap)] of {worth.via} times blast")


def ssvc(row: Row, worth: Worth) -> Link:
    """SSVC's deployer decision with its four inputs."""
    inputs = (
        f"exploitation {row['exploitation'] or 'unknown, taken as none'}, exposure {system_exposure(worth.exposure)}, "
        f"automatable {_known(row['automatable'])}, human impact {human_impact(worth.tier)}"
    )
    return Link("SSVC", f"{SSVC[row['urgency']]} ({inputs})", DEPLOYER)


def bod(row: Row, worth: Worth) -> Link:
    """The row of BOD 26-04 with its four inputs: advice, where no accord runs that regime."""
    exposed = worth.exposure in EXPOSED or worth.exposure is None
    line = bod_26_04(bool(row["kev"]), exposed, bool(row["automatable"]), bool(row["total_impact"]))
    facts = (
        f"in KEV {_known(row['kev'])}, exposed {_known(exposed)}, automatable {_known(row['automatable'])}, "
        f"total impact {_known(row['total_impact'])}"
    )
    return Link("BOD 26-04", f"{line.text} ({facts})", BOD)


def _known(value: bool | None) -> str:
    return "unknown, taken as no" if value is None else "yes" if value else "no"


def matched(rule: AlwaysRule, row: Row, worth: Worth) -> bool:
    """Whether a rule of `escalation.always` escalates a finding whatever its price."""
    return (
        (row["kev"] or not rule.kev)
        and (row["known"] or not rule.exploited)
        and row["severity"] >= rule.severity
        and row["urgency"] >= (SSVC.index(rule.ssvc) if rule.ssvc else 0)
        and (not rule.exposures or worth.exposure in rule.exposures)
        and (not rule.tiers or worth.tier in rule.tiers)
    )


def changes(row: Row | None, found: Around, accord: Accord, to_version: str | None) -> Iterator[str]:
    """Other prices of a finding or a fix, had one fact been another; `row` is its dearest finding that KEV may yet list."""
    if row:
        h0 = EDGE_MONTH if row["automatable"] and row["total_impact"] else EXPLOITED_MONTH
        yield _would(f"a KEV listing of {listing(row)}", found.listed(row["vuln"], h0), accord)
    for place in Exposure:
        factor = accord.prices.exposure.of(place)
        if factor < found.factor:
            yield _would(f"exposure {place}", found.exposed(factor), accord)
    yield _would(f"a control that stops {GUARD * 100:g} % of attacks", found.guarded(GUARD), accord)
    closing = f"version {to_version} everywhere" if to_version else "closing it"
    yield f"{closing} makes it {money(0, accord)} a month"


def listing(row: Row) -> str:
    """The id under which KEV may yet list a finding's vulnerability: it lists CVEs only. Empty where there is none."""
    cve: str = row["cve"] or row["name"]
    return cve if cve.startswith("CVE-") and not row["kev"] else ""


def _would(what: str, found: Around, accord: Accord) -> str:
    return f"{what} makes it {money(found.price(), accord)} a month"


def ignorance(found: Around, accord: Accord) -> str:
    """Between which prices the truth of an unowned asset lies, by the tier and exposure it turns out to have."""
    cap = float(accord.prices.cap.amount)
    losses = [Loss(float(i.low.amount), float(i.high.amount)).limited(cap) for i in accord.prices.breach.values()]
    factors = [accord.prices.exposure.of(place) for place in Exposure]
    low, high = (found.worth(end(losses)).exposed(end(factors)).price() for end in (min, max))
    return (
        f"between {money(low, accord)} and {money(high, accord)} a month, by the tier and exposure it turns out to have"
    )


def money(amount: float | Decimal, accord: Accord) -> str:
    """An amount in the accord's currency, as people read it."""
    return str(Money(Decimal(amount), accord.currency))
