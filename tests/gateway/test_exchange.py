"""The conformance matrix: endpoint x stream x kind of content x decision, for prompts and for answers."""

import json
import re
from itertools import pairwise, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.accord.tools import Action
from detente.gateway.dialects import endpoint
from detente.gateway.exchange import Answer, Exchange, Upstream
from detente.gateway.inspect import Inspector
from detente.gateway.redact import PLACEHOLDER
from detente.gateway.verdict import Clause, Policy, Scope
from detente.model.verdict import Hit
from gateway import speakers
from gateway.speakers import SECRET, SPEAKERS, heard, prompt

KINDS, ACTIONS = ("text", "tool", "thinking"), ("warn", "redact", "block")
MATRIX = list(product(SPEAKERS, (True, False), KINDS, ACTIONS))


class Words:
    """A scanner that knows two kinds of things: the planted secret, and `BAD-` with digits."""

    longest_match = 64
    version = "1"
    kinds = frozenset({"secrets"})
    _rules = (("planted", re.compile(re.escape(SECRET.encode()))), ("bad", re.compile(rb"BAD-\d{6}")))

    def scan(self, data: bytes) -> list[Hit]:
        return [
            Hit("secrets", rule, found.start(), found.end())
            for rule, form in self._rules
            for found in form.finditer(data)
        ]

    def pending(self, data: bytes) -> int:
        return max(0, len(data) - self.longest_match)


def exchange(name: str, prompts: Action = "redact", answers: Action = "warn", tenant: str = "acme") -> Exchange:
    policy = Policy("accord 7", (Clause(prompts, source="prompts"),), (Clause(answers, source="answers"),))
    served = endpoint("POST", SPEAKERS[name].path)
    assert served
    return Exchange(Inspector(Words(), policy, Scope(tenant), tenant.encode()), served, now=1_700_000_000)


def sent(asked: Exchange, body: bytes) -> bytes:
    upstream = asked.request(body)
    assert isinstance(upstream, Upstream), upstream
    return upstream.body


def answered(asked: Exchange, answer: bytes, cuts: list[int] | None = None, *, stream: bool = True) -> bytes:
    asked.response_headers(200, "text/event-stream; charset=utf-8" if stream else "application/json")
    edges = [0, *sorted(cuts or []), len(answer)]
    return b"".join(asked.feed(answer[start:end]) for start, end in pairwise(edges)) + asked.close()


def vendor(name: str, kind: str, text: str, *, stream: bool, size: int = 5) -> bytes:
    speaker = SPEAKERS[name]
    return speaker.stream(kind, text, size) if stream else speaker.json(kind, text)


def test_the_matrix_has_every_cell():
    assert len(set(MATRIX)) == 3 * 2 * 3 * 3


@pytest.mark.parametrize(("name", "stream", "kind", "action"), MATRIX)
def test_a_prompt_is_treated_alike_everywhere(name: str, stream: bool, kind: str, action: Action):
    asked = exchange(name, prompts=action)
    result = asked.request(prompt(name, f"use {SECRET} now", stream=stream))
    if action == "block":
        assert isinstance(result, Answer)
        assert (result.status, SECRET.encode() in result.body) == (200, False)
        assert "rule planted" in heard(result.body, whole=not stream)
        return
    assert isinstance(result, Upstream)
    mark = PLACEHOLDER.search(result.body)
    assert bool(mark) == (action == "redact")
    said = mark[0].decode() if mark else SECRET
    given_back = answered(asked, vendor(name, kind, f"<{said}>", stream=stream), stream=stream)
    assert f"<{SECRET}>" in _plain(kind, heard(given_back, whole=not stream))
    assert asked.record().hits == {("secrets", "planted", action): 1}


@pytest.mark.parametrize(("name", "stream", "kind", "action"), MATRIX)
def test_an_answer_is_treated_alike_everywhere(name: str, stream: bool, kind: str, action: Action):
    asked = exchange(name, answers=action)
    sent(asked, prompt(name, "hello", stream=stream))
    answer = vendor(name, kind, "one BAD-123456 two", stream=stream)
    came = answered(asked, answer, stream=stream)
    assert asked.record().hits[("secrets", "bad", action)] == 1
    text = heard(came, whole=not stream)
    assert ("BAD-123456" in text, " two" in text) == {
        "warn": (True, True),
        "redact": (False, True),
        "block": (False, False),
    }[action]
    assert (came == answer) == (action == "warn")


