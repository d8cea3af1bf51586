"""CMMC level 2, SI.L2-3.14.1: flaws are identified, reported and corrected within times that the organisation states itself."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from detente.accord.change import Cmmc
from detente.accord.grounds import Grounds
from detente.accord.spans import lasting
from detente.model.clock import Clock, Facts, Start
from detente.model.finding import Severity

NAME = "cmmc-l2"
TITLE = "CMMC L2"
VERSION = "cmmc level 2, SI.L2-3.14.1"


def clocks(facts: Facts, terms: Cmmc, zone: ZoneInfo) -> Iterator[Clock]:
    """One clock from detection; a severity nobody stated counts as critical."""
    grounds = Grounds()
    severity = grounds.take("severity", facts.severity or None, Severity.CRITICAL)
    length = {Severity.CRITICAL: terms.critical, Severity.HIGH: terms.high}.get(severity, terms.other)
    yield Clock(
        regime=NAME,
        version=VERSION,
        rule=f"{severity.name.lower()}: {length}, as the accord states",
        starts=facts.detected,
        start_event=Start.DETECTION,
        due=lasting(facts.detected, zone, length),
        assumed=tuple(grounds.assumed),
        evidence=tuple(grounds.evidence),
    )
