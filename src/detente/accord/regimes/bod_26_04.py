"""CISA Binding Operational Directive 26-04, with the table that CERT/CC publishes.

A row counts from detection, or from the KEV listing when that came later; a listing never gives more time than there was
before it. Where the catalogue names a due date, that date wins. Rows with forensic triage carry its marks: scoping within
2 hours, volatile evidence within 24 hours and before patching, a decision within 72 hours. What nobody knows counts as the
worse value.
"""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from detente.accord import bod
from detente.accord.change import Directive
from detente.accord.grounds import Grounds
from detente.accord.phrases import EXPOSED
from detente.accord.spans import after, begin, end
from detente.model.clock import Clock, Facts, Mark, Start
from detente.model.estate import Exposure

NAME = "bod-26-04"
TITLE = "BOD 26-04"
VERSION = bod.VERSION
TRIAGE = (("scope the triage", 2), ("collect volatile evidence, before patching", 24), ("decide on forensics", 72))
"""What comes before the patch, with its hours from the start."""


def clocks(facts: Facts, terms: Directive, zone: ZoneInfo) -> Iterator[Clock]:
    """One clock: the table's row for these facts."""
    grounds = Grounds()
    in_kev = grounds.take("in KEV", facts.kev, True)
    exposed = grounds.take("exposure", facts.exposure, Exposure.INTERNET) in EXPOSED
    automatable = grounds.take("automatable", facts.automatable, True)
    total = grounds.take("total impact", facts.total, True)
    row = bod.bod_26_04(in_kev, exposed, automatable, total)
    starts, event = _start(facts, zone)
    before = bod.bod_26_04(False, exposed, automatable, total).days
    due = _earliest(_after(starts, row.days, zone), _after(facts.detected, before, zone))
    if in_kev and facts.catalogue_due:
        grounds.evidence.append(f"due date of the catalogue: {facts.catalogue_due}")
        due = end(facts.catalogue_due, zone)
    yield Clock(
        regime=NAME,
        version=VERSION,
        rule=row.text,
        starts=starts,
        start_event=event,
        due=due,
        forensics=tuple(Mark(step, after(starts, zone, hours=hours)) for step, hours in TRIAGE)
        if row.forensics
        else (),
        assumed=tuple(grounds.assumed),
        evidence=tuple(grounds.evidence),
    )


def _start(facts: Facts, zone: ZoneInfo) -> tuple[datetime, Start]:
    listed = begin(facts.listed, zone) if facts.kev and facts.listed else facts.detected
    return (listed, Start.LISTING) if listed > facts.detected else (facts.detected, Start.DETECTION)


def _after(start: datetime, days: int | None, zone: ZoneInfo) -> datetime | None:
    return None if days is None else after(start, zone, days=days)


def _earliest(*moments: datetime | None) -> datetime | None:
    return min((moment for moment in moments if moment), default=None)
