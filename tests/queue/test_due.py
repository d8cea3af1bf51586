"""From rows of the queue to clocks: which facts are taken, which clock of which rule is kept, what is told without any."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from detente.accord.clocks import due
from detente.accord.document import Accord, load
from detente.model.clock import Assessment, Clock, Rating, Start
from detente.model.estate import Exposure, Service
from detente.queue.due import evaluated, facts, ratings, running, told
from regimes import DETECTED

SEEN = DETECTED.replace(tzinfo=None)  # as the lake has it: UTC without a zone
SHOP = Service("shop", tier="tier-1", exposure=Exposure.INTERNET, scope=("cardholder",))
WIKI = Service("wiki", tier="tier-3", exposure=Exposure.INTERNAL)


def row(**facts: Any) -> dict[str, Any]:
    stated = {
        "first_seen": SEEN,
        "published": date(2026, 2, 1),
        "released": None,
        "triaged": None,
        "known": False,
        "kev": False,
        "kev_added": None,
        "cve": "CVE-2026-1",
        "vulnerability_name": "CVE-2026-1",
        "automatable": True,
        "total": True,
        "severity": 5,
        "exploitation": None,
    }
    return stated | facts


def accord(regimes: str) -> Accord:
    return load(f"accord: 1\norganisation: X\ncurrency: EUR\nregimes: {regimes}\n", "accord.yaml")


def dues(found: tuple[Clock, ...]) -> dict[str, datetime | None]:
    return {clock.regime: clock.due for clock in found}


def test_every_fact_at_hand_reaches_the_rules() -> None:
    stated = facts(
        row(kev=True, kev_added=date(2026, 3, 3), exploitation="poc"), SHOP, {"CVE-2026-1": date(2026, 3, 9)}
    )
    assert (stated.detected, stated.published) == (SEEN.replace(tzinfo=UTC), date(2026, 2, 1))
    assert (stated.listed, stated.catalogue_due) == (date(2026, 3, 3), date(2026, 3, 9))
    assert (stated.exposure, stated.tier, stated.scope) == (Exposure.INTERNET, "tier-1", ("cardholder",))
    assert (stated.severity.name, stated.exploitation, stated.released) == ("CRITICAL", "public poc", None)


def test_nobodys_asset_has_no_exposure_and_no_scope() -> None:
    stated = facts(row(cve=None), None, {})
    assert (stated.exposure, stated.tier, stated.scope) == (None, "", ())


@pytest.mark.parametrize("shift", [0, 5])
def test_each_rule_keeps_the_finding_that_ends_first(shift: int) -> None:
    both = accord("[cmmc-l2, {pci-dss-4.0.1: {scope: cardholder}}]")
    rows = [row(), row(severity=3, first_seen=SEEN - timedelta(days=80 + shift)), row(first_seen=SEEN)]
    found = dues(running(rows, SHOP, both, {}))
    medium = SEEN.replace(tzinfo=UTC) + timedelta(days=90 - 80 - shift)
    assert found["cmmc-l2"] == min(medium, SEEN.replace(tzinfo=UTC) + timedelta(days=15))
    assert found["pci-dss-4.0.1"] == datetime(2026, 3, 1, tzinfo=UTC)


def test_it_is_what_each_finding_alone_would_get() -> None:
    both = accord("[bod-26-04, cmmc-l2, fedramp-legacy]")
    rows = [row(severity=n, first_seen=SEEN - timedelta(days=7 * n), total=n > 2, automatable=n % 2) for n in range(6)]
    alone = [clock for one in rows for clock in due(facts(one, WIKI, {}), both)]
    for regime, end in dues(running(rows, WIKI, both, {})).items():
        assert end == min(clock.due for clock in alone if clock.regime == regime and clock.due)


def test_what_is_told() -> None:
    assert told(running([row()], SHOP, accord("[cmmc-l2]"), {}), [row()], SHOP).startswith("CMMC L2: critical")
    assert told((), [row()], SHOP) == "BOD 26-04: 3 days"
    assert running([row()], SHOP, accord("[]"), {}) == ()
    deferred = [row(automatable=False, total=False)]
    later = running(deferred, WIKI, accord("[bod-26-04]"), {})
    assert told(later, deferred, WIKI) == "BOD 26-04: fix on system upgrade"


def known(days: int, rating: int | None, exposure: Exposure | None = Exposure.INTERNET) -> Assessment:
    return Assessment(DETECTED + timedelta(days=days), rating, exposure)


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        ((), []),
        ((known(-9, 4),), [(0, 4)]),  # all was known when it was first priced
        ((known(3, 4),), [(3, 4)]),  # the rating came later
        ((known(-9, 4, None),), []),  # nobody says from where it can be reached
        ((known(-9, None), known(2, 3)), [(2, 3)]),
        (
            (known(-9, 5), known(-5, 4), known(6, 2)),
            [(0, 4), (6, 2)],
        ),  # what was before its time is none of its ratings
        ((known(-9, 5), known(-5, None)), []),
        ((known(-9, 5), known(4, None), known(8, 3)), [(0, 5), (8, 3)]),
    ],
)
def test_the_ratings_of_a_finding_begin_with_its_evaluation(
    history: tuple[Assessment, ...], expected: list[tuple[int, int]]
) -> None:
    assert ratings(SEEN, history) == tuple(Rating(DETECTED + timedelta(days=day), n) for day, n in expected)
    assert ratings(None, history) == ()


def test_a_grouping_is_evaluated_with_its_last_finding() -> None:
    rows, history = [row(triaged=SEEN), row(triaged=SEEN + timedelta(days=2))], (known(-9, 4),)
    assert evaluated(rows, history)[0].at == DETECTED + timedelta(days=2)
    assert evaluated([*rows, row()], history) == ()


def test_a_finding_with_all_four_events_starts_each_clock_at_its_own() -> None:
    every = accord(
        "[{own-sla: {critical: 9d}}, {pci-dss-4.0.1: {scope: cardholder}}, bod-26-04, {fedramp-vdr: {class: c}}]"
    )
    stated = row(
        released=date(2026, 2, 10), triaged=SEEN + timedelta(days=1), kev=True, kev_added=date(2026, 3, 8), known=True
    )
    found = running([stated], SHOP, every, {"CVE-2026-1": date(2026, 3, 20)}, (known(-9, 4),))
    starts = {(clock.regime, clock.duty.value, clock.start_event): clock.starts for clock in found}
    assert starts[("own-sla", "fix", Start.DETECTION)] == DETECTED
    assert starts[("pci-dss-4.0.1", "fix", Start.RELEASE)] == datetime(2026, 2, 10, tzinfo=UTC)
    assert starts[("bod-26-04", "fix", Start.LISTING)] == datetime(2026, 3, 8, tzinfo=UTC)
    assert starts[("fedramp-vdr", "accept", Start.EVALUATION)] == DETECTED + timedelta(days=1)
    assert {fact for clock in found for fact in clock.assumed} == set()


def test_only_what_nobody_stated_is_assumed() -> None:
    vdr = accord("[{fedramp-vdr: {class: c}}]")
    (fix,) = (clock for clock in running([row(triaged=SEEN)], WIKI, vdr, {}, (known(-9, 4),)) if clock.duty == "fix")
    assert fix.assumed == ("likely exploitable: yes",)
    assert (fix.start_event, fix.starts) == (Start.EVALUATION, DETECTED)