@pytest.mark.parametrize("name", SPEAKERS)
@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_what_was_hidden_comes_back_for_every_split_of_every_stream(name: str, kind: str, data: st.DataObject):
    asked = exchange(name)
    mark = PLACEHOLDER.search(sent(asked, prompt(name, SECRET, stream=True)))
    assert mark
    said = "".join(
        data.draw(
            st.lists(st.sampled_from([mark[0].decode(), mark[0].decode().lower(), "D", "DETENTE_", "a\n", '"é'])),
            "said",
        )
    )
    stream = vendor(name, kind, said, stream=True, size=data.draw(st.integers(1, 40), "size"))
    cuts = data.draw(st.lists(st.integers(0, len(stream))), "cuts")
    came = answered(asked, stream, cuts)
    wanted = re.sub(mark[0].decode(), lambda _: SECRET, said, flags=re.IGNORECASE)
    assert _plain(kind, heard(came)) == wanted
    if name == "responses":
        assert wanted in heard(came, whole=True) or wanted in _plain("tool", _last(came))


@pytest.mark.parametrize("name", SPEAKERS)
@given(
    kind=st.sampled_from(KINDS), text=st.text(max_size=40), size=st.integers(1, 9), cuts=st.lists(st.integers(0, 2000))
)
@settings(max_examples=20, deadline=None)
def test_bytes_that_need_no_change_are_not_changed(name: str, kind: str, text: str, size: int, cuts: list[int]):
    text = text.encode("utf-8", "ignore").decode()
    asked = exchange(name, answers="block")
    body = prompt(name, text, stream=True)
    assert sent(asked, body) == body
    stream = vendor(name, kind, text, stream=True, size=size)
    assert sorted(answered(asked, stream, [cut % len(stream) for cut in cuts])) == sorted(stream)


@pytest.mark.parametrize("name", SPEAKERS)
def test_a_refused_turn_does_not_poison_the_conversation(name: str):
    text = f"use {SECRET} now"
    refusal = exchange(name, prompts="block").request(prompt(name, text, stream=False))
    assert isinstance(refusal, Answer)
    later = exchange(name, prompts="block")
    body = sent(later, prompt(name, "go on without it", stream=False, history=(text, heard(refusal.body, whole=True))))
    assert PLACEHOLDER.search(body)
    assert json.dumps(SECRET, ensure_ascii=False)[1:-1].encode() not in body
    assert later.record().hits == {("secrets", "planted", "redact"): 1}


@pytest.mark.parametrize("name", SPEAKERS)
def test_two_turns_have_the_same_prefix_upstream(name: str):
    turns = (f"first {SECRET}", "I see", "and then")
    first = sent(exchange(name), prompt(name, turns[0], stream=True))
    second = sent(exchange(name), prompt(name, turns[2], stream=True, history=turns[:2]))
    assert second.startswith(first.rstrip(b"]}"))


def test_tenants_share_no_placeholder_and_restore_none_of_the_other():
    first, second = exchange("chat"), exchange("chat", tenant="other")
    body = prompt("chat", SECRET, stream=True)
    marks = [PLACEHOLDER.findall(sent(asked, body))[0] for asked in (first, second)]
    assert marks[0] != marks[1]
    stream = vendor("chat", "text", marks[0].decode(), stream=True)
    assert answered(second, stream) == stream


def test_a_placeholder_that_this_exchange_did_not_hide_stays():
    asked, other = exchange("chat"), exchange("chat")
    mark = PLACEHOLDER.findall(sent(other, prompt("chat", SECRET, stream=True)))[0].decode()
    body = prompt("chat", f"print {mark}", stream=True)
    assert sent(asked, body) == body
    stream = vendor("chat", "text", mark, stream=True)
    assert answered(asked, stream) == stream


def _plain(kind: str, text: str) -> str:
    return str(json.loads(text)["text"]) if kind == "tool" and text.startswith("{") else text


def _last(stream: bytes) -> str:
    *_, last = (one for one in speakers.events(stream) if one)
    return str(last["response"]["output"][0].get("arguments", "{}"))
