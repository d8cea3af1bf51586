"""BOD 26-04: every row of the table as a due date, and the rules around the table."""

import csv
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from importlib import resources

import pytest

from detente.accord.change import Directive
from detente.accord.regimes.bod_26_04 import VERSION, clocks
from detente.model.clock import Clock, Facts, Start
from detente.model.estate import Exposure
from regimes import BERLIN, DETECTED, ZONE

TABLE = resources.files("detente.accord").joinpath("tables", "cisa_bod_26_04_1_0_0.csv").read_text("utf-8")
ROWS = [row[1:] for row in csv.reader(TABLE.splitlines())][1:]
WORST = Facts(
    detected=DETECTED,
    kev=True,
    listed=date(2026, 2, 1),
    exposure=Exposure.INTERNET,
    automatable=True,
    total=True,
)


def clock(facts: Facts) -> Clock:
    (found,) = clocks(facts, Directive(), ZONE)
    return found


@pytest.mark.parametrize("row", ROWS, ids=",".join)
def test_every_row_of_the_table(row: list[str]) -> None:
    kev, exposed, automatable, impact, outcome = row
    found = clock(
        Facts(
            detected=DETECTED,
            kev=kev == "yes",
            exposure=Exposure.PARTNER if exposed == "yes" else Exposure.INTERNAL,
            automatable=automatable == "yes",
            total=impact == "total",
        )
    )
    days = None if outcome == "fix on system upgrade" else int(outcome.split()[0])
    assert found.due == (None if days is None else DETECTED + timedelta(days=days))
    assert (found.rule, found.version, found.assumed) == (outcome, VERSION, ())
    assert bool(found.forensics) == ("forensic" in outcome)


def test_the_table_has_sixteen_rows() -> None:
    assert len({tuple(row[:4]) for row in ROWS}) == 16


def test_triage_comes_before_the_patch_with_its_marks() -> None:
    hours = [(mark.due - DETECTED) / timedelta(hours=1) for mark in clock(WORST).forensics]
    assert hours == [2, 24, 72]
    assert "before patching" in clock(WORST).forensics[1].step


def test_what_nobody_knows_is_the_worse_value_and_is_said() -> None:
    found = clock(Facts(detected=DETECTED))
    assert found.due == DETECTED + timedelta(days=3)
    assert found.assumed == ("exposure: internet", "automatable: yes", "total impact: yes")
    assert found.evidence == ("in KEV: no",)


def test_a_listing_after_detection_starts_the_clock_and_never_gives_more_time() -> None:
    quiet = replace(WORST, exposure=Exposure.INTERNAL, total=False, listed=date(2026, 3, 20))
    found = clock(quiet)
    assert (found.start_event, found.starts) == (Start.LISTING, datetime(2026, 3, 20, tzinfo=UTC))
    assert found.due == datetime(2026, 4, 3, tzinfo=UTC)  # 14 days, sooner than 60 from detection
    late = clock(replace(WORST, listed=date(2026, 5, 1)))
    assert late.due == DETECTED + timedelta(days=3)  # exposed, automatable, total: three days ran already


def test_the_catalogues_due_date_wins_to_the_end_of_its_day() -> None:
    dated = replace(WORST, catalogue_due=date(2026, 3, 31))
    (found,) = clocks(dated, Directive(), BERLIN)
    assert found.due == datetime(2026, 3, 31, 21, 59, 59, tzinfo=UTC)
    assert "due date of the catalogue: 2026-03-31" in found.evidence
    assert clock(replace(dated, kev=False, listed=None)).due == DETECTED + timedelta(days=3)
