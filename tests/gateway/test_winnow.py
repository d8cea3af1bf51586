"""Own code is found again verbatim, laid out anew and renamed; public code and other code are not."""

import re
from functools import cache
from pathlib import Path

import pytest

import detente
from detente.gateway.tokens import mixed, tokens
from detente.gateway.winnow import KGRAM, WINDOW, Index, OwnCode, fingerprints, rolled

SOURCE = Path(detente.__file__).parent
OWN = [path.read_bytes() for path in sorted((SOURCE / "plan").glob("*.py"))]
PUBLIC = [path.read_bytes() for path in sorted((SOURCE / "store").glob("*.py"))]
FOREIGN = [path.read_bytes() for path in sorted((SOURCE / "accord").glob("*.py"))]
KEEP = frozenset(
    b"def class return if else for in not and or None True False is from import lambda yield self str int float bool".split()
)


@cache
def index() -> Index:
    return Index.empty(7).learn({"crown_jewels/plan": OWN, "internal/store": PUBLIC}, PUBLIC)


def passage() -> bytes:
    return b"\n".join(next(text for text in OWN if text.count(b"\n") > 120).split(b"\n")[60:90])


def renamed(text: bytes) -> bytes:
    names: dict[bytes, bytes] = {}
    return re.sub(
        rb"\b[A-Za-z_]\w*\b",
        lambda found: found[0] if found[0] in KEEP else names.setdefault(found[0], b"n%d" % len(names)),
        text,
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text,
        lambda text: re.sub(rb"\s+", b" ", text),
        lambda text: text.replace(b", ", b",\n        ").replace(b'"', b"'"),
        renamed,
        lambda text: b"x = 1\n" * 3000 + text + b"\ny = 2" * 3000,
    ],
    ids=["verbatim", "one line", "laid out anew", "renamed", "in a long prompt"],
)
def test_own_code_is_known(change: object) -> None:
    assert callable(change)
    text = change(passage())
    hits = OwnCode(index()).scan(text)
    assert {hit.rule for hit in hits} == {"crown_jewels/plan"}
    assert all(0 <= hit.start < hit.end <= len(text) for hit in hits)


def test_what_is_public_is_nobodys_own() -> None:
    assert not any(OwnCode(index()).scan(text) for text in PUBLIC)


def test_other_code_is_not_own() -> None:
    flagged = [text for text in FOREIGN if OwnCode(index()).scan(text)]
    assert len(flagged) <= 1


def test_short_texts_and_an_empty_index() -> None:
    assert OwnCode(index()).scan(b"x = 1") == []
    assert OwnCode(Index.empty(1)).scan(passage()) == []


def test_an_index_is_written_and_read() -> None:
    again = Index.read(index().write())
    assert OwnCode(again).scan(passage()) == OwnCode(index()).scan(passage())
    assert OwnCode(again).version == OwnCode(index()).version
    assert b"def " not in index().write()


def test_learning_one_by_one_is_learning_all_at_once() -> None:
    one, two = {"internal/a": OWN[::2]}, {"internal/b": OWN[1::2]}
    both = Index.empty(7).learn(one | two, PUBLIC)
    for steps in (Index.empty(7).learn(one, PUBLIC).learn(two, PUBLIC), both.learn(one, PUBLIC).learn(two, PUBLIC)):
        assert steps.repos == both.repos
        assert all(OwnCode(steps).scan(text) == OwnCode(both).scan(text) for text in (*OWN, passage()))


def test_learning_anew_forgets_what_is_gone_and_keeps_the_others() -> None:
    old = Index.empty(7).learn({"internal/a": OWN, "internal/b": FOREIGN}, PUBLIC)
    new = OwnCode(old.learn({"internal/a": FOREIGN[:1]}, ()))
    assert not new.scan(passage())
    assert any(new.scan(text) for text in FOREIGN[1:])
    assert old.forget(frozenset({"internal/a", "internal/b"})).write() == Index.empty(7).learn({}, PUBLIC).write()


def test_what_turns_public_is_nobodys_own_any_more() -> None:
    assert not any(OwnCode(index().learn({}, OWN)).scan(text) for text in OWN)


def test_hashes_are_keyed() -> None:
    codes = tokens(passage()).codes
    assert not set(fingerprints(codes, 1)[0].tolist()) & set(fingerprints(codes, 2)[0].tolist())


def test_winnowing_is_the_slow_definition() -> None:
    """Of every WINDOW neighbours the least is chosen, and nothing else."""
    codes = tokens(passage()).codes
    grams = mixed(rolled(codes, KGRAM)).tolist()
    windows = [grams[at : at + WINDOW] for at in range(len(grams) - WINDOW + 1)]
    chosen = {at + window.index(min(window)) for at, window in enumerate(windows)}
    hashes, places = fingerprints(codes, 0)
    assert places.tolist() == sorted(chosen)
    assert hashes.tolist() == [grams[at] for at in places]


def test_a_rolled_hash_is_that_of_its_run() -> None:
    codes = tokens(passage()).codes
    assert rolled(codes, 5)[7] == rolled(codes[7:12], 5)[0]


def test_tokens_are_the_obvious_ones() -> None:
    text = b"foo(bar, 'x y')  # foo"
    found = tokens(text)
    assert [text[start:end] for start, end in zip(found.starts, found.ends, strict=True)] == [
        *(b"foo", b"(", b"bar", b"'", b"x", b"y", b"'", b")", b"#", b"foo")
    ]
    assert found.codes[0] == found.codes[-1]
    assert len(set(found.codes.tolist())) == 8
