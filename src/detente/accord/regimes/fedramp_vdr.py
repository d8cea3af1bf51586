"""FedRAMP vulnerability detection and response, evaluation and reporting: Consolidated Rules for 2026, version 2026.07.14.01.

Four clocks. VER-TFR-EVU: evaluate within days of detection. VDR-TFR-PVR: reduce or remediate within a time from evaluation that
depends on the class, the N-rating, reachability and exploitability; an evaluated step down in rating starts it anew, a step
up never gives more time. VDR-TFR-KEV: what CISA lists is remediated by the catalogue's date. VER-TFR-MAV: what is still there 192
days after evaluation is an accepted vulnerability, said 32 days ahead. An unrated finding counts as the accord's `unrated`, from
detection on.
"""

import csv
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

from detente.accord.change import FedRamp
from detente.accord.grounds import Grounds
from detente.accord.phrases import EXPOSED
from detente.accord.spans import after, begin, end
from detente.model.clock import Clock, Duty, Facts, Rating, Start
from detente.model.estate import Exposure

NAME = "fedramp-vdr"
TITLE = "FedRAMP"
VERSION = "fedramp consolidated rules 2026.07.14.01"
EVALUATE_DAYS = {"a": 14, "b": 7, "c": 5, "d": 2}
ACCEPT_DAYS, WARN_DAYS = 192, 160
KEV_DAYS = 3
"""Where the catalogue's due date is not at hand: BOD 26-04's shortest, marked as assumed."""


def clocks(facts: Facts, terms: FedRamp, zone: ZoneInfo) -> Iterator[Clock]:
    """The clocks that run: to evaluate while that is open, to reduce, to remediate a KEV, to accept."""
    if facts.evaluated is None:
        yield _evaluate(facts, terms, zone)
    else:
        yield _accept(facts, facts.evaluated, zone)
    yield _reduce(facts, terms, zone)
    if facts.kev:
        yield _listed(facts, zone)


def allowed(level: str, rating: int, case: str) -> dict[str, int]:
    """The time of one cell, as `{"hours": n}` or `{"days": n}`; empty where the rule names none.

    `case` is the rule's own word: irv_lev (reachable, exploitable), nirv_lev (not reachable, exploitable), nlev (not exploitable).
    """
    number, _, unit = _table()[level, rating][case].partition(" ")
    return {unit: int(number)} if number else {}


@cache
def _table() -> dict[tuple[str, int], dict[str, str]]:
    text = resources.files("detente.accord").joinpath("tables", "fedramp_vdr_2026_07_14_01.csv").read_text("utf-8")
    return {(row["class"], int(row["rating"])): row for row in csv.DictReader(text.splitlines())}


def _evaluate(facts: Facts, terms: FedRamp, zone: ZoneInfo) -> Clock:
    days = EVALUATE_DAYS[terms.level]
    return _clock(
        f"VER-TFR-EVU class {terms.level.upper()}: evaluate within {days} days",
        (facts.detected, Start.DETECTION),
        after(facts.detected, zone, days=days),
        Grounds(),
        duty=Duty.EVALUATE,
    )


def _accept(facts: Facts, evaluated: datetime, zone: ZoneInfo) -> Clock:
    return _clock(
        f"VER-TFR-MAV: accepted once {ACCEPT_DAYS} days have passed",
        (evaluated, Start.EVALUATION),
        after(evaluated, zone, days=ACCEPT_DAYS),
        Grounds(),
        duty=Duty.ACCEPT,
        warn=after(evaluated, zone, days=WARN_DAYS),
    )


def _reduce(facts: Facts, terms: FedRamp, zone: ZoneInfo) -> Clock:
    grounds = Grounds()
    exploitable = grounds.take("likely exploitable", facts.exploitable, True)
    reachable = grounds.take("exposure", facts.exposure, Exposure.INTERNET) in EXPOSED
    case = ("irv_lev" if reachable else "nirv_lev") if exploitable else "nlev"
    evaluated = grounds.take("evaluated", facts.evaluated, facts.detected)
    rating = grounds.take("N-rating", facts.ratings[-1].n if facts.ratings else None, terms.unrated)
    starts, due = _run(facts.ratings or (Rating(evaluated, rating),), terms.level, case, zone)
    rule = f"VDR-TFR-PVR class {terms.level.upper()}, N{rating}, {case}"
    event = Start.EVALUATION if facts.evaluated or facts.ratings else Start.DETECTION
    return _clock(rule, (starts, event), due, grounds)


def _run(ratings: tuple[Rating, ...], level: str, case: str, zone: ZoneInfo) -> tuple[datetime, datetime | None]:
    """Start and end of the clock that runs now: a step down restarts it, a step up may only shorten it."""
    starts, due, now = ratings[0].at, _due(ratings[0], level, case, zone), ratings[0].n
    for rating in ratings[1:]:
        if rating.n < now:
            starts, due = rating.at, _due(rating, level, case, zone)
        elif rating.n > now and (sooner := _due(rating, level, case, zone)) and (due is None or sooner < due):
            starts, due = rating.at, sooner
        now = rating.n
    return starts, due


def _due(rating: Rating, level: str, case: str, zone: ZoneInfo) -> datetime | None:
    time = allowed(level, rating.n, case)
    return after(rating.at, zone, **time) if time else None


def _listed(facts: Facts, zone: ZoneInfo) -> Clock:
    grounds = Grounds()
    starts = begin(facts.listed, zone) if facts.listed else facts.detected
    fallback = after(starts, zone, days=KEV_DAYS)
    worse = fallback.astimezone(zone).date()
    due = end(grounds.take("due date of the catalogue", facts.catalogue_due, worse), zone)
    return _clock("VDR-TFR-KEV: by the catalogue's due date", (starts, Start.LISTING), due, grounds)


def _clock(
    rule: str,
    started: tuple[datetime, Start],
    due: datetime | None,
    grounds: Grounds,
    *,
    duty: Duty = Duty.FIX,
    warn: datetime | None = None,
) -> Clock:
    starts, event = started
    return Clock(
        regime=NAME,
        version=VERSION,
        rule=rule,
        starts=starts,
        start_event=event,
        due=due,
        duty=duty,
        warn=warn,
        assumed=tuple(grounds.assumed),
        evidence=tuple(grounds.evidence),
    )
