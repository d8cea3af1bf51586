"""The gate's rules, one by one and together."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.accord.change import Consequences
from detente.model.change import Purpose, Reason, Word
from detente.model.money import Money
from detente.plan.budget import Budget, Level
from detente.plan.gate import CAREFUL, LASTS, Ask, Before, Busy, Closure, Facts, Pass, Planned, Worth, answer

NOW = datetime(2026, 3, 6, 9, tzinfo=UTC)
FEATURE, FIX = Ask(service="checkout"), Ask(service="checkout", purpose=Purpose.FIX)
STRICT, PLAIN, NONE = (
    Consequences(),
    Consequences(uptime_spent="fixes only"),
    Consequences(uptime_spent="no consequence", risk_spent="no consequence"),
)
HALT = Reason("stop-the-line", "incident 7", "Ada")
FRIDAY = Closure("change.freeze[0]", "every friday", "the accord", NOW + timedelta(hours=15))
PASS = Pass("ab12", ("Ada (cio)", "Bea (ciso)"), "KEV", NOW + timedelta(hours=4))
SPENT, FINE = (
    Budget("objectives.up", Level.SPENT, 0.0, "nothing left", "m"),
    Budget("objectives.up", Level.LEFT, 0.5, "", "m"),
)
RISKY = Budget("objectives.loss", Level.SPENT, -0.1, "too much", "the queue")


def euro(amount: int) -> Money:
    return Money(Decimal(amount), "EUR")


def said(ask: Ask, rules: Consequences = STRICT, **facts: Any) -> Word:
    return answer(ask, Facts(consequences=rules, **facts), NOW).word


def test_nothing_against_it() -> None:
    found = answer(FEATURE, Facts(consequences=STRICT), NOW)
    assert (found.word, found.reasons, found.until, found.expires) == (Word.ALLOW, (), None, NOW + LASTS)
    assert found.open


def test_a_freeze_says_until_when() -> None:
    found = answer(FIX, Facts(consequences=STRICT, closures=(FRIDAY,)), NOW)
    assert (found.word, found.until) == (Word.WAIT, FRIDAY.until)
    assert found.reasons == (Reason("change.freeze[0]", "every friday", "the accord"),)
    assert not found.open


def test_an_answer_never_crosses_the_edge_of_a_window() -> None:
    edge = NOW + timedelta(minutes=4)
    assert answer(FIX, Facts(consequences=STRICT, edge=edge), NOW).expires == edge
    soon = Closure("f", "f", "f", NOW + timedelta(minutes=2))
    assert answer(FIX, Facts(consequences=STRICT, closures=(soon, FRIDAY)), NOW).expires == soon.until


def test_a_stopped_line_beats_everything_but_a_rollback() -> None:
    assert said(FIX, halts=(HALT,), closures=(FRIDAY,)) is Word.DENY
    back = Ask(service="checkout", back=True)
    assert said(back, halts=(HALT,), closures=(FRIDAY,), up=SPENT, risk=(RISKY,)) is Word.ALLOW


def test_an_override_is_named() -> None:
    found = answer(FIX, Facts(consequences=STRICT, closures=(FRIDAY,), passes=(PASS,)), NOW)
    assert found.word is Word.CONDITIONS
    assert found.conditions == ("under override ab12, until 2026-03-06 13:00Z",)
    assert [one.rule for one in found.reasons] == ["change.freeze[0]", "change.override"]
    assert said(FIX, passes=(PASS,)) is Word.ALLOW  # what needs no override does not use it


@pytest.mark.parametrize(
    ("ask", "rules", "up", "risk", "word"),
    [
        (FEATURE, STRICT, FINE, (), Word.ALLOW),
        (FEATURE, STRICT, FINE, (RISKY,), Word.DENY),
        (FIX, STRICT, FINE, (RISKY,), Word.ALLOW),
        (FEATURE, PLAIN, SPENT, (), Word.DENY),
        (FIX, PLAIN, SPENT, (), Word.CONDITIONS),
        (FIX, STRICT, SPENT, (), Word.DENY),  # nobody said which fix
        (FEATURE, STRICT, SPENT, (RISKY,), Word.DENY),
        (FIX, PLAIN, SPENT, (RISKY,), Word.CONDITIONS),
        (FEATURE, NONE, SPENT, (RISKY,), Word.ALLOW),
    ],
)
def test_budgets(ask: Ask, rules: Consequences, up: Budget, risk: tuple[Budget, ...], word: Word) -> None:
    assert said(ask, rules, up=up, risk=risk) is word


def test_a_fix_is_weighed_at_the_exchange_rate() -> None:
    pays, not_yet = Worth(euro(900), euro(800), 1.0), Worth(euro(700), euro(800), 1.0)
    assert said(FIX, up=SPENT, worth=pays) is Word.CONDITIONS
    assert said(FIX, up=SPENT, worth=not_yet) is Word.DENY
    assert said(FIX, up=SPENT, worth=Worth(euro(700), euro(800), 2.0)) is Word.CONDITIONS
    found = answer(FIX, Facts(consequences=STRICT, up=SPENT, risk=(RISKY,), worth=pays), NOW)
    assert found.conditions == (CAREFUL, "reviewed today by both sides")


def test_an_unmeasured_budget_is_said() -> None:
    unknown = Budget("services.slo", Level.UNKNOWN, None, "not measured", "measurements")
    assert said(FEATURE, up=unknown) is Word.CONDITIONS


def test_nothing_new_goes_live_with_a_known_exploited_weakness() -> None:
    fresh = Ask(service="checkout", fresh=True)
    assert said(fresh, fedramp=True, exploited=2) is Word.DENY
    assert said(fresh, fedramp=True, exploited=2, controls=("waf",)) is Word.CONDITIONS
    assert said(fresh, fedramp=False, exploited=2) is Word.ALLOW
    assert said(FEATURE, fedramp=True, exploited=2) is Word.ALLOW


TODAY = NOW.date()


def planned(day: date | None, *before: Before) -> Planned:
    return Planned(plan="p-1", day=day, today=TODAY, before=before, risk_minutes=0.1)


@pytest.mark.parametrize(
    ("day", "word", "fact"),
    [
        (TODAY, Word.ALLOW, "planned for today"),
        (TODAY - timedelta(days=2), Word.ALLOW, "planned for 2026-03-04, 2 days ago"),
        (TODAY + timedelta(days=3), Word.CONDITIONS, "planned for 2026-03-09, in 3 days"),
        (None, Word.CONDITIONS, "the plan ships it on no day: it costs more than it saves, or finds no room"),
    ],
)
def test_the_plan_names_the_day(day: date | None, word: Word, fact: str) -> None:
    found = answer(FIX, Facts(consequences=STRICT, planned=planned(day)), NOW)
    assert (found.word, found.reasons) == (word, (Reason("plan", fact, "plan p-1"),))
    assert found.open
    assert bool(found.conditions) is (word is Word.CONDITIONS)


def test_what_is_needed_ships_first() -> None:
    until = NOW + timedelta(days=1)
    waits = answer(FIX, Facts(consequences=STRICT, planned=planned(TODAY, Before("x-9", TODAY, until))), NOW)
    assert (waits.word, waits.until) == (Word.WAIT, until)
    missed = Before("x-9", TODAY - timedelta(days=1), NOW)
    late = answer(FIX, Facts(consequences=STRICT, planned=planned(TODAY, missed)), NOW)
    assert late.word is Word.CONDITIONS
    assert "see that x-9 is in production" in late.conditions[0]


def test_two_changes_at_once_wait_for_each_other() -> None:
    busy = Busy("r-1", "x-2", NOW + timedelta(hours=30))
    assert answer(FIX, Facts(consequences=STRICT, busy=(busy,)), NOW).until == busy.until
    assert said(FIX, health=Reason("rollout", "it was rolled back", "r-1")) is Word.DENY


SOMETIMES = st.booleans()


@given(SOMETIMES, SOMETIMES, SOMETIMES, SOMETIMES, SOMETIMES, SOMETIMES)
def test_more_against_it_never_opens_the_gate(
    halt: bool, freeze: bool, up: bool, risk: bool, fix: bool, over: bool
) -> None:
    every: dict[str, Any] = {
        "halts": (HALT,) if halt else (),
        "closures": (FRIDAY,) if freeze else (),
        "up": SPENT if up else FINE,
        "risk": (RISKY,) if risk else (),
        "passes": (PASS,) if over else (),
    }
    ask = FIX if fix else FEATURE
    found = answer(ask, Facts(consequences=STRICT, **every), NOW)
    assert NOW < found.expires <= NOW + LASTS
    assert (found.until is not None) == (found.word is Word.WAIT)
    assert found.open or found.reasons
    if over:
        assert found.open
    elif halt or freeze:
        assert not found.open
