"""The real rules on streams: whatever the cuts, what the whole text shows is what does not leave; and little waits."""

import json
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.gateway.inspect import Inspector
from detente.gateway.redact import PLACEHOLDER
from detente.gateway.running import Running, Watch
from detente.gateway.verdict import Clause, Policy, Scope
from gateway.examples import invalid, scanner, valid

SECRETS = sorted(
    {(name, text) for name, text in valid() if any(hit.kind == "secrets" for hit in scanner().scan(text.encode()))}
)
LINES = "\n".join(
    f"{number}MIIEpAIBAAKCAQEA7v3bQ9tXkZ2LwRj5uYhNcGfDs8Pq1mVxOaJiTe4Qk{number}" for number in range(10, 36)
)
KEY = f"-----BEGIN RSA PRIVATE {'KEY'}-----\n{LINES}\n-----END RSA PRIVATE {'KEY'}-----"
SECRETS += [("private-key", KEY)]
STRICT = Policy("1", (), (Clause("redact", kind="secrets"), Clause("allow")))


ALL = Policy("1", (), (Clause("redact"),))


def inspector(policy: Policy) -> Inspector:
    return Inspector(scanner(), policy, Scope("t"), b"k" * 32, answer=True)


def running(policy: Policy = STRICT, *, source: bool = False) -> Running:
    return Running(Watch(inspector(policy), {}, holds=True), "content", source)


def streamed(pieces: list[bytes], text: Running | None = None) -> bytes:
    """What a client gets of a text that comes in these pieces."""
    text, sent, waiting = text or running(), [], []
    for piece in (*pieces, None):
        if piece is not None:
            waiting.append((text.add(piece), piece))
        text.settle(ended=piece is None)
        while waiting and text.decided >= waiting[0][0] + len(waiting[0][1]):
            sent.append(text.written(*waiting.pop(0)))
    return b"".join(sent)


def cut(data: bytes, places: list[int]) -> list[bytes]:
    bounds = sorted({0, len(data), *(place % len(data) for place in places)})
    return [data[start:end] for start, end in pairwise(bounds)]


def secrets(data: bytes) -> list[bytes]:
    return [data[hit.start : hit.end] for hit in scanner().scan(data) if hit.kind == "secrets"]


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(SECRETS),
    st.sampled_from(["", "The value is: ", "x = 1\n"]),
    st.lists(st.integers(0, 5000), max_size=12),
)
def test_no_cut_lets_a_secret_out(one: tuple[str, str], before: str, places: list[int]) -> None:
    data = f"{before}{one[1]}\nand so on, without end.".encode()
    sent = streamed(cut(data, places))
    assert not [secret for secret in secrets(data) if secret in sent]


TEXTS = [text for _, text in (*valid(), *invalid())]
PIECES = st.one_of(
    st.sampled_from(TEXTS),
    st.sampled_from(
        [KEY, KEY[:400], "password", "token: ", "api_key=", "://a:", "Authorization: Bearer ", "phone ", " ", "\n", '"']
    ),
    st.text("0123456789 .-/+@:=_'\"AZaz\\", max_size=40),
    st.text(max_size=20),
)
DOCUMENTS = st.lists(PIECES, min_size=1, max_size=7).map("".join).filter(bool)
CUTS = st.lists(st.integers(0, 10_000), max_size=20)


@settings(max_examples=150, deadline=None)
@given(DOCUMENTS, CUTS)
def test_any_cut_hides_what_the_whole_text_hides(text: str, places: list[int]) -> None:
    data = text.encode()
    assert streamed(cut(data, places), running(ALL)) == inspector(ALL).text(data)[0]


@settings(max_examples=100, deadline=None)
@given(DOCUMENTS, CUTS)
def test_any_cut_of_json_source_hides_the_same(text: str, places: list[int]) -> None:
    data = json.dumps({"text": text}).encode()
    assert streamed(cut(data, places), running(ALL, source=True)) == streamed([data], running(ALL, source=True))


@pytest.mark.parametrize("name", sorted({name for name, _ in SECRETS}))
def test_one_byte_at_a_time_lets_nothing_out(name: str) -> None:
    for data in (text.encode() + b"\nand so on." for rule, text in SECRETS if rule == name):
        sent = streamed([data[at : at + 1] for at in range(len(data))])
        assert not [secret for secret in secrets(data) if secret in sent]
        assert PLACEHOLDER.search(sent)


def test_prose_waits_for_a_word_at_most() -> None:
    text, waited = running(), []
    for word in (b"It is said that nobody reads long texts, but everybody writes them. " * 20).split(b" "):
        text.add(word + b" ")
        text.settle()
        waited.append(text.end - text.decided)
    assert max(waited) <= 12


def test_a_private_key_waits_until_it_is_whole_and_what_follows_does_not() -> None:
    text = running()
    for at in range(0, len(KEY), 16):
        text.add(KEY[at : at + 16].encode())
        text.settle()
    assert text.decided == 0
    text.add(b"\nThat was the key. And here the text goes on as ever, for long.")
    text.settle()
    assert text.end - text.decided < 12
