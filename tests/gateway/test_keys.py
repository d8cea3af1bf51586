"""The text of a virtual key."""

import re
from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from detente.gateway import keys


@given(st.binary(min_size=32, max_size=32))
def test_a_key_is_whole_and_can_be_typed(random: bytes) -> None:
    text = keys.key(random)
    assert re.fullmatch(r"dk-[a-z2-7]{56}", text)
    assert keys.whole(text)
    assert keys.digest(text.encode()) == sha256(text.encode()).digest()


@given(st.binary(min_size=32, max_size=32), st.data())
def test_a_slip_of_the_finger_is_seen(random: bytes, data: st.DataObject) -> None:
    text = keys.key(random)
    at = data.draw(st.integers(3, len(text) - 1))
    other = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz234567".replace(text[at], "")))
    assert not keys.whole(text[:at] + other + text[at + 1 :])
    assert not keys.whole(text[:at])
    assert not keys.whole(text + other)


def test_other_texts_are_no_keys() -> None:
    key = keys.key(bytes(range(32)))
    assert not any(
        keys.whole(text) for text in ("", "dk-", key[3:], key.upper(), f" {key}", key.replace("dk-", "sk-"), "dk-é")
    )
    assert keys.key(bytes(32)) != keys.key(bytes(31) + b"\1")


def test_a_name_gives_little_of_the_digest_away() -> None:
    assert re.fullmatch(r"k-[0-9a-f]{12}", keys.named(keys.digest(b"x")))
