"""The small languages inside the accord."""

from collections.abc import Callable

import pytest

from detente.accord import phrases
from detente.accord.phrases import AlwaysRule
from detente.model.estate import Exposure
from detente.model.finding import Severity

OUTSIDE = frozenset({Exposure.INTERNET, Exposure.PARTNER})


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("kev", AlwaysRule("kev", kev=True)),
        (
            "exploited on internet",
            AlwaysRule("exploited on internet", exploited=True, exposures=frozenset({Exposure.INTERNET})),
        ),
        (
            "kev  on exposed tier-1",
            AlwaysRule("kev on exposed tier-1", kev=True, exposures=OUTSIDE, tiers=frozenset({"tier-1"})),
        ),
        (
            "critical and ssvc immediate on isolated tier-1 tier-2",
            AlwaysRule(
                "critical and ssvc immediate on isolated tier-1 tier-2",
                severity=Severity.CRITICAL,
                ssvc="immediate",
                exposures=frozenset({Exposure.ISOLATED}),
                tiers=frozenset({"tier-1", "tier-2"}),
            ),
        ),
        ("ssvc out-of-cycle", AlwaysRule("ssvc out-of-cycle", ssvc="out-of-cycle")),
    ],
)
def test_what_is_always_escalated(text: str, rule: AlwaysRule) -> None:
    assert phrases.always(text) == rule


@pytest.mark.parametrize(
    "text", ["", "kevv", "kev on", "on exposed", "ssvc", "ssvc now", "kev kev", "kev and kev", "unknown"]
)
def test_another_phrase_is_answered_with_the_grammar(text: str) -> None:
    with pytest.raises(ValueError, match=r"CONDITION \[and CONDITION\]"):
        phrases.always(text)


CASES: list[tuple[Callable[[str], str], list[str], list[str]]] = [
    (phrases.void, ["kev", "exploited", "exposure widened", "p30 >= 0.1"], ["p30", "p30 >= 1d", "clock <= 3d", "kevs"]),
    (phrases.express, ["kev", "clock <= 3d"], ["clock <= 3", "clock 3d", "p30 >= 0.1"]),
    (phrases.term, ["sso", "zero retention", "retention <= 30d"], ["retention <= 30", "soc3", "SSO"]),
]


@pytest.mark.parametrize(("read", "known", "strange"), CASES)
def test_conditions(read: Callable[[str], str], known: list[str], strange: list[str]) -> None:
    assert [read(text) for text in known] == known
    for text in strange:
        with pytest.raises(ValueError, match=r"or a (comparison|longest retention)"):
            read(text)
