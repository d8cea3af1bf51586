"""No key without its explanation: the reference pages are what the models say."""

import re
from pathlib import Path
from typing import get_args

import pytest

from detente.accord.document import Accord
from detente.accord.estate import EstateFile
from detente.accord.reference import entries, markdown
from detente.accord.schema import Strict
from detente.gateway.prices import PriceFile
from detente.gateway.providers import GatewayFile, Style, load

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES: list[tuple[str, type[Strict]]] = [
    ("accord.md", Accord),
    ("estate.md", EstateFile),
    ("keys.md", PriceFile),
    ("operating.md", GatewayFile),
]


@pytest.mark.parametrize(("page", "model"), PAGES)
def test_every_key_has_its_heading_and_no_heading_is_without_a_key(page: str, model: type[Strict]) -> None:
    headings = re.findall(r"^### `(.+)`$", (DOCS / page).read_text("utf-8"), re.MULTILINE)
    assert headings == [entry.key for entry in entries(model)]


@pytest.mark.parametrize(("page", "model"), PAGES)
def test_the_page_says_what_the_model_says(page: str, model: type[Strict]) -> None:
    """When this fails, put the output of `reference.markdown(model)` behind the page's last `##` heading."""
    assert (DOCS / page).read_text("utf-8").endswith(markdown(model))


@pytest.mark.parametrize(("page", "model"), PAGES)
def test_every_key_is_explained_in_a_sentence(page: str, model: type[Strict]) -> None:
    for entry in entries(model):
        assert re.fullmatch(r".{5,}[.]", entry.meaning), f"{page} {entry.key}: {entry.meaning!r}"


def test_the_example_of_gateway_yaml_can_be_used() -> None:
    (text,) = re.findall(r"```yaml\n(upstreams:.*?)```", (DOCS / "operating.md").read_text("utf-8"), re.DOTALL)
    assert {one.style for one in load(text, "gateway.yaml")} == set(get_args(Style))


def test_lists_and_chosen_names_are_told_apart() -> None:
    found = {entry.key: entry for entry in entries(Accord)}
    assert found["objectives[].target"].default == "Required."
    assert found["parties.NAME.key"].default == "Required."
    assert found["regimes[].fedramp-vdr.class"].meaning == "The certification class."
    assert found["change.freeze[].from"].default == "Default: none."
    assert found["prices.hazard.scale"].default == "Default: 1.0."
