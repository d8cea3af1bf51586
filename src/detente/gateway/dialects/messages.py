"""Anthropic messages, as Claude Code and the Anthropic SDKs speak them."""

import msgspec

from detente.gateway.dialects.dialect import (
    EVERY,
    POLICY,
    Content,
    Event,
    Facts,
    Part,
    Usage,
    running,
    sse,
    turn,
    write,
)
from detente.gateway.spans import Span

_TYPES = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    529: "overloaded_error",
}
_FIELDS = ("text", "thinking", "partial_json")


class _Delta(msgspec.Struct, forbid_unknown_fields=True):
    type: str = ""
    text: str | None = None
    thinking: str | None = None
    partial_json: str | None = None
    signature: str | None = None


class _Stored(msgspec.Struct):
    ephemeral_1h_input_tokens: int = 0


class _Usage(msgspec.Struct):
    input_tokens: int = -1
    output_tokens: int = -1
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation: _Stored | None = None


class _Message(msgspec.Struct):
    usage: _Usage | None = None


class _Event(msgspec.Struct):
    type: str = ""
    index: int = 0
    delta: msgspec.Raw = msgspec.Raw()
    message: _Message | None = None
    usage: _Usage | None = None


_event = msgspec.json.Decoder(_Event).decode
_delta = msgspec.json.Decoder(_Delta).decode
_message = msgspec.json.Decoder(_Message).decode


def _tokens(usage: _Usage | None) -> Usage | None:
    """The vendor counts what it took from its cache apart: what was read is the sum."""
    if usage is None:
        return None
    cached, created = usage.cache_read_input_tokens or 0, usage.cache_creation_input_tokens or 0
    lasting = usage.cache_creation.ephemeral_1h_input_tokens if usage.cache_creation else 0
    read = usage.input_tokens + cached + created if usage.input_tokens >= 0 else -1
    return Usage(read, usage.output_tokens, cached, max(created - lasting, 0), lasting)


class Messages:
    """`/messages` and what belongs to it."""

    name: str = "messages"
    histories: tuple[str, ...] = ("messages",)

    def spoken(self, data: bytes, item: Span) -> bool:
        """Whether the turn is the assistant's."""
        return bool(turn(data, item).role == "assistant")

    def event(self, data: bytes) -> Event:
        """A piece of a block's text, or the start or end of one."""
        try:
            read = _event(data)
        except msgspec.ValidationError:
            return Event(whole=True)
        if read.type == "content_block_delta":
            return _piece(read, data)
        begun = _tokens(read.message.usage) if read.message else None
        # What is said to be written when an answer begins is a first guess: a stream that breaks off has no count.
        usage = _tokens(read.usage) or (msgspec.structs.replace(begun, written=-1) if begun else None)
        if read.type == "ping":
            return Event(aside=True)
        ends = {
            "content_block_stop": (read.index,),
            "message_delta": (EVERY,),
            "message_stop": (EVERY,),
            "error": (EVERY,),
        }
        return Event(
            ends=ends.get(read.type, ()), usage=usage, whole=read.type not in {"content_block_stop", "message_stop"}
        )

    def usage(self, data: bytes) -> Usage | None:
        """The tokens of a whole answer."""
        try:
            return _tokens(_message(data).usage)
        except msgspec.ValidationError:
            return None

    def error(self, status: int, message: str, code: str) -> bytes:
        """The body Anthropic's clients read."""
        kind = _TYPES.get(status, "invalid_request_error" if status < 500 else "api_error")
        return write({"type": "error", "error": {"type": kind, "message": f"{message} ({code})"}})

    def fault(self, message: str, code: str) -> bytes:
        """An `error` event: the SDK raises on its name."""
        return b"event: error\ndata: " + self.error(403 if code == POLICY else 502, message, code) + b"\n\n"

    def answer(self, text: str, facts: Facts) -> bytes:
        """One text block that ends the turn."""
        return write(_head(facts) | {"content": [{"type": "text", "text": text}], "stop_reason": "end_turn"})

    def stream(self, text: str, facts: Facts) -> bytes:
        """All events of one text block."""
        return b"".join(
            [sse({"type": "message_start", "message": _head(facts)}, "message_start"), _block(text, 0), _end()]
        )

    def cut(self, note: str, part: Part, data: bytes) -> bytes:
        """The note in the text that is cut, or in a new block after thinking; a cut tool call is an error, lest it is run."""
        index = int(part.channel[0])
        if part.escaped:
            return self.fault(note, POLICY)
        if part.channel[1] == "text":
            delta = {"type": "content_block_delta", "index": index, "delta": {"type": "text_delta", "text": note}}
            return sse(delta, "content_block_delta") + _stop(index) + _end()
        return _stop(index) + _block(note, index + 1) + _end()


def _piece(read: _Event, data: bytes) -> Event:
    """The text of a delta; of one of an unknown kind every string, each running on by itself."""
    try:
        return Event(tuple(_parts(read.index, _delta(read.delta))))
    except msgspec.ValidationError:
        return Event(running(data, lambda path: (read.index, *path) if path[0] == "delta" else None))


def _parts(index: int, delta: _Delta) -> list[Part]:
    said = [(name, text) for name in _FIELDS if (text := getattr(delta, name))]
    return [Part((index, name), ("delta", name), text.encode(), name == "partial_json") for name, text in said]


def _head(facts: Facts) -> Content:
    head = {"id": f"msg_{facts.id}", "type": "message", "role": "assistant", "model": facts.model, "content": []}
    return head | {"stop_reason": None, "stop_sequence": None, "usage": {"input_tokens": 0, "output_tokens": 0}}


def _block(text: str, index: int) -> bytes:
    start = {"type": "content_block_start", "index": index, "content_block": {"type": "text", "text": ""}}
    delta = {"type": "content_block_delta", "index": index, "delta": {"type": "text_delta", "text": text}}
    return sse(start, "content_block_start") + sse(delta, "content_block_delta") + _stop(index)


def _stop(index: int) -> bytes:
    return sse({"type": "content_block_stop", "index": index}, "content_block_stop")


def _end() -> bytes:
    """The turn ends as any other: the client keeps what it has."""
    delta = {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}}
    end = sse(delta | {"usage": {"output_tokens": 0}}, "message_delta")
    return end + sse({"type": "message_stop"}, "message_stop")
