"""The accord: what loads, what its defaults are, and what people read when it does not load."""

from collections.abc import Callable
from decimal import Decimal
from hashlib import sha256
from pathlib import Path

import pytest

from detente.accord.document import Accord, load
from detente.accord.problems import InvalidError
from detente.model.estate import Exposure
from detente.model.money import Money

SAMPLES = Path(__file__).parent / "samples"
BARE = "accord: 1\norganisation: X\ncurrency: EUR\n"


def mistakes(text: str) -> str:
    with pytest.raises(InvalidError) as caught:
        load(text, "accord.yaml")
    assert caught.value.code == "bad-accord"
    assert caught.value.why.count("\n") + 1 == len(caught.value.problems)
    return caught.value.why


def test_the_example_of_the_design_loads_whole(corpus: Path) -> None:
    example = corpus.parent / "examples" / "accord.yaml"
    accord = load(example.read_bytes(), example.name)
    assert accord.prices.exchange_rate == 3.0
    assert accord.prices.breach["tier-1"].high == Money(Decimal(9_000_000), "EUR")
    assert [regime.name for regime in accord.regimes] == ["bod-26-04", "fedramp-vdr", "pci-dss-4.0.1", "cmmc-l2"]
    assert accord.ai.gateway.keep_prompts is False
    assert accord.change.freeze[2].name == "Black Friday"
    assert accord.digest == sha256(example.read_bytes()).hexdigest()


def test_the_template_loads_as_a_draft(template: Callable[[str], bytes]) -> None:
    accord = load(template("accord.yaml"), "accord.yaml")
    assert accord.warnings == (
        "parties.cio.key is still a placeholder: put the public key of Name of the CIO there before signing",
        "parties.ciso.key is still a placeholder: put the public key of Name of the CISO there before signing",
    )


def test_three_lines_are_an_accord() -> None:
    accord = load(BARE, "accord.yaml")
    assert accord.tiers == ("tier-1", "tier-2", "tier-3")
    assert accord.prices.cap == Money(Decimal(9_000_000), "EUR")
    assert accord.prices.outage_minute["tier-3"] == Money(Decimal(20), "EUR")
    assert float(accord.escalation.share) == 0.05
    assert accord.prices.hazard.scale == accord.prices.exchange_rate == 1.0
    assert accord.version == 1
    assert len(accord.warnings) == 4


def test_exposure_factors_are_priors_that_can_be_replaced_one_by_one() -> None:
    factors = load(BARE + "prices: {exposure: {partner: 0.5}}", "accord.yaml").prices.exposure
    assert [factors.of(each) for each in (*Exposure, None)] == [1.0, 0.5, 0.1, 0.05, 1.0]


def test_the_cap_is_the_largest_upper_end_unless_signed() -> None:
    stated = "prices: {breach: {gold: [1 EUR, 7 EUR], tin: [1 EUR, 3 EUR]}, outage_minute: {gold: 2 EUR, tin: 1 EUR}%s}"
    assert load(BARE + stated % "", "a").prices.cap == Money(Decimal(7), "EUR")
    assert load(BARE + stated % ", cap: 5 EUR", "a").prices.cap == Money(Decimal(5), "EUR")


def test_another_currency_must_state_its_prices() -> None:
    assert mistakes("accord: 1\norganisation: X\ncurrency: JPY\n") == (
        "accord.yaml:1:1 prices.breach: found nothing; allowed: amounts for each tier in the accord's own currency; "
        "a default exists only in CHF, EUR, GBP, USD\n"
        "accord.yaml:1:1 prices.engineer_hour: found nothing; allowed: an amount and a currency, such as `900 EUR`, "
        "`300k EUR` or `1.5M EUR`; a default exists only in CHF, EUR, GBP, USD"
    )


def test_everything_wrong_is_told_at_once_with_line_and_column() -> None:
    text = (SAMPLES / "mistakes.yaml").read_text("utf-8")
    assert mistakes(text) == (SAMPLES / "mistakes.txt").read_text("utf-8").rstrip()


BETWEEN = {
    "parties: {cio: {name: A, key: ssh-ed25519 AAAA... a}}": "accord.yaml:4:10 parties: found the roles cio; "
    "allowed: exactly two roles, or none in a draft",
    "change: {override: [cio]}": "accord.yaml:4:20 change.override: found cio; "
    "allowed: two roles of parties (none named yet)",
    "objectives: [{id: a, metric: availability, target: '< 5'}]": "accord.yaml:4:52 objectives[0].target: found a number; "
    "allowed: a share for availability",
    "objectives: [{id: a, metric: uptime, target: '< 5'}]": "accord.yaml:4:30 objectives[0].metric: found 'uptime'; "
    "allowed: availability, open_criticals, expected_loss, escalated_age_p90, tool_request_age_p90, unsanctioned_share",
    "objectives: [{id: a, metric: open_criticals, scope: tier-9, target: '< 5'}]": "accord.yaml:4:53 objectives[0].scope: "
    "found 'tier-9'; allowed: all, tier-1, tier-2, tier-3",
    "escalation: {always: [kev on tier-9]}": "accord.yaml:4:23 escalation.always[0]: found the place tier-9; "
    "allowed: exposed, an exposure, or tier-1, tier-2, tier-3",
    "prices: {breach: {gold: [1 EUR, 2 EUR]}}": "accord.yaml:4:9 prices.outage_minute: found nothing; "
    "allowed: a price for gold: only tier-1, tier-2 and tier-3 have a default",
    "prices: {outage_minute: {tier-1: 5 EUR}}": "accord.yaml:4:25 prices.outage_minute: found a difference in tier-2, tier-3; "
    "allowed: the tiers of prices.breach",
    "prices: {breach: {}}": "accord.yaml:4:18 prices.breach: found a mapping; allowed: at least one tier",
    "ai: {data: [a], yes_when: {b: []}}": "accord.yaml:4:31 ai.yes_when.b: found 'b'; allowed: a class of ai.data: a",
    "regimes: [bod-26-04, bod-26-04]": "accord.yaml:4:22 regimes[1]: found bod-26-04 again; allowed: each regime once",
    "exceptions: {longest: 5 business days}": "accord.yaml:4:23 exceptions.longest: found '5 business days'; "
    "allowed: calendar time, such as `2h` or `30d`",
    "prices:": "accord.yaml:4:8 prices: found nothing; allowed: a mapping of keys",
    "- a": "accord.yaml:4:1 found broken YAML (did not find expected key); allowed: YAML 1.1",
}


@pytest.mark.parametrize("text", BETWEEN)
def test_what_only_the_whole_can_know(text: str) -> None:
    with pytest.raises(InvalidError) as caught:
        load(BARE + text, "accord.yaml")
    assert caught.value.why == BETWEEN[text]


def test_a_key_is_real_or_a_placeholder() -> None:
    party = "parties: {cio: {name: A, key: ssh-rsa AAAAB3NzaC1yc2E=}, ciso: {name: B, key: ssh-ed25519 AAAA... b}}"
    assert "parties.cio.key: found 'ssh-rsa AAAAB3NzaC1yc2E='; allowed: an OpenSSH public key" in mistakes(BARE + party)


def test_an_accord_cannot_be_changed_after_reading() -> None:
    accord = load(BARE, "accord.yaml")
    with pytest.raises(ValueError, match="frozen"):
        accord.accord = 2
    assert isinstance(accord, Accord)
    assert load(BARE.encode(), "accord.yaml").digest == accord.digest != load(BARE + "#", "accord.yaml").digest
