"""FedRAMP's 2026 rules: every cell of every class, and how ratings, listings and the 192 days move the clocks."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from detente.accord.change import FedRamp
from detente.accord.regimes.fedramp_vdr import EVALUATE_DAYS, allowed, clocks
from detente.model.clock import Clock, Duty, Facts, Rating, Start
from detente.model.estate import Exposure
from regimes import DETECTED, ZONE

CASES = ("irv_lev", "nirv_lev", "nlev")
HOURS = {  # the rule's table as printed, in hours
    "a": {5: (96, 192, 768), 4: (192, 768, 1536), 3: (768, 1536, 4608), 2: (2304, 3840, 4608), 1: (None,) * 3},
    "b": {5: (96, 192, 768), 4: (192, 768, 1536), 3: (768, 1536, 4608), 2: (2304, 3840, 4608), 1: (None,) * 3},
    "c": {5: (48, 96, 384), 4: (96, 192, 1536), 3: (384, 768, 3072), 2: (1152, 3072, 4608), 1: (None,) * 3},
    "d": {5: (12, 24, 192), 4: (48, 192, 768), 3: (192, 384, 1536), 2: (576, 2304, 4608), 1: (None,) * 3},
}
CELLS = [
    (level, rating, case, hours)
    for level, ratings in HOURS.items()
    for rating, row in ratings.items()
    for case, hours in zip(CASES, row, strict=True)
]
EVALUATED = DETECTED + timedelta(days=1)


def facts(case: str = "irv_lev", *ratings: Rating) -> Facts:
    return Facts(
        detected=DETECTED,
        evaluated=EVALUATED,
        exposure=Exposure.INTERNET if case == "irv_lev" else Exposure.INTERNAL,
        exploitable=case != "nlev",
        ratings=ratings,
    )


def run(found: Facts, level: str = "c", **terms: int) -> list[Clock]:
    return list(clocks(found, FedRamp.model_validate({"class": level} | terms), ZONE))


def reduce(found: Iterable[Clock]) -> Clock:
    return next(clock for clock in found if clock.rule.startswith("VDR-TFR-PVR"))


@pytest.mark.parametrize(("level", "rating", "case", "hours"), CELLS)
def test_every_cell(level: str, rating: int, case: str, hours: int | None) -> None:
    clock = reduce(run(facts(case, Rating(EVALUATED, rating)), level))
    assert clock.due == (None if hours is None else EVALUATED + timedelta(hours=hours))
    assert clock.rule == f"VDR-TFR-PVR class {level.upper()}, N{rating}, {case}"
    assert (clock.start_event, clock.assumed) == (Start.EVALUATION, ())


def test_our_table_is_the_rule_as_published(corpus: Path) -> None:
    document = json.loads((corpus / "rules" / "fedramp_vdr_ver_2026.json").read_text())["rules"]
    published = {
        (level, int(rating), case): {cell["timeframe_type"]: cell["timeframe_num"]}
        for level, rule in document["VDR-TFR-PVR"]["varies_by_class"].items()
        for rating, row in rule["pain_timeframes"].items()
        for case, cell in row.items()
    }
    assert {(c, r, case): allowed(c, r, case) for c, r, case, hours in CELLS if hours} == published
    evaluate = document["VER-TFR-EVU"]["varies_by_class"]
    assert {level: rule["timeframe_num"] for level, rule in evaluate.items()} == EVALUATE_DAYS
    assert document["VER-TFR-MAV"]["timeframe_num"] == 192


@pytest.mark.parametrize(("level", "days"), [("a", 14), ("b", 7), ("c", 5), ("d", 2)])
def test_an_unevaluated_finding_is_evaluated_within_days(level: str, days: int) -> None:
    first, second = run(Facts(detected=DETECTED), level)
    assert (first.duty, first.due, first.start_event) == (
        Duty.EVALUATE,
        DETECTED + timedelta(days=days),
        Start.DETECTION,
    )
    assert second.assumed == (
        "likely exploitable: yes",
        "exposure: internet",
        f"evaluated: {DETECTED}",
        "N-rating: 5",
    )
    assert second.starts == DETECTED


def test_the_accord_says_what_an_unrated_finding_counts_as() -> None:
    assert reduce(run(facts(), unrated=3)).due == EVALUATED + timedelta(days=16)


def test_a_step_down_starts_the_clock_anew() -> None:
    down = Rating(EVALUATED + timedelta(days=3), 3)
    clock = reduce(run(facts("irv_lev", Rating(EVALUATED, 4), down)))
    assert (clock.starts, clock.due) == (down.at, down.at + timedelta(days=16))


def test_the_same_rating_again_gives_no_new_time() -> None:
    again = Rating(EVALUATED + timedelta(days=3), 4)
    assert reduce(run(facts("irv_lev", Rating(EVALUATED, 4), again))).due == EVALUATED + timedelta(days=4)


@pytest.mark.parametrize(("later", "days"), [(2, 4), (15, 16)])
def test_a_step_up_may_only_shorten(later: int, days: int) -> None:
    up = Rating(EVALUATED + timedelta(days=later), 5)
    assert reduce(run(facts("irv_lev", Rating(EVALUATED, 3), up))).due == EVALUATED + timedelta(days=days)


def test_from_minimal_to_grave_a_clock_begins() -> None:
    up = Rating(EVALUATED + timedelta(days=9), 5)
    assert reduce(run(facts("irv_lev", Rating(EVALUATED, 1), up))).due == up.at + timedelta(days=2)


def test_what_stays_192_days_is_accepted_and_said_at_160() -> None:
    (accept,) = [clock for clock in run(facts("nlev", Rating(EVALUATED, 1))) if clock.duty is Duty.ACCEPT]
    assert (accept.due, accept.warn) == (EVALUATED + timedelta(days=192), EVALUATED + timedelta(days=160))


def test_a_listed_one_follows_the_catalogue_even_when_mitigated() -> None:
    listed = replace(facts("nlev", Rating(EVALUATED, 1)), kev=True, listed=date(2026, 3, 1))
    dated = run(replace(listed, catalogue_due=date(2026, 3, 10)))[-1]
    assert (dated.due, dated.assumed) == (datetime(2026, 3, 10, 23, 59, 59, tzinfo=UTC), ())
    undated = run(listed)[-1]
    assert undated.due == datetime(2026, 3, 4, 23, 59, 59, tzinfo=UTC)
    assert undated.assumed == ("due date of the catalogue: 2026-03-04",)
