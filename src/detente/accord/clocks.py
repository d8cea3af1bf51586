"""All clocks of a finding under an accord. The earliest that asks for a fix binds it."""

from collections.abc import Iterable, Iterator
from zoneinfo import ZoneInfo

from detente.accord.change import FedRamp
from detente.accord.document import Accord
from detente.accord.regimes.registry import rulebooks
from detente.model.clock import Clock, Duty, Facts


def due(facts: Facts, accord: Accord) -> tuple[Clock, ...]:
    """Every clock that runs for a finding, the next to end first, those without an end last."""
    return order(_running(facts, accord))


def order(clocks: Iterable[Clock]) -> tuple[Clock, ...]:
    """The next to end first, those without an end last; of two that end together, the one with triage before the patch."""
    return tuple(sorted(clocks, key=_urgency))


def earliest(clocks: Iterable[Clock]) -> Clock | None:
    """The clock that binds the fix: of those that ask for a fix and name a time the one that ends first."""
    binding = (clock for clock in clocks if clock.duty is Duty.FIX and clock.due)
    return min(binding, key=_urgency, default=None)


def binding(clocks: Iterable[Clock]) -> Clock | None:
    """The earliest, else the first that asks for a fix without naming a time."""
    found = tuple(clocks)
    return earliest(found) or next((clock for clock in found if clock.duty is Duty.FIX), None)


def label(clock: Clock) -> str:
    """A clock in words: `BOD 26-04: 14 days`."""
    return f"{rulebooks()[clock.regime].TITLE}: {clock.rule}"


def rated(accord: Accord, tier: str) -> int | None:
    """The N-rating that the accord gives to weaknesses in services of a tier; None where it gives none."""
    terms = [regime.terms for regime in accord.regimes]
    return next((one.ratings.get(tier) for one in terms if isinstance(one, FedRamp)), None)


def _running(facts: Facts, accord: Accord) -> Iterator[Clock]:
    zone = ZoneInfo(accord.timezone)
    for regime in accord.regimes:
        yield from rulebooks()[regime.name].clocks(facts, regime.terms, zone)


def _urgency(clock: Clock) -> tuple[bool, float, bool, str, str]:
    end = clock.due.timestamp() if clock.due else 0.0
    return clock.due is None, end, not clock.forensics, clock.regime, clock.rule
