"""Check digits: what is right passes, and most single mistakes do not."""

import re

import pytest

from detente.gateway import checksums, people
from detente.gateway.detectors import americas, europe, north, pacific
from detente.gateway.rule import plain
from gateway.examples import scanner

EXAMPLES = {name: text for part in (americas, europe, north, pacific) for name, text in part.DETECTOR.valid.items()}


@pytest.mark.parametrize("name", sorted(set(EXAMPLES) - {"ssn", "dk-cpr", "gb-nino"}))
def test_a_wrong_digit_is_no_number(name: str) -> None:
    """Every check digit here catches at least 7 of 10 changes of one digit; only its own rule is asked."""
    text = plain(EXAMPLES[name][0])
    at = [place.start() for place in re.finditer(r"\d", text.removesuffix("since 2019"))][-2]
    changed = [text[:at] + digit + text[at + 1 :] for digit in "0123456789" if digit != text[at]]
    found = [one for one in changed if any(hit.rule == name for hit in scanner().scan(one.encode()))]
    assert len(found) <= 3


def test_published_examples() -> None:
    assert checksums.luhn("4111111111111111")
    assert not checksums.luhn("4111111111111112")
    assert checksums.mod97("GB82WEST12345698765432")
    assert not checksums.mod97("GB83WEST12345698765432")
    assert checksums.verhoeff("2363")
    assert not checksums.verhoeff("2364")
    assert people.ssn("536228145")
    assert not any(map(people.ssn, ("000123456", "666123456", "912345678", "536008145", "536220000")))


def test_tokens_get_the_ending_they_are_checked_for() -> None:
    body = "gh" + "p_" + "A" * 15 + "b" * 21
    assert checksums.crc62(checksums.with_crc62(body).encode())
    assert not checksums.crc62(body.encode())
    other = "gl" + "sa_" + "Z" * 32 + "_00000000"
    assert checksums.crc_hex(checksums.with_crc_hex(other).encode())
    assert not checksums.crc_hex(other.encode())
    assert checksums.base62(61, 2) == "0z"
