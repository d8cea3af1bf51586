"""All clocks together: the accord says which run, the earliest that asks for a fix binds."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.accord.change import Regime
from detente.accord.clocks import due, earliest
from detente.accord.document import Accord, load
from detente.accord.regimes.registry import rulebooks
from detente.model.clock import Clock, Duty, Facts, Start
from detente.model.finding import Severity
from regimes import DETECTED

FACTS = Facts(detected=DETECTED, severity=Severity.CRITICAL)


def accord(regimes: str) -> Accord:
    return load(f"accord: 1\norganisation: X\ncurrency: EUR\nregimes: {regimes}\n", "accord.yaml")


def clock(days: int | None, duty: Duty = Duty.FIX) -> Clock:
    return Clock(
        regime="r",
        version="1",
        rule=f"{days} {duty}",
        starts=DETECTED,
        start_event=Start.DETECTION,
        due=None if days is None else DETECTED + timedelta(days=days),
        duty=duty,
    )


def test_every_rule_book_has_its_key_in_the_accord_and_the_other_way_round() -> None:
    assert set(rulebooks()) == {field.alias for field in Regime.model_fields.values()}
    assert all(book.VERSION and name == book.NAME for name, book in rulebooks().items())


def test_without_regimes_no_clock_runs() -> None:
    assert due(FACTS, accord("[]")) == ()
    assert earliest(()) is None


def test_all_clocks_run_and_the_earliest_fix_binds() -> None:
    both = accord("[cmmc-l2, {fedramp-vdr: {class: d}}, bod-26-04]")
    found = due(FACTS, both)
    assert [(one.regime, one.duty.value) for one in found] == [
        ("fedramp-vdr", "fix"),
        ("fedramp-vdr", "evaluate"),
        ("bod-26-04", "fix"),
        ("cmmc-l2", "fix"),
    ]
    binding = earliest(found)
    assert binding is not None
    assert binding.due == DETECTED + timedelta(hours=12)


def test_a_deadline_to_evaluate_binds_no_fix() -> None:
    binding = earliest([clock(1, Duty.EVALUATE), clock(2, Duty.ACCEPT), clock(None), clock(9)])
    assert binding is not None
    assert binding.rule == "9 fix"


@given(st.lists(st.none() | st.integers(-30, 300)))
def test_the_earliest_is_the_least(days: Sequence[int | None]) -> None:
    binding = earliest([clock(each) for each in days])
    stated = [each for each in days if each is not None]
    assert (binding.due if binding else None) == (DETECTED + timedelta(days=min(stated)) if stated else None)


@pytest.mark.parametrize("regime", sorted(rulebooks()))
def test_an_earlier_detection_never_ends_later(regime: str) -> None:
    settings = {"fedramp-vdr": "{class: c}", "own-sla": "{critical: 9d}", "pci-dss-4.0.1": "{scope: s}"}
    one = accord(f"[{{{regime}: {settings.get(regime, '{}')}}}]")
    stated = replace(FACTS, scope=("s",))
    before = earliest(due(replace(stated, detected=DETECTED - timedelta(days=5)), one))
    after = earliest(due(stated, one))
    assert before is not None
    assert after is not None
    assert before.due is not None
    assert after.due is not None
    assert before.due < after.due
