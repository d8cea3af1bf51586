"""OpenAI responses, as Codex and the newer SDKs speak them. Every text comes piece by piece and then again whole."""

import msgspec

from detente.gateway.dialects.chat import Chat, Details
from detente.gateway.dialects.dialect import EVERY, POLICY, Content, Event, Facts, Part, Usage, sse, write

_ESCAPED = frozenset({"response.function_call_arguments.delta", "response.mcp_call_arguments.delta"})
_SOUND = frozenset({"response.audio.delta"})
_LAST = frozenset({"response.completed", "response.failed", "response.incomplete", "error"})


class _Usage(msgspec.Struct):
    input_tokens: int = -1
    output_tokens: int = -1
    input_tokens_details: Details | None = None


class _Response(msgspec.Struct):
    usage: _Usage | None = None


class _Event(msgspec.Struct):
    type: str = ""
    delta: str | None = None
    item_id: str = ""
    output_index: int = 0
    content_index: int = 0
    summary_index: int = 0
    response: _Response | None = None


_event = msgspec.json.Decoder(_Event).decode
_response = msgspec.json.Decoder(_Response).decode


def _tokens(usage: _Usage | None) -> Usage | None:
    if usage is None:
        return None
    details = usage.input_tokens_details or Details()
    kept = (details.cached_tokens or 0, details.cache_write_tokens or 0)
    return Usage(usage.input_tokens, usage.output_tokens, *kept)


class Responses(Chat):
    """`/responses`. Requests, errors and turns are as in chat; answers are items and events with a number each."""

    name: str = "responses"

    def event(self, data: bytes) -> Event:
        """A piece of an item's text, or an event that tells something whole."""
        try:
            read = _event(data)
        except msgspec.ValidationError:
            return Event(whole=True)
        if read.type.endswith(".delta") and read.delta is not None and read.type not in _SOUND:
            channel = (read.output_index, read.item_id, read.content_index, read.summary_index, read.type)
            return Event((Part(channel, ("delta",), read.delta.encode(), read.type in _ESCAPED),))
        usage = _tokens(read.response.usage) if read.response else None
        ends = (EVERY,) if read.type in _LAST else (read.output_index,) if read.type.endswith(".done") else ()
        return Event(ends=ends, usage=usage, whole=True)

    def usage(self, data: bytes) -> Usage | None:
        """The tokens of a whole answer."""
        try:
            return _tokens(_response(data).usage)
        except msgspec.ValidationError:
            return None

    def fault(self, message: str, code: str) -> bytes:
        """An `error` event: clients stop at it."""
        return sse({"type": "error", "code": code, "message": message, "param": None, "sequence_number": 0}, "error")

    def answer(self, text: str, facts: Facts) -> bytes:
        """One message item."""
        return write(_whole(facts, "completed", [_message(text, facts, "completed")]))

    def stream(self, text: str, facts: Facts) -> bytes:
        """All events of one message, in the vendor's order."""
        place: Content = {"output_index": 0, "item_id": f"msg_{facts.id}", "content_index": 0}
        part = {"type": "output_text", "annotations": [], "text": text}
        done = _message(text, facts, "completed")
        begun = done | {"status": "in_progress", "content": []}
        running = _whole(facts, "in_progress", [])
        steps: list[tuple[str, Content]] = [
            ("response.created", {"response": running}),
            ("response.in_progress", {"response": running}),
            ("response.output_item.added", {"output_index": 0, "item": begun}),
            ("response.content_part.added", place | {"part": part | {"text": ""}}),
            ("response.output_text.delta", place | {"delta": text, "logprobs": []}),
            ("response.output_text.done", place | {"text": text, "logprobs": []}),
            ("response.content_part.done", place | {"part": part}),
            ("response.output_item.done", {"output_index": 0, "item": done}),
            ("response.completed", {"response": _whole(facts, "completed", [done])}),
        ]
        events = [sse({"type": name, "sequence_number": at} | said, name) for at, (name, said) in enumerate(steps)]
        return b"".join(events)

    def cut(self, note: str, part: Part, data: bytes) -> bytes:
        """The note where text may stand, then `response.incomplete`: the client keeps what it has and runs no cut tool call."""
        read = msgspec.json.decode(data)
        number = int(read.get("sequence_number", 0))
        said = b""
        if not part.escaped:
            said = sse(read | {"delta": note, "sequence_number": number + 1}, read["type"])
        facts = Facts("", part.channel[1] if isinstance(part.channel[1], str) else "", 0)
        end = _whole(facts, "incomplete", []) | {"incomplete_details": {"reason": "content_filter"}}
        end["error"] = {"code": POLICY, "message": note} if part.escaped else None
        name = "response.failed" if part.escaped else "response.incomplete"
        end["status"] = name.removeprefix("response.")
        return said + sse({"type": name, "sequence_number": number + 2, "response": end}, name)


def _message(text: str, facts: Facts, status: str) -> Content:
    content = [{"type": "output_text", "annotations": [], "text": text}]
    return {"id": f"msg_{facts.id}", "type": "message", "role": "assistant", "status": status, "content": content}


def _whole(facts: Facts, status: str, output: list[Content]) -> Content:
    counts = {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}
    details = {"input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0}}
    head = {
        "id": f"resp_{facts.id}",
        "object": "response",
        "created_at": facts.now,
        "model": facts.model,
        "status": status,
    }
    rest: Content = {
        "error": None,
        "incomplete_details": None,
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
    }
    return head | rest | {"output": output, "usage": counts | details}
