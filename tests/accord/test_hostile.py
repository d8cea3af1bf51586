"""Whatever stands in a file: it loads, or it is refused with a place; nothing else ever happens."""

import re
from collections.abc import Callable
from importlib import resources

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from detente.accord import backstage, codeowners, document, estate
from detente.accord.problems import InvalidError, Problem

WORDS = st.sampled_from(
    ["", "~", "-1", "1e999", "nan", "5 %", "9M EUR", "kev on", "[x", "2026-13-45", "../..", "tier-1", "\u0000"]
)
VALUES = st.recursive(
    WORDS | st.none(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(WORDS, inner, max_size=2),
    max_leaves=4,
)
LOADERS: list[tuple[str, Callable[[str, str], object]]] = [("accord.yaml", document.load), ("estate.yaml", estate.load)]


@pytest.mark.parametrize(("name", "load"), LOADERS)
@given(data=st.data())
def test_any_value_in_any_place(name: str, load: Callable[[str, str], object], data: st.DataObject) -> None:
    lines = resources.files("detente.accord").joinpath("templates", name).read_text("utf-8").splitlines()
    keyed = [index for index, line in enumerate(lines) if re.match(r" *[\w-]+:", line)]
    at = data.draw(st.sampled_from(keyed))
    value = yaml.safe_dump(data.draw(VALUES), default_flow_style=True, width=10**6).removesuffix("...\n").strip()
    lines[at] = lines[at].partition(":")[0] + ": " + value
    problems: tuple[Problem, ...] = ()
    try:
        load("\n".join(lines), name)
    except InvalidError as error:
        problems = error.problems
    assert all(1 <= problem.line <= len(lines) + 1 and problem.allowed for problem in problems)


@given(st.text(max_size=60), st.text("ab/.", max_size=8))
def test_any_text_is_code_owners(text: str, path: str) -> None:
    found = codeowners.load(text, "shop/site")
    assert len(found.rules) + len(found.skipped) <= len(text.splitlines())
    assert isinstance(found.owner(path), str)


@given(
    st.dictionaries(st.sampled_from(["kind", "metadata", "spec"]), VALUES | st.dictionaries(WORDS, VALUES, max_size=2))
)
def test_any_entity_is_read_or_listed(entity: dict[str, object]) -> None:
    text = yaml.safe_dump(entity | {"kind": "Component"})
    found = backstage.load(text, "c.yaml")
    assert len(found.estate.services) + len(found.skipped) >= 1
