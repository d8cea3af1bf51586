"""Vendors that say what a test wants, in each dialect, whole and streamed; and clients that read what they would read."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

SECRET = 'tok_q"7\\x\nZé9\U0001f511-live'
"""It has a quote, a backslash, a line end, two- and four-byte characters: every escape there is."""

Reply = dict[str, Any]


def dumps(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def event(value: Any, name: str = "") -> bytes:
    return (f"event: {name}\n".encode() if name else b"") + b"data: " + dumps(value) + b"\n\n"


def pieces(text: str, size: int) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)] or [""]


def prompt(endpoint: str, text: str, *, stream: bool, history: tuple[str, ...] = ()) -> bytes:
    """A request whose last turn is `text`; `history` alternates user and assistant."""
    turns = [{"role": "assistant" if at % 2 else "user", "content": said} for at, said in enumerate((*history, text))]
    member = "input" if endpoint == "responses" else "messages"
    body = {"model": "m-1", "stream": stream, "x_unknown": [1, {"é": None}], member: turns}
    return json.dumps(body, ensure_ascii=False).encode()


def arguments(text: str) -> str:
    return json.dumps({"path": "a.py", "text": text})


def chat(kind: str, text: str, size: int) -> bytes:
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m-1"}

    def chunk(delta: Reply, reason: str | None = None) -> bytes:
        return event(head | {"choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}]})

    first: Reply = {"role": "assistant", "content": ""}
    if kind == "tool":
        call = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "write", "arguments": ""}}
        first = {"role": "assistant", "content": None, "tool_calls": [call]}
        deltas = [
            {"tool_calls": [{"index": 0, "function": {"arguments": one}}]} for one in pieces(arguments(text), size)
        ]
    else:
        deltas = [{"reasoning_content" if kind == "thinking" else "content": one} for one in pieces(text, size)]
    usage = {"prompt_tokens": 500, "completion_tokens": 160, "total_tokens": 660}
    last = chunk({}, "tool_calls" if kind == "tool" else "stop")
    return (
        chunk(first)
        + b"".join(map(chunk, deltas))
        + last
        + event(head | {"choices": [], "usage": usage})
        + b"data: [DONE]\n\n"
    )


def messages(kind: str, text: str, size: int) -> bytes:
    block = {
        "text": {"type": "text", "text": ""},
        "tool": {"type": "tool_use", "id": "toolu_1", "name": "write", "input": {}},
        "thinking": {"type": "thinking", "thinking": "", "signature": ""},
    }[kind]
    name, field = {"text": ("text_delta", "text"), "tool": ("input_json_delta", "partial_json")}.get(
        kind, ("thinking_delta", "thinking")
    )
    said = arguments(text) if kind == "tool" else text
    message = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "m-1",
        "content": [],
        "stop_reason": None,
    }
    steps: list[Reply] = [
        {
            "type": "message_start",
            "message": message | {"usage": {"input_tokens": 400, "cache_read_input_tokens": 100, "output_tokens": 1}},
        },
        {"type": "content_block_start", "index": 0, "content_block": block},
        {"type": "ping"},
        *(
            {"type": "content_block_delta", "index": 0, "delta": {"type": name, field: one}}
            for one in pieces(said, size)
        ),
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn", "stop_sequence": None},
            "usage": {"output_tokens": 160},
        },
        {"type": "message_stop"},
    ]
    return b"".join(event(step, step["type"]) for step in steps)


def item(kind: str, text: str) -> Reply:
    """A whole item of `/responses`."""
    if kind == "tool":
        return {
            "id": "it_1",
            "type": "function_call",
            "call_id": "call_1",
            "name": "write",
            "arguments": arguments(text),
        }
    if kind == "thinking":
        return {"id": "it_1", "type": "reasoning", "summary": [{"type": "summary_text", "text": text}]}
    return {
        "id": "it_1",
        "type": "message",
        "role": "assistant",
        "content": [{"type": "output_text", "annotations": [], "text": text}],
    }


def response(kind: str, text: str) -> Reply:
    usage = {"input_tokens": 500, "output_tokens": 160, "total_tokens": 660}
    return {"id": "resp_1", "object": "response", "status": "completed", "output": [item(kind, text)], "usage": usage}


def responses(kind: str, text: str, size: int) -> bytes:
    names = {"text": "output_text", "tool": "function_call_arguments", "thinking": "reasoning_summary_text"}
    said = arguments(text) if kind == "tool" else text
    place = {"item_id": "it_1", "output_index": 0}
    whole = "arguments" if kind == "tool" else "text"
    name = f"response.{names[kind]}"
    steps: list[Reply] = [
        {"type": "response.created", "response": {"id": "resp_1", "status": "in_progress", "output": []}},
        {
            "type": "response.output_item.added",
            "output_index": 0,
            "item": {"id": "it_1", "type": "message", "content": []},
        },
        *({"type": f"{name}.delta", **place, "delta": one} for one in pieces(said, size)),
        {"type": f"{name}.done", **place, whole: said},
        {"type": "response.output_item.done", "output_index": 0, "item": item(kind, text)},
        {"type": "response.completed", "response": response(kind, text)},
    ]
    return b"".join(event(step | {"sequence_number": at}, step["type"]) for at, step in enumerate(steps))


def chat_json(kind: str, text: str) -> bytes:
    message: Reply = {"role": "assistant", "content": text}
    if kind == "tool":
        message = {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "c", "type": "function", "function": {"name": "w", "arguments": arguments(text)}}],
        }
    if kind == "thinking":
        message = {"role": "assistant", "content": "", "reasoning_content": text}
    usage = {"prompt_tokens": 500, "completion_tokens": 160}
    return dumps({"id": "c", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "usage": usage})


def messages_json(kind: str, text: str) -> bytes:
    block = {
        "text": {"type": "text", "text": text},
        "tool": {"type": "tool_use", "id": "toolu_1", "name": "write", "input": {"path": "a.py", "text": text}},
        "thinking": {"type": "thinking", "thinking": text, "signature": "c2ln"},
    }[kind]
    usage = {"input_tokens": 400, "cache_read_input_tokens": 100, "output_tokens": 160}
    return dumps(
        {
            "id": "m",
            "type": "message",
            "role": "assistant",
            "content": [block],
            "stop_reason": "end_turn",
            "usage": usage,
        }
    )


def events(stream: bytes) -> Iterator[Any]:
    """The events of a stream as a client sees them, `[DONE]` as None."""
    for raw in stream.split(b"\n\n"):
        lines = [line[6:] for line in raw.split(b"\n") if line.startswith(b"data: ")]
        if lines:
            yield None if lines == [b"[DONE]"] else json.loads(b"\n".join(lines))


def _strings(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from [(name, inner)] if isinstance(inner, str) else _strings(inner)
    if isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


_RUNNING = {"content", "reasoning_content", "arguments", "text", "thinking", "partial_json", "delta"}


def heard(stream: bytes, *, whole: bool = False) -> str:
    """What a client puts together from the pieces of a stream; with `whole`, from every full text in it or in a JSON answer."""
    found = []
    for said in events(stream) if not whole or b"data: " in stream else [json.loads(stream)]:
        kind = (said or {}).get("type", "")
        if whole != (kind.endswith((".done", ".completed")) or "data: " not in stream.decode()):
            continue
        found += [text for name, text in _strings(said or {}) if name in _RUNNING]
    return "".join(found)


@dataclass(frozen=True)
class Speaker:
    """How one endpoint streams an answer, and how it gives it whole."""

    endpoint: str
    path: str
    stream: Callable[[str, str, int], bytes]
    json: Callable[[str, str], bytes]


SPEAKERS = {
    "chat": Speaker("chat", "/v1/chat/completions", chat, chat_json),
    "responses": Speaker("responses", "/v1/responses", responses, lambda kind, text: dumps(response(kind, text))),
    "messages": Speaker("messages", "/v1/messages?beta=true", messages, messages_json),
}
