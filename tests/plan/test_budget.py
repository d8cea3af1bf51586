"""Error budgets of both sides against figures worked out by hand."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.accord.document import load
from detente.plan.budget import Budget, Exposure, Good, Joint, Level, joint, promised, risks, uptime

NOW = datetime(2026, 3, 31, tzinfo=UTC)
ACCORD = load(
    """
accord: 1
organisation: Shop
currency: EUR
objectives:
  - {id: up, metric: availability, scope: tier-1, target: ">= 99.9 %"}
  - {id: all-up, metric: availability, scope: all, target: ">= 99 %"}
  - {id: few, metric: open_criticals, scope: all, target: "< 5"}
  - {id: loss, metric: expected_loss, scope: tier-1, target: "<= 40k EUR/month"}
""",
    "accord.yaml",
)


def month(bad: dict[int, int], total: int = 1000) -> list[Good]:
    """A measurement an hour for 30 days; `bad` requests by hours before now."""
    return [Good(NOW - timedelta(hours=hour), total - bad.get(hour, 0), total) for hour in range(720)]


@pytest.mark.parametrize(
    ("bad", "level", "left"),
    [
        ({}, Level.LEFT, 1.0),
        ({500: 360}, Level.LEFT, 0.5),  # 720 bad requests are tolerated
        ({500: 720}, Level.SPENT, 0.0),
        ({500: 900}, Level.SPENT, -0.25),
        ({0: 14}, Level.LEFT, 0.981),  # 14 times too fast, for an hour
        ({0: 15}, Level.BURNING, 0.979),
        ({1: 12, 2: 12, 3: 12}, Level.BURNING, 0.95),  # 6 times too fast, over six hours
        ({1: 12, 2: 12, 3: 11}, Level.LEFT, 0.951),
        ({9: 300}, Level.LEFT, 0.583),  # a burst that is over
    ],
)
def test_levels_of_uptime(bad: dict[int, int], level: Level, left: float) -> None:
    found = uptime("slo", 0.999, month(bad), NOW)
    assert (found.level, found.left) == (level, pytest.approx(left, abs=0.001))


def test_one_failure_at_night_is_no_alarm() -> None:
    quiet = [*month({}, 10_000)[1:], Good(NOW, 9, 10)]
    assert uptime("slo", 0.999, quiet, NOW).level is Level.LEFT


def test_what_nobody_measured_is_unknown() -> None:
    old = [Good(NOW - timedelta(days=31), 0, 1000)]
    for measured in ([], old, [Good(NOW, 0, 0)]):
        assert uptime("slo", 0.999, measured, NOW).level is Level.UNKNOWN
    assert joint(uptime("slo", 0.999, [], NOW), []) is Joint.NORMAL


def test_a_promise_without_tolerance() -> None:
    assert uptime("slo", 1.0, month({}), NOW).level is Level.LEFT
    assert uptime("slo", 1.0, month({9: 1}), NOW).level is Level.SPENT


@given(st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 5)), max_size=20))
def test_more_bad_requests_never_leave_more(bad: list[tuple[int, int]]) -> None:
    before = 1.0
    for end in range(len(bad)):
        level = uptime("slo", 0.999, [Good(NOW, 10_000 - b, 10_000) for b, _ in bad[: end + 1]], NOW)
        worse = uptime("slo", 0.999, [Good(NOW, 10_000 - b - more, 10_000) for b, more in bad[: end + 1]], NOW)
        assert level.left is not None
        assert worse.left is not None
        assert worse.left <= level.left + 1e-9 <= before + 1e-9


EXPOSURES = [
    Exposure("checkout", "tier-1", Decimal(30_000), 2, 0),
    Exposure("wiki", "tier-2", Decimal(90_000), 3, 1),
]


def test_risk_is_counted_where_the_objective_says() -> None:
    few, loss = risks(ACCORD, EXPOSURES, "tier-1")
    assert (few.level, few.left) == (Level.SPENT, 0.0)
    assert few.fact == "5 open criticals everywhere against < 5"
    assert (loss.level, loss.left) == (Level.LEFT, 0.25)
    assert loss.fact == "30 000.00 EUR of expected loss a month on tier-1 against <= 40k EUR".replace(
        "30 000", "30\u202f000"
    )
    assert [one.rule for one in risks(ACCORD, EXPOSURES, "tier-2")] == ["objectives.few"]


def test_the_own_objective_comes_before_that_of_all() -> None:
    assert [getattr(promised(ACCORD, tier), "id", None) for tier in ("tier-1", "tier-2")] == ["up", "all-up"]


def budget(level: Level) -> Budget:
    return Budget("rule", level, None, "fact", "source")


@pytest.mark.parametrize(
    ("up", "risk", "state"),
    [
        (Level.LEFT, Level.LEFT, Joint.NORMAL),
        (Level.LEFT, Level.SPENT, Joint.RISK_FIRST),
        (Level.SPENT, Level.LEFT, Joint.FEATURES_STOP),
        (Level.BURNING, Level.LEFT, Joint.FEATURES_STOP),
        (Level.BURNING, Level.SPENT, Joint.BOTH_SIGN),
    ],
)
def test_four_states(up: Level, risk: Level, state: Joint) -> None:
    assert joint(budget(up), [budget(Level.LEFT), budget(risk)]) is state
    assert joint(None, [budget(risk)]) in (Joint.NORMAL, Joint.RISK_FIRST)
