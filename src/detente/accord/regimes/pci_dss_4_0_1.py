"""PCI DSS 4.0.1, requirement 6.3.3: patches for critical vulnerabilities within one month of their release.

The month is one of the calendar. What is not critical follows the entity's own ranking (6.3.1) and time; version 4.0 still
counted high as critical, which the accord may keep. Only services in the accord's scope have this clock. Where nobody knows when
the patch was released, it counts from the day the vulnerability became public, else from detection, whichever is earlier.
"""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from detente.accord.change import Pci
from detente.accord.grounds import Grounds
from detente.accord.spans import after, begin, lasting
from detente.model.clock import Clock, Facts, Start
from detente.model.finding import Severity

NAME = "pci-dss-4.0.1"
TITLE = "PCI DSS 4.0.1"
VERSION = "pci dss 4.0.1, 6.3.3"


def clocks(facts: Facts, terms: Pci, zone: ZoneInfo) -> Iterator[Clock]:
    """One clock for a service in scope, none outside it."""
    if terms.scope not in facts.scope:
        return
    grounds = Grounds([f"scope: {terms.scope}"])
    severity = grounds.take("severity", facts.severity or None, Severity.CRITICAL)
    released = begin(facts.released, zone) if facts.released else None
    starts = grounds.take("patch released", released, _worst(facts, zone))
    month = severity is Severity.CRITICAL or (severity is Severity.HIGH and terms.high == "one month")
    yield Clock(
        regime=NAME,
        version=VERSION,
        rule=f"{severity.name.lower()}: " + ("one month" if month else f"{terms.high_within}, the entity's own time"),
        starts=starts,
        start_event=Start.RELEASE,
        due=after(starts, zone, months=1) if month else lasting(starts, zone, terms.high_within),
        assumed=tuple(grounds.assumed),
        evidence=tuple(grounds.evidence),
    )


def _worst(facts: Facts, zone: ZoneInfo) -> datetime:
    published = begin(facts.published, zone) if facts.published else facts.detected
    return min(published, facts.detected)
