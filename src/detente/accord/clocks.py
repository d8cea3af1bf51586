"""All clocks of a finding under an accord. The earliest that asks for a fix binds it."""

from collections.abc import Iterable, Iterator
from zoneinfo import ZoneInfo

from detente.accord.document import Accord
from detente.accord.regimes.registry import rulebooks
from detente.model.clock import Clock, Duty, Facts


def due(facts: Facts, accord: Accord) -> tuple[Clock, ...]:
    """Every clock that runs for a finding, the next to end first, those without an end last."""
    return tuple(sorted(_running(facts, accord), key=_urgency))


def earliest(clocks: Iterable[Clock]) -> Clock | None:
    """The clock that binds the fix: of those that ask for a fix and name a time the one that ends first."""
    binding = (clock for clock in clocks if clock.duty is Duty.FIX and clock.due)
    return min(binding, key=_urgency, default=None)


def _running(facts: Facts, accord: Accord) -> Iterator[Clock]:
    zone = ZoneInfo(accord.timezone)
    for regime in accord.regimes:
        yield from rulebooks()[regime.name].clocks(facts, regime.terms, zone)


def _urgency(clock: Clock) -> tuple[bool, float, bool, str, str]:
    """Of two that end together, the one with triage before the patch comes first."""
    end = clock.due.timestamp() if clock.due else 0.0
    return clock.due is None, end, not clock.forensics, clock.regime, clock.rule
