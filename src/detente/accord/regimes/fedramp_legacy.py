"""FedRAMP Rev 5 before the 2026 rules: high and critical within 30 days of discovery by a scan, moderate 90, low 180."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from detente.accord.change import Legacy
from detente.accord.grounds import Grounds
from detente.accord.spans import after
from detente.model.clock import Clock, Facts, Start
from detente.model.finding import Severity

NAME = "fedramp-legacy"
TITLE = "FedRAMP Rev 5"
VERSION = "fedramp rev 5 continuous monitoring"
DAYS = {Severity.CRITICAL: 30, Severity.HIGH: 30, Severity.MEDIUM: 90, Severity.LOW: 180, Severity.INFO: 180}


def clocks(facts: Facts, terms: Legacy, zone: ZoneInfo) -> Iterator[Clock]:
    """One clock from detection; a severity nobody stated counts as high."""
    grounds = Grounds()
    severity = Severity(grounds.take("severity", facts.severity or None, Severity.HIGH))
    yield Clock(
        regime=NAME,
        version=VERSION,
        rule=f"{severity.name.lower()}: {DAYS[severity]} days",
        starts=facts.detected,
        start_event=Start.DETECTION,
        due=after(facts.detected, zone, days=DAYS[severity]),
        assumed=tuple(grounds.assumed),
        evidence=tuple(grounds.evidence),
    )
