"""The company's own times by severity, counted from detection or from the patch's release, as the accord says."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from detente.accord.change import Sla
from detente.accord.grounds import Grounds
from detente.accord.spans import begin, lasting
from detente.model.clock import Clock, Facts, Start
from detente.model.finding import Severity

NAME = "own-sla"
TITLE = "own SLA"
VERSION = "own times, as the accord states"


def clocks(facts: Facts, terms: Sla, zone: ZoneInfo) -> Iterator[Clock]:
    """One clock on the services in scope; a severity nobody stated counts as critical, a release as detection."""
    if terms.scope and terms.scope not in facts.scope:
        return
    grounds = Grounds()
    severity = grounds.take("severity", facts.severity or None, Severity.CRITICAL)
    by_release = terms.starts == Start.RELEASE.value
    released = begin(facts.released, zone) if facts.released else None
    starts = grounds.take(Start.RELEASE.value, released, facts.detected) if by_release else facts.detected
    length = terms.of(severity)
    yield Clock(
        regime=NAME,
        version=VERSION,
        rule=f"{severity.name.lower()}: {length or 'no time'}",
        starts=starts,
        start_event=Start.RELEASE if by_release else Start.DETECTION,
        due=lasting(starts, zone, length) if length else None,
        assumed=tuple(grounds.assumed),
        evidence=tuple(grounds.evidence),
    )
