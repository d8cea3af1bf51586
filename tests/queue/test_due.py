"""From rows of the queue to clocks: which facts are taken, which clock of which rule is kept, what is told without any."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from detente.accord.clocks import due
from detente.accord.document import Accord, load
from detente.model.clock import Clock
from detente.model.estate import Exposure, Service
from detente.queue.due import facts, running, told
from regimes import DETECTED

SEEN = DETECTED.replace(tzinfo=None)  # as the lake has it: UTC without a zone
SHOP = Service("shop", tier="tier-1", exposure=Exposure.INTERNET, scope=("cardholder",))
WIKI = Service("wiki", tier="tier-3", exposure=Exposure.INTERNAL)


def row(**facts: Any) -> dict[str, Any]:
    stated = {
        "first_seen": SEEN,
        "published": date(2026, 2, 1),
        "released": None,
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
