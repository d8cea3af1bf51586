"""Placeholders: the same for the same, other for others, found again in any case and at any cut."""

import re

from hypothesis import given
from hypothesis import strategies as st

from detente.gateway.redact import LENGTH, PLACEHOLDER, held, placeholder, restore


@given(
    key=st.binary(min_size=1, max_size=64), secret=st.binary(), kind=st.sampled_from(["secrets", "own_code", "other"])
)
def test_a_placeholder_is_plain_and_of_one_length(key: bytes, secret: bytes, kind: str):
    mark = placeholder(key, kind, secret)
    assert re.fullmatch(rb"[A-Z0-9_]{%d}" % LENGTH, mark)
    assert PLACEHOLDER.fullmatch(mark)
    assert mark == placeholder(key, kind, secret) != placeholder(key + b"x", kind, secret)


def test_secrets_and_kinds_have_placeholders_of_their_own():
    marks = {
        placeholder(b"k", kind, secret) for kind in ("secrets", "personal_data", "own_code") for secret in (b"a", b"b")
    }
    assert len(marks) == 6


@given(before=st.text(max_size=5), cut=st.integers(1, LENGTH - 1))
def test_a_tail_that_may_become_a_placeholder_is_held_and_no_more(before: str, cut: int):
    mark = placeholder(b"k", "secrets", b"s")
    text = before.encode() + b"." + mark[:cut].lower()
    assert held(text) == len(text) - cut
    assert held(text + b"!") == len(text) + 1
    assert held(mark) in {len(mark), *(at for at in range(len(mark)) if mark[at : at + 1] == b"D")}


@given(text=st.text(max_size=30))
def test_restoring_undoes_hiding(text: str):
    secret = b"s3cr\\et"
    mark = placeholder(b"k", "secrets", secret)
    hidden = text.encode() + mark + mark.lower() + text.encode()
    assert restore(hidden, {mark: secret}) == text.encode() + secret * 2 + text.encode()
    assert restore(hidden, {}) == hidden
    assert restore(mark, {mark: secret}, lambda one: one.replace(b"\\", b"\\\\")) == b"s3cr\\\\et"
