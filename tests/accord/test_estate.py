"""estate.yaml: what loads and what people read when it does not."""

from collections.abc import Callable
from pathlib import Path

import pytest

from detente.accord import document
from detente.accord.estate import load, strangers
from detente.accord.problems import InvalidError
from detente.model.estate import Claim, Control, Estate, Exposure, Service, Slo, Squad

SAMPLES = Path(__file__).parent / "samples"


def mistakes(text: str) -> list[str]:
    with pytest.raises(InvalidError) as caught:
        load(text, "estate.yaml")
    assert caught.value.code == "bad-estate"
    return caught.value.why.splitlines()


def test_the_example_of_the_design_loads_whole(corpus: Path) -> None:
    example = corpus.parent / "examples" / "estate.yaml"
    estate = load(example.read_bytes(), example.name)
    assert estate.squads[0] == Squad("payments", "payments-lead", "appsec-1", 30.0, "#payments", "PAY")
    checkout = estate.services[0]
    assert checkout.exposure is Exposure.INTERNET
    assert checkout.runs[1] == Claim("host", "checkout-*.prod")
    assert checkout.depends == ("intranet-wiki",)
    assert checkout.slo is not None
    assert checkout.slo.target == 0.9995


def test_the_template_fits_the_other_template(template: Callable[[str], bytes]) -> None:
    estate = load(template("estate.yaml"), "estate.yaml")
    assert [service.id for service in estate.services] == ["website", "database"]
    assert strangers(estate, document.load(template("accord.yaml"), "accord.yaml")) == ()


def test_every_field_becomes_a_noun() -> None:
    text = """\
services:
  - id: a
    tier: gold
    exposure: partner
    data: [internal]
    scope: [cardholder]
    lifecycle: production
    windows: ["Tue-Thu  09:00-16:00"]
    runs: [{image: x, tag: team=a}]
    slo: {target: 99.9 %, query: up}
    controls: [{name: waf, effect: 60 %, kinds: [web]}]
  - {id: b}
depends: [{from: a, on: [b, a]}, {from: a, on: [b]}, {from: b, on: [a]}]
"""
    assert load(text, "estate.yaml").services == (
        Service(
            id="a",
            tier="gold",
            exposure=Exposure.PARTNER,
            data=("internal",),
            scope=("cardholder",),
            runs=(Claim("image", "x"), Claim("tag", "team=a")),
            controls=(Control("waf", 0.6, ("web",)),),
            depends=("b", "a"),
            windows=("tue-thu 09:00-16:00",),
            lifecycle="production",
            slo=Slo(0.999, "prometheus", "up"),
        ),
        Service(id="b", depends=("a",)),
    )
    assert load("", "estate.yaml") == Estate()


def test_everything_wrong_is_told_at_once() -> None:
    assert (
        mistakes((SAMPLES / "estate.yaml").read_text("utf-8"))
        == (SAMPLES / "estate.txt").read_text("utf-8").splitlines()
    )


def test_names_must_exist_and_patterns_belong_to_one() -> None:
    text = """\
squads: [{id: payments}, {id: payments}]
services:
  - {id: shop, squad: paymnts, runs: [{host: "a*"}]}
  - {id: wiki, runs: [{host: "a*"}]}
depends: [{from: shop, on: [wki]}, {from: chop, on: [wiki]}]
"""
    assert mistakes(text) == [
        "estate.yaml:1:31 squads[1].id: found 'payments' again; allowed: each id once",
        "estate.yaml:3:23 services[0].squad: found 'paymnts'; allowed: did you mean `payments`? a squad of this file: payments",
        "estate.yaml:4:30 services[1].runs[0].host: found 'a*'; allowed: a pattern that shop does not claim already",
        "estate.yaml:5:29 depends[0].on[0]: found 'wki'; allowed: did you mean `wiki`? a service of this file: shop, wiki",
        "estate.yaml:5:43 depends[1].from: found 'chop'; allowed: did you mean `shop`? a service of this file: shop, wiki",
    ]


def test_words_the_accord_does_not_know_are_listed() -> None:
    accord = document.load("accord: 1\norganisation: X\ncurrency: EUR\n", "accord.yaml")
    estate = Estate(services=(Service("a", tier="gold", data=("secret",)), Service("b")))
    assert strangers(estate, accord) == (
        "service a: the tier gold has no price in prices.breach (tier-1, tier-2, tier-3)",
        "service a: secret is no class of ai.data (public, internal, confidential, regulated)",
    )


def test_a_window_that_ends_when_it_begins_is_empty_but_for_midnight() -> None:
    assert mistakes("services: [{id: a, windows: ['mon 09:00-09:00']}]") == [
        (
            "estate.yaml:1:30 services[0].windows[0]: found 'mon 09:00-09:00'; "
            "allowed: hours that do not end when they begin (`00:00-00:00` is the whole day)"
        )
    ]
    assert load("services: [{id: a, windows: ['mon 00:00-00:00']}]", "estate.yaml").services[0].windows
