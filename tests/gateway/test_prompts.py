"""What real requests hide a secret in, and what is refused: nothing planted leaves, whatever carries it."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.gateway.dialects import CHAT, endpoint, speaker
from detente.gateway.exchange import LIMIT, Answer, Exchange, Upstream
from detente.gateway.inspect import Inspector
from detente.gateway.prompt import read
from detente.gateway.redact import PLACEHOLDER
from detente.gateway.verdict import Clause, Policy, Scope, UnscannedError
from detente.model.verdict import Hit
from gateway.speakers import SECRET, dumps, events
from gateway.test_exchange import Words

RULES = Policy("accord 7", (Clause("redact", "secrets"), Clause("warn")), (Clause("warn"),), frozenset({"secrets"}))


def asked(path: str, body: bytes, scanner: Any = None, rules: Policy = RULES) -> tuple[Exchange, Upstream | Answer]:
    served = endpoint("POST", path)
    assert served
    one = Exchange(Inspector(scanner or Words(), rules, Scope("acme"), b"acme"), served)
    return one, one.request(body)


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


ARGUMENTS = json.dumps({"path": "a", "text": SECRET})
CALL = {"id": "call_1", "type": "function", "function": {"name": "write", "arguments": ARGUMENTS}}
CARRIERS: dict[str, tuple[str, Any]] = {
    "system": ("/v1/messages", {"system": [{"type": "text", "text": SECRET, "cache_control": {"type": "ephemeral"}}]}),
    "tool result": (
        "/v1/messages",
        {
            "messages": [
                {
                    "role": "user",
                    "content": [
                        {"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text", "text": SECRET}]}
                    ],
                }
            ]
        },
    ),
    "tool use": (
        "/v1/messages",
        {
            "messages": [
                {
                    "role": "assistant",
                    "content": [{"type": "tool_use", "id": "t", "name": "w", "input": {"deep": [{"er": SECRET}]}}],
                }
            ]
        },
    ),
    "tool definition": (
        "/v1/messages",
        {"tools": [{"name": "w", "description": SECRET, "input_schema": {"type": "object"}}]},
    ),
    "schema default": (
        "/v1/chat/completions",
        {
            "tools": [
                {
                    "type": "function",
                    "function": {"name": "w", "parameters": {"properties": {"a": {"default": SECRET}}}},
                }
            ]
        },
    ),
    "thinking": (
        "/v1/messages",
        {
            "messages": [
                {"role": "assistant", "content": [{"type": "thinking", "thinking": SECRET, "signature": "c2ln"}]}
            ]
        },
    ),
    "text document": (
        "/v1/messages",
        {
            "messages": [
                {
                    "role": "user",
                    "content": [
                        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": SECRET}}
                    ],
                }
            ]
        },
    ),
    "file": (
        "/v1/messages",
        {
            "messages": [
                {
                    "role": "user",
                    "content": [
                        {
                            "type": "document",
                            "source": {"type": "base64", "media_type": "text/csv", "data": encoded(f"é {SECRET}")},
                        }
                    ],
                }
            ]
        },
    ),
    "file data": (
        "/v1/chat/completions",
        {
            "messages": [
                {
                    "role": "user",
                    "content": [{"type": "file", "file": {"file_data": f"data:text/plain;base64,{encoded(SECRET)}"}}],
                }
            ]
        },
    ),
    "arguments": ("/v1/chat/completions", {"messages": [{"role": "assistant", "content": None, "tool_calls": [CALL]}]}),
    "tool message": (
        "/v1/chat/completions",
        {"messages": [{"role": "tool", "tool_call_id": "call_1", "content": SECRET}]},
    ),
    "cursor": (
        "/v1/chat/completions",
        {
            "input": [{"role": "user", "content": SECRET}],
            "tools": [{"type": "custom", "name": "patch", "format": {"definition": SECRET}}],
        },
    ),
    "output": ("/v1/responses", {"input": [{"type": "function_call_output", "call_id": "c", "output": SECRET}]}),
    "call": (
        "/v1/responses",
        {"input": [{"type": "function_call", "call_id": "c", "name": "w", "arguments": ARGUMENTS}]},
    ),
    "instructions": ("/v1/responses", {"instructions": SECRET, "input": "hello"}),
    "plain input": ("/v1/responses", {"input": SECRET, "previous_response_id": "resp_1"}),
    "compact": ("/v1/responses/compact", {"input": [{"role": "user", "content": SECRET}]}),
    "suffix": ("/v1/completions", {"prompt": ["a", SECRET], "suffix": SECRET}),
    "embedding": ("/v1/embeddings", {"input": ["one", SECRET], "encoding_format": "base64"}),
    "count": ("/v1/messages/count_tokens", {"messages": [{"role": "user", "content": SECRET}]}),
    "unknown member": ("/v1/messages", {"messages": [], "context_management": {"edits": [{"note": SECRET}]}}),
    "a name": ("/v1/messages", {"metadata": {SECRET: 1}, SECRET: 2}),
    "a role": ("/v1/messages", {"messages": [{"role": SECRET, "type": SECRET, "id": SECRET, "signature": SECRET}]}),
    "url": (
        "/v1/chat/completions",
        {
            "messages": [
                {"role": "user", "content": [{"type": "image_url", "image_url": {"url": f"https://a/?k={SECRET}"}}]}
            ]
        },
    ),
}


@pytest.mark.parametrize("carrier", CARRIERS)
@pytest.mark.parametrize("plain", [True, False])
def test_no_planted_secret_leaves(carrier: str, plain: bool):
    path, content = CARRIERS[carrier]
    one, result = asked(path, json.dumps({"model": "m", "x": [1.50, True], **content}, ensure_ascii=plain).encode())
    assert isinstance(result, Upstream)
    assert PLACEHOLDER.search(result.body) or b"base64" in result.body
    assert _hidden(json.loads(result.body), content)
    assert one.record().hidden == 1
    assert one.record().outcome == "redacted"


def _hidden(after: Any, before: Any) -> bool:
    """Whether `after` is `before` with one placeholder for the secret, wherever and however it was written."""
    mark = PLACEHOLDER.search(str(_opened(after)).encode())
    expected = str(_opened({"model": "m", "x": [1.5, True], **before}))
    return bool(mark) and str(_opened(after)).replace(mark[0].decode(), repr(SECRET)[1:-1]) == expected


def _opened(value: Any) -> Any:
    """A body with JSON and base64 inside strings opened."""
    if isinstance(value, dict):
        return {name: _opened(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_opened(inner) for inner in value]
    if isinstance(value, str) and value.startswith("{"):
        return json.loads(value)
    try:
        return (
            base64.b64decode(str(value).removeprefix("data:text/plain;base64,"), validate=True).decode()
            if len(str(value)) > 20
            else value
        )
    except ValueError:
        return value


def test_a_picture_is_passed_by_policy_and_said():
    picture = {
        "type": "image",
        "source": {"type": "base64", "media_type": "image/png", "data": base64.b64encode(b"\x89PNG\xff").decode()},
    }
    body = dumps({"messages": [{"role": "user", "content": [picture]}]})
    one, result = asked("/v1/messages", body)
    assert (result, one.record().hits) == (Upstream(body), {("attachments", "file", "warn"): 1})
    strict = Policy("accord 8", (Clause("block", "attachments"),), ())
    _, refused = asked("/v1/messages", body, rules=strict)
    assert isinstance(refused, Answer)
    assert b"Paste the part that matters as text" in refused.body


def test_what_a_vendor_sealed_is_left_alone():
    sealed = {"type": "thinking", "thinking": "", "signature": "BAD-123456"}
    body = dumps(
        {"messages": [{"role": "assistant", "content": [sealed, {"type": "redacted_thinking", "data": "BAD-123456"}]}]}
    )
    assert asked("/v1/messages", body)[1] == Upstream(body)


@pytest.mark.parametrize(
    "path", ["/v1/messages", "/v1/chat/completions", "/v1/responses", "/v1/embeddings", "/v1/messages/count_tokens"]
)
@pytest.mark.parametrize(
    "body",
    [
        *(
            b"",
            b"[]",
            b"null",
            b'{"model":"m"',
            b'{"input":1,"messages":1}',
            b'{"model":"m","model":"n"}',
            b'{"a":"\xff"}',
            b"\xff\xfe",
        ),
        *(b'{"stream":"true"}', b'{"stream":1}', b'{"a":' * 200 + b"1" + b"}" * 200, b'{"a":"\\ud83d"}'),
    ],
)
def test_a_bad_body_is_refused_in_the_dialect(path: str, body: bytes):
    one, result = asked(path, body)
    assert isinstance(result, Answer)
    assert (result.status, result.media, one.done) == (400, "application/json", True)
    error = json.loads(result.body)
    assert error["error"]["type"] == "invalid_request_error"
    assert (error.get("type") == "error") == ("messages" in path)
    assert "not JSON that everybody reads alike" in error["error"]["message"]


@given(junk=st.binary(max_size=60))
def test_any_bytes_are_passed_whole_or_refused(junk: bytes):
    for body in (junk, b'{"messages":[' + junk + b"]}", b'{"messages":[{"content":"' + junk + b'"}]}'):
        _, result = asked("/v1/messages", body)
        assert result == Upstream(body) or (isinstance(result, Answer) and result.status == 400)


def test_a_body_has_a_limit():
    _, result = asked("/v1/messages", b" " * (LIMIT + 1))
    assert isinstance(result, Answer)
    assert (result.status, json.loads(result.body)["error"]["type"]) == (413, "request_too_large")


@pytest.mark.parametrize(("kinds", "refused"), [({"secrets"}, True), ({"injection"}, False)])
def test_what_cannot_be_checked_is_refused_or_noted_as_the_accord_says(kinds: set[str], refused: bool):
    class Late(Words):
        def scan(self, data: bytes) -> list[Hit]:
            raise UnscannedError("The scan took longer than 50 ms.", frozenset(kinds))

    one, result = asked("/v1/messages", dumps({"messages": [{"role": "user", "content": "a"}]}), Late())
    assert isinstance(result, Answer if refused else Upstream)
    assert one.record().unscanned == (() if refused else ("injection",))
    if isinstance(result, Answer):
        assert (result.status, b"could not be checked" in result.body) == (503, True)


def test_known_blocks_are_not_scanned_again_and_tenants_share_none():
    scans: list[bytes] = []

    class Counted(Words):
        def scan(self, data: bytes) -> list[Hit]:
            scans.append(data)
            return super().scan(data)

    cache: dict[bytes, Any] = {}
    served, body = endpoint("POST", "/v1/messages"), dumps({"messages": [{"role": "user", "content": SECRET}] * 3})
    assert served
    bodies = [
        Exchange(Inspector(Counted(), RULES, Scope(tenant), tenant.encode()), served, cache=cache).request(body)
        for tenant in ("acme", "acme", "other")
    ]
    assert len(scans) == 2
    assert bodies[0] == bodies[1] != bodies[2]


def test_a_refusal_that_no_assistant_can_say_is_an_error():
    blocking = Policy("accord 7", (Clause("block", "secrets"),), ())
    _, result = asked("/v1/embeddings", dumps({"input": SECRET}), rules=blocking)
    assert isinstance(result, Answer)
    assert (result.status, json.loads(result.body)["error"]["code"]) == (400, "detente_policy")
    _, counted = asked(
        "/v1/messages/count_tokens", dumps({"messages": [{"role": "user", "content": SECRET}]}), rules=blocking
    )
    assert isinstance(counted, Upstream)
    assert PLACEHOLDER.search(counted.body)


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        *(
            ("POST", "/v1/messages?beta=true", "messages"),
            ("POST", "/messages", "messages"),
            ("POST", "/v1/chat/completions/", "chat"),
        ),
        *(
            ("POST", "/openai/deployments/gpt-x/chat/completions?api-version=1", "chat"),
            ("POST", "/openai/v1/responses", "responses"),
        ),
        *(
            ("GET", "/v1/models?limit=1000", "models"),
            ("GET", "/v1/models/m-1", "models"),
            ("HEAD", "/api/hello", "hello"),
        ),
        *(("POST", "/v1/responses/input_tokens", "input_tokens"), ("POST", "/v1/responses/compact", "compact")),
    ],
)
def test_a_path_is_served(method: str, path: str, name: str):
    served = endpoint(method, path)
    assert served
    assert served.name == name


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/files"),
        ("GET", "/v1/messages"),
        ("POST", "/v1/x/messages"),
        ("DELETE", "/v1/models/m"),
        ("POST", "//v1/messages"),
    ],
)
def test_an_unknown_path_is_not(method: str, path: str):
    assert endpoint(method, path) is None
    assert json.loads(speaker(path).error(404, "no such path", "path"))["error"]["type"] == "not_found_error"


def test_a_refused_legacy_completion_has_text():
    blocking = Policy("accord 7", (Clause("block", "secrets"),), ())
    for stream in (True, False):
        _, result = asked("/v1/completions", dumps({"prompt": SECRET, "stream": stream}), rules=blocking)
        assert isinstance(result, Answer)
        first = next(events(result.body)) if stream else json.loads(result.body)
        assert "rule planted" in first["choices"][0]["text"]


@pytest.mark.parametrize(
    "said, answer, choices",
    [
        ("", -1, 1),
        ('"max_tokens":50', 50, 1),
        ('"max_tokens":50,"max_completion_tokens":70', 70, 1),
        ('"max_tokens":null', -1, 1),
        ('"max_tokens":5e1', -1, 1),
        ('"max_tokens":-5', -1, 1),
        ('"max_tokens":50,"n":3', 50, 3),
        ('"n":3,"best_of":9', -1, 9),
        ('"n":null,"best_of":null', -1, 1),
        ('"n":0', -1, 1),
        ('"n":1e2', -1, 128),
        ('"n":"7"', -1, 128),
    ],
)
def test_what_an_answer_may_cost_at_most_is_read(said: str, answer: int, choices: int):
    body = f'{{"model":"m","messages":[]{"," if said else ""}{said}}}'.encode()
    found = read(body, CHAT)
    assert (found.answer, found.choices) == (answer, choices)
