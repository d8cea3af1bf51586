"""The rule books that go by severity or urgency: each with every cell, its start, and what it assumes."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any

import pytest

from detente.accord.change import Regime
from detente.accord.regimes.registry import rulebooks
from detente.accord.ssvc import deployer, human_impact, system_exposure
from detente.model.clock import Clock, Facts, Start
from detente.model.estate import Exposure
from detente.model.finding import Severity
from regimes import BERLIN, DETECTED, ZONE

RELEASED = date(2026, 1, 31)
OUT = datetime(2026, 1, 31, tzinfo=UTC)
WORDS = {severity.name.lower(): severity for severity in Severity}


def clock(regime: str, terms: Mapping[str, Any] | None = None, **facts: Any) -> Clock | None:
    found = Regime.model_validate({regime: dict(terms or {})}, context={})
    stated = Facts(detected=DETECTED, **facts)
    return next(iter(rulebooks()[regime].clocks(stated, found.terms, ZONE)), None)


def due(*arguments: Any, **facts: Any) -> datetime | None:
    found = clock(*arguments, **facts)
    assert found is not None
    return found.due


@pytest.mark.parametrize(
    ("severity", "days"), [("critical", 30), ("high", 30), ("medium", 90), ("low", 180), ("info", 180), ("unknown", 30)]
)
def test_fedramp_legacy(severity: str, days: int) -> None:
    found = clock("fedramp-legacy", severity=WORDS[severity])
    assert found is not None
    assert found.due == DETECTED + timedelta(days=days)
    assert bool(found.assumed) == (severity == "unknown")
    assert found.start_event is Start.DETECTION


@pytest.mark.parametrize(
    ("severity", "high", "end"),
    [
        ("critical", "own time", datetime(2026, 2, 28, tzinfo=UTC)),  # a month after January 31st
        ("critical", "one month", datetime(2026, 2, 28, tzinfo=UTC)),
        ("unknown", "own time", datetime(2026, 2, 28, tzinfo=UTC)),
        ("high", "one month", datetime(2026, 2, 28, tzinfo=UTC)),
        ("high", "own time", OUT + timedelta(days=60)),
        ("medium", "one month", OUT + timedelta(days=60)),
        ("low", "own time", OUT + timedelta(days=60)),
        ("info", "own time", OUT + timedelta(days=60)),
    ],
)
def test_pci(severity: str, high: str, end: datetime) -> None:
    terms = {"high_within": "60d", "high": high}
    found = clock("pci-dss-4.0.1", terms, severity=WORDS[severity], released=RELEASED, scope=("cardholder",))
    assert found is not None
    assert (found.due, found.start_event) == (end, Start.RELEASE)


@pytest.mark.parametrize(
    ("released", "end"),
    [(date(2024, 1, 31), (2024, 2, 29)), (date(2026, 12, 31), (2027, 1, 31))],
)
def test_a_pci_month_is_one_of_the_calendar(released: date, end: tuple[int, int, int]) -> None:
    found = due("pci-dss-4.0.1", severity=Severity.CRITICAL, released=released, scope=("cardholder",))
    assert found == datetime(*end, tzinfo=UTC)


def test_pci_asks_for_the_scope() -> None:
    assert clock("pci-dss-4.0.1", severity=Severity.CRITICAL) is None
    assert clock("pci-dss-4.0.1", {"scope": "cde"}, severity=Severity.LOW, scope=("cde", "other")) is not None


@pytest.mark.parametrize(
    ("published", "starts"),
    [(date(2026, 2, 1), datetime(2026, 2, 1, tzinfo=UTC)), (date(2026, 4, 1), DETECTED), (None, DETECTED)],
)
def test_an_unknown_release_is_the_earliest_it_may_have_been(published: date | None, starts: datetime) -> None:
    found = clock("pci-dss-4.0.1", severity=Severity.CRITICAL, published=published, scope=("cardholder",))
    assert found is not None
    assert found.starts == starts
    assert found.assumed == (f"patch released: {starts}",)


@pytest.mark.parametrize(
    ("severity", "days"), [("critical", 15), ("high", 30), ("medium", 90), ("low", 90), ("info", 90), ("unknown", 15)]
)
def test_cmmc_as_stated(severity: str, days: int) -> None:
    assert due("cmmc-l2", severity=WORDS[severity]) == DETECTED + timedelta(days=days)
    assert due("cmmc-l2", {"critical": "36h"}, severity=Severity.CRITICAL) == DETECTED + timedelta(hours=36)


@pytest.mark.parametrize(
    ("exploitation", "exposure", "automatable", "tier"),
    list(product(("none", "public poc", "active"), Exposure, (True, False), ("tier-1", "tier-2", "tier-3", "tier-4"))),
)
def test_ssvc_in_days(exploitation: Any, exposure: Exposure, automatable: bool, tier: str) -> None:
    outcome = deployer(exploitation, system_exposure(exposure), automatable, human_impact(tier))
    days = {"immediate": 3, "out-of-cycle": 14, "scheduled": 60, "defer": None}[outcome]
    found = due("ssvc-deployer", exploitation=exploitation, exposure=exposure, automatable=automatable, tier=tier)
    assert found == (None if days is None else DETECTED + timedelta(days=days))


def test_ssvc_takes_the_accords_days_and_says_what_it_assumed() -> None:
    found = clock("ssvc-deployer", {"out-of-cycle": "5d"})
    assert found is not None
    assert found.due == DETECTED + timedelta(days=5)  # nothing known: none, open, automatable, very high
    assert found.assumed == ("exploitation: none", "exposure: internet", "automatable: yes", "tier: tier-1")


OWN = {"critical": "12h", "high": "7d", "medium": "30d"}


@pytest.mark.parametrize(
    ("severity", "hours"), [("critical", 12), ("high", 168), ("medium", 720), ("low", None), ("info", None)]
)
def test_own_times(severity: str, hours: int | None) -> None:
    end = None if hours is None else DETECTED + timedelta(hours=hours)
    assert due("own-sla", OWN, severity=WORDS[severity]) == end


def test_own_times_may_start_at_the_release_and_bind_one_scope() -> None:
    terms = OWN | {"starts": "patch release", "scope": "payments"}
    assert clock("own-sla", terms, severity=Severity.HIGH) is None
    found = clock("own-sla", terms, severity=Severity.HIGH, released=RELEASED, scope=("payments",))
    assert found is not None
    assert (found.due, found.start_event) == (OUT + timedelta(days=7), Start.RELEASE)
    assumed = clock("own-sla", terms, scope=("payments",))
    assert assumed is not None
    assert assumed.assumed == ("severity: critical", f"patch release: {DETECTED}")


def test_days_keep_the_time_on_the_wall_and_hours_do_not() -> None:
    before = datetime(2026, 3, 28, 12, tzinfo=BERLIN)  # summer time begins on the 29th
    stated = Facts(detected=before, severity=Severity.CRITICAL)
    book = rulebooks()["own-sla"]
    for length, wall in (("1d", 12), ("1h", 13), ("24h", 12), ("36h", 0)):
        terms = Regime.model_validate({"own-sla": {"critical": length}}, context={}).terms
        (found,) = book.clocks(stated, terms, BERLIN)
        assert found.due is not None
        assert found.due.astimezone(BERLIN).hour == wall
