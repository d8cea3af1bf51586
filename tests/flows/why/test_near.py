"""A name that nothing has is answered with those that look like it."""

import pytest

from detente.model.errors import DetenteError
from shop import ONE


def said(ask, name: str) -> str:
    with pytest.raises(DetenteError) as caught:
        ask(name)
    assert caught.value.code == "unknown-id"
    return caught.value.do


@pytest.mark.parametrize(
    "name, near", [("chekout", "checkout"), ("CVE-2024-101", ONE), ("image:shop1", "image:shop:1")]
)
def test_a_name_by_its_letters(ask, name: str, near: str) -> None:
    assert near in said(ask, name)


def test_a_number_by_its_first_digits(ask, queue, findings) -> None:
    fix, finding = queue.fixes[0].id, next(iter(findings.values())).id
    for known in (fix, finding):
        for typed in (
            known[:8],
            known[:-1],
            known[:-1] + ("0" if known[-1] != "0" else "1"),
            known.upper()[:1].lower() + known[1:8].upper(),
        ):
            assert said(ask, typed) == f"Did you mean {known}?"


@pytest.mark.parametrize(
    "name",
    ["f-xyz", "f-", "x--1", "f--00000000000001", "f-0x1", "f-1_0", "f-" + "0" * 16, "x-" + "f" * 40, "", "%", "'; --"],
)
def test_nonsense_is_an_error_with_advice(ask, name: str) -> None:
    assert said(ask, name) == "Take an id from `detente queue`, or a name from the estate."
