"""The examples detectors bring, made whole: tokens are drawn from their format, so that nothing here looks like a secret."""

from collections.abc import Iterator
from functools import cache
from random import Random

from detente.gateway import pattern
from detente.gateway.detectors.registry import detector, names, rules
from detente.gateway.engine import Plain
from detente.gateway.rule import Rule, plain
from detente.gateway.scan import Scanner


@cache
def scanner() -> Scanner:
    """All detectors, by Hyperscan."""
    return Scanner(rules())


@cache
def slow() -> Scanner:
    """All detectors, without Hyperscan."""
    return Scanner(rules(), by=Plain(rules()))


def drawn(rule: Rule, seed: int) -> str:
    """A random token of the rule's format, with a right checksum."""
    text = pattern.example(rule.form, Random(f"{rule.name}{seed}"))
    return rule.complete(text) if rule.complete else text


def valid() -> Iterator[tuple[str, str]]:
    """(rule, text) of what must be found."""
    for rule in rules():
        if rule.form:
            yield from ((rule.name, f'key = "{drawn(rule, seed)}" # {seed}\n') for seed in range(3))
    yield from (
        (name, plain(text)) for found in map(detector, names()) for name, texts in found.valid.items() for text in texts
    )


def invalid() -> Iterator[tuple[str, str]]:
    """(rule, text) of what must not be found."""
    yield from (
        (name, plain(text))
        for found in map(detector, names())
        for name, texts in found.invalid.items()
        for text in texts
    )
