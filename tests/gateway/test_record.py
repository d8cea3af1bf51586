"""A record as a line and back: whole, in order of time, and without any text of its exchange."""

import json
from dataclasses import replace as remade
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from detente.gateway import record as lines
from detente.gateway.admission import Charge
from detente.gateway.detectors.registry import rules
from detente.gateway.dialects.dialect import Usage
from detente.gateway.record import DIGESTS, HIDDEN, NAME, Begun, Course, Ended, Lost, Sealed
from detente.model.errors import DetenteError
from gateway.callers import caller, record
from gateway.examples import drawn

NOW = 1_795_700_000.25
CHARGE = Charge(amount=Decimal("0.00123"), currency="EUR", known=True)


WELL = Course(200, 0.5, 0.1, "main")


def ended(found: lines.Record, course: Course = WELL, *, left: bool = True) -> Ended:
    known = lines.facts("x-1", NOW, caller(), found)
    return lines.ended(known, caller(), found, charge=CHARGE, course=course, left=left)


def begun(name: str = "x-2") -> Begun:
    return lines.begun(lines.facts(name, NOW, caller(), record()), record())


def test_a_line_says_who_what_and_how_it_went() -> None:
    found = replace(record(), usage=Usage(120, 8, cached=100), came=300, given=310)
    assert json.loads(lines.write(ended(found))) == {
        "is": "ended",
        "v": 1,
        "id": "x-1",
        "at": "2026-11-26T13:33:20.250000Z",
        "key": "k-1",
        "tenant": "acme",
        "person": "ann@acme.example",
        "squad": "pay",
        "tool": "claude-code",
        "repo": "shop/checkout",
        "endpoint": "messages",
        "model": "m-1",
        "policy": "accord 3",
        "asked": 29,
        "sent": 29,
        "prompt": ended(found).prompt,
        "outcome": "passed",
        "status": 200,
        "upstream": "main",
        "came": 300,
        "given": 310,
        "answer": ended(found).answer,
        "usage": {"read": 120, "written": 8, "cached": 100, "stored": 0, "lasting": 0},
        "cost": "0.00123",
        "currency": "EUR",
        "priced": True,
        "first_ms": 100.0,
        "took_ms": 500.0,
    }


@pytest.mark.parametrize(
    ("header", "kept"),
    [
        (
            b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ),
        (
            b"cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00-more",
            "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00",
        ),
        (b"", ""),
        (b"ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", ""),
        (b"00-00000000000000000000000000000000-00f067aa0ba902b7-01", ""),
        (b"00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", ""),
        (b"00-4BF92F3577B34DA6A3CE929D0E0E4736-00F067AA0BA902B7-01", ""),
        (b"please remember this sentence, it is as long as a trace", ""),
    ],
)
def test_a_trace_is_kept_only_as_the_standard_writes_it(header: bytes, kept: str) -> None:
    assert lines.facts("x-1", NOW, caller(), record(), header)["trace"] == kept


@given(st.text(), st.integers(0, 1 << 40), st.sampled_from([Decimal("0.1"), None]))
def test_every_line_comes_back_as_it_went(model: str, size: int, cost: Decimal | None) -> None:
    whole = ended(replace(record(), model=model, asked=size))
    left = begun()
    sealed = Sealed(v=1, id="x-3", tenant="acme", until=datetime(2026, 12, 1, tzinfo=UTC), text=b"\0\xff")
    lost = Lost(v=1, at=datetime(2026, 12, 1, tzinfo=UTC), n=size)
    for line in (whole, left, sealed, lost):
        written = lines.write(line)
        assert b"\n" not in written
        assert b"\\u0000" not in written
        assert lines.read(written) == line


@pytest.mark.parametrize(
    "line", [b"", b"{}", b"\x00\x00", b'{"is":"ended"}', b"\xff", lines.write(ended(record()))[:-4]]
)
def test_what_is_no_record_is_told(line: bytes) -> None:
    with pytest.raises(DetenteError, match="no record"):
        lines.read(line)


def test_a_later_version_is_left_alone() -> None:
    with pytest.raises(DetenteError, match="version 2"):
        lines.read(lines.write(begun()).replace(b'"v":1', b'"v":2'))


@pytest.mark.parametrize(
    ("of", "course", "left", "outcome"),
    [
        ("passed", Course(200, 1, 0.5), True, "passed"),
        ("redacted", Course(429, 1, 0.5), True, "redacted"),
        ("blocked", Course(200, 1), False, "blocked"),
        ("refused", Course(400, 1), False, "refused"),
        ("passed", Course(429, 1, code="gateway-budget"), False, "refused"),
        ("passed", Course(502, 1, code="gateway-upstream"), True, "failed"),
        ("passed", Course(200, 1, 0.5, gone=True), True, "left"),
    ],
)
def test_an_outcome_is_one_word(of: str, course: Course, left: bool, outcome: str) -> None:
    assert ended(replace(record(), outcome=of), course, left=left).outcome == outcome


def test_a_prompt_without_an_end_is_cut() -> None:
    left = begun()
    found = lines.cut(left)
    assert (found.outcome, found.id, found.prompt, found.cost) == ("cut", "x-2", left.prompt, None)


@given(st.lists(st.floats(0, 4e9), min_size=2, unique_by=lambda at: int(at * 1000)))
def test_ids_sort_by_time(times: list[float]) -> None:
    assert [lines.named(at, b"\xff" * 6) for at in sorted(times)] == sorted(
        lines.named(at, b"\xff" * 6) for at in times
    )
    assert all(lines.since(at) <= lines.named(at, b"\0" * 6) for at in times)


def test_findings_are_counted_by_rule_and_named_by_keyed_digests() -> None:
    rule = next(rule for rule in rules() if rule.name == "github-pat" or rule.form)
    tokens = [drawn(rule, seed) for seed in range(12)]
    body = json.dumps(
        {"model": "m", "messages": [{"role": "user", "content": "\n".join(map("key = {}".format, tokens))}]}
    )
    found = ended(record(body.encode()))
    (hits,) = found.hits
    assert (hits.kind, hits.rule, hits.action, hits.n, len(hits.digests)) == (
        "secrets", rule.name, "redact", 12, DIGESTS
    )  # fmt: skip
    other = lines.facts("x-1", NOW, remade(caller(), key=b"o" * 32), record(body.encode()))
    assert other["prompt"] != found.prompt


def test_a_models_name_is_the_clients_and_is_not_trusted() -> None:
    rule = next(rule for rule in rules() if rule.form)
    body = json.dumps({"model": f"key={drawn(rule, 1)}", "messages": []}).encode()
    assert ended(record(body)).model == HIDDEN
    odd = ended(replace(record(), model="a\0b\n\ud800c" + "x" * 500)).model
    assert odd.startswith("abc")
    assert len(odd) <= NAME
