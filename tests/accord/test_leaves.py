"""What an accord says, value by value, and what another says instead."""

from collections.abc import Callable

from detente.accord.document import load
from detente.accord.leaves import Difference, Leaf, diff, leaves

BARE = "accord: 1\norganisation: X\ncurrency: EUR\n"


def test_defaults_are_marked_and_values_spelled_as_written(template: Callable[[str], bytes]) -> None:
    found = {leaf.key: leaf for leaf in leaves(load(BARE + "escalation: {share: 7 %}", "a"))}
    assert found["accord"] == Leaf("accord", "1", default=False)
    assert found["escalation.share"] == Leaf("escalation.share", "7 %", default=False)
    assert found["prices.breach.tier-1"] == Leaf("prices.breach.tier-1", "[300k EUR, 9M EUR]", default=True)
    assert found["prices.cap"] == Leaf("prices.cap", "9M EUR", default=True)
    assert found["change.override"].text == "both roles in `parties`"
    assert found["ai.gateway.keep_prompts"].text == "no"
    assert found["ai.gateway.budgets.per_user_per_day"].text == "no limit"
    unsaid = {leaf.key.rpartition(".")[2] for leaf in leaves(load(template("accord.yaml"), "a")) if leaf.default}
    assert unsaid == {"days_before", "until"}


def test_entries_of_lists_say_only_what_they_state() -> None:
    text = BARE + (
        "change: {freeze: [{every: friday}, {name: X, from: 2026-01-01, to: 2026-01-02},"
        " {name: X, from: 2027-01-01, to: 2027-01-02}]}\n"
        "regimes: [bod-26-04, {cmmc-l2: {high: 20d}}]"
    )
    found = {
        leaf.key: leaf.text for leaf in leaves(load(text, "a")) if leaf.key.startswith(("change.freeze", "regimes"))
    }
    assert found == {
        "change.freeze[friday].every": "friday",
        "change.freeze[friday].days_before": "0",
        "change.freeze[X].days_before": "0",
        "change.freeze[X].name": "X",
        "change.freeze[X].from": "2026-01-01",
        "change.freeze[X].to": "2026-01-02",
        "change.freeze[X 2].days_before": "0",
        "change.freeze[X 2].name": "X",
        "change.freeze[X 2].from": "2027-01-01",
        "change.freeze[X 2].to": "2027-01-02",
        "regimes.bod-26-04": "on",
        "regimes.cmmc-l2.critical": "15d",
        "regimes.cmmc-l2.high": "20d",
        "regimes.cmmc-l2.other": "90d",
    }


def test_spelling_order_and_defaults_are_no_difference() -> None:
    one = "objectives: [{id: a, metric: open_criticals, target: < 5}, {id: b, metric: open_criticals, target: < 9}]\n"
    other = "objectives: [{id: b, metric: open_criticals, target: < 9, window: 30d}, {target: < 5, id: a, metric: open_criticals}]"
    assert diff(load(BARE + one, "a"), load(BARE + other + "\nprices: {cap: 9000k EUR}  # as before", "a")) == ()


def test_a_difference_names_key_and_both_sides() -> None:
    before = load(BARE + "regimes: [bod-26-04]", "a")
    after = load(BARE.replace("1", "2") + "prices: {cap: 5M EUR}\nai: {default: deny}", "a")
    assert diff(before, after) == (
        Difference("accord", "1", "2"),
        Difference("prices.cap", "9M EUR", "5M EUR"),
        Difference("regimes", "", "none"),
        Difference("ai.default", "ask", "deny"),
        Difference("regimes.bod-26-04", "on", ""),
    )
