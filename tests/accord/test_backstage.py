"""Backstage catalogues."""

from pathlib import Path

import pytest

from detente.accord.backstage import load
from detente.accord.problems import InvalidError
from detente.model.estate import Claim, Estate, Exposure, Service, Squad

SAMPLE = Path(__file__).parent / "samples" / "catalog-info.yaml"


def test_a_catalogue_becomes_an_estate() -> None:
    assert load(SAMPLE.read_bytes(), SAMPLE.name).estate == Estate(
        (Squad("payments", "Ada", "Eve", channel="#pay"),),
        (
            Service(
                id="checkout",
                squad="payments",
                tier="tier-1",
                exposure=Exposure.INTERNET,
                data=("regulated", "internal"),
                scope=("cardholder",),
                runs=(Claim("repo", "northwind/checkout"), Claim("image", "registry.northwind.example/checkout:*")),
                depends=("orders", "mail"),
                lifecycle="production",
            ),
            Service(id="orders", squad="payments", tier="tier-2"),
        ),
    )


def test_what_cannot_be_read_is_listed_and_loses_nothing_else() -> None:
    assert [str(problem) for problem in load(SAMPLE.read_bytes(), "catalog-info.yaml").skipped] == [
        "catalog-info.yaml:41:11 metadata: found nothing; allowed: an entity with kind and metadata.name",
        (
            "catalog-info.yaml:32:87 metadata.annotations.detente.io/exposure: found 'intranet'; "
            "allowed: an exposure: internet, partner, internal, isolated"
        ),
    ]


@pytest.mark.parametrize(
    "text", ["- a", "kind: Component", "kind: [a]\nmetadata: b", "a", "kind: Component\nmetadata: {name: [x]}"]
)
def test_strange_shapes_are_listed(text: str) -> None:
    found = load(text, "c.yaml")
    assert found.estate == Estate()
    assert len(found.skipped) == 1


def test_strange_values_inside_an_entity_are_not_taken() -> None:
    text = "kind: Component\nmetadata: {name: a, tags: tier-1, annotations: [b]}\nspec: {owner: [x], dependsOn: {a: b}, lifecycle: {}}"
    assert load(text, "c.yaml").estate.services == (Service("a"),)


def test_what_is_no_yaml_is_refused() -> None:
    with pytest.raises(InvalidError, match="broken YAML"):
        load("kind: [", "c.yaml")
