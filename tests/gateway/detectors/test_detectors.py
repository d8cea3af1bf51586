"""Every detector finds its examples and leaves its counter-examples alone, with Hyperscan and without."""

from pathlib import Path

import pytest

from detente.gateway import detectors
from detente.gateway.detectors.registry import detector, names, rules
from detente.gateway.rule import Rule
from detente.gateway.verdict import SURE
from gateway.examples import drawn, invalid, scanner, slow, valid

TOKENS = [rule for rule in rules() if rule.form]


def test_every_file_is_a_detector() -> None:
    files = {path.stem for path in Path(detectors.__path__[0]).glob("*.py")} - {"__init__", "registry"}
    assert files == set(names())
    assert all(detector(name).rules for name in names())


def test_vendors() -> None:
    assert len({rule.name for rule in TOKENS}) >= 150


def test_every_rule_has_examples() -> None:
    for found in map(detector, names()):
        plain = {rule.name for rule in found.rules if not rule.form}
        assert plain == set(found.valid)
        assert set(found.invalid) <= plain
        assert {rule.kind for rule in found.rules} == {found.kind}


@pytest.mark.parametrize("name", sorted({name for name, _ in valid()}))
def test_a_rule_finds_its_examples(name: str) -> None:
    for rule, text in valid():
        if rule == name:
            found = [hit for hit in scanner().scan(text.encode()) if hit.rule == name]
            assert any(hit.confidence >= SURE for hit in found), f"example of {name} is missed"


@pytest.mark.parametrize("name", sorted({name for name, _ in invalid()}))
def test_a_rule_leaves_its_counter_examples_alone(name: str) -> None:
    for rule, text in invalid():
        if rule == name:
            found = [hit for hit in scanner().scan(text.encode()) if hit.rule == name and hit.confidence >= SURE]
            assert not found, f"{name} in {text}"


@pytest.mark.parametrize("rule", TOKENS, ids=lambda rule: rule.name)
def test_two_tokens_of_a_kind_are_both_found_and_no_longer_run_is_one(rule: Rule) -> None:
    first, second = drawn(rule, 1), drawn(rule, 2)
    text = f"{first}\n{second}\nx{first}x".encode()
    found = [hit for hit in scanner().scan(text) if hit.confidence >= SURE]
    ends = {(hit.start, hit.end) for hit in found}
    assert {(0, len(first)), (len(first) + 1, len(first) + 1 + len(second))} <= ends
    assert not any(hit.rule == rule.name and hit.start > len(first) + len(second) for hit in found)


def test_a_wrong_checksum_is_less_sure() -> None:
    for rule in (rule for rule in TOKENS if rule.complete):
        right = drawn(rule, 1)
        wrong = right[:-1] + ("a" if right[-1] != "a" else "b")
        sure = [max(hit.confidence for hit in scanner().scan(text.encode())) for text in (right, wrong)]
        assert sure[0] > 0.9 > sure[1]


def test_both_engines_say_the_same_of_all_examples() -> None:
    text = "\n".join(text for _, text in (*valid(), *invalid())).encode()
    assert scanner().scan(text) == slow().scan(text)
