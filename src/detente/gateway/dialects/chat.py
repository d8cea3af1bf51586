"""OpenAI chat completions and legacy completions, as Cursor, Copilot, Cline, Continue and Aider speak them."""

import msgspec

from detente.gateway.dialects.dialect import (
    EVERY,
    POLICY,
    Channel,
    Content,
    Event,
    Facts,
    Part,
    Usage,
    kept,
    running,
    sse,
    turn,
    write,
)
from detente.gateway.spans import Path, Span

_DONE = b"data: [DONE]\n\n"
_NOTHING = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
_TYPES = {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 429: "rate_limit_error"}


class _Function(msgspec.Struct, forbid_unknown_fields=True):
    name: str | None = None
    arguments: str | None = None


class _Call(msgspec.Struct, forbid_unknown_fields=True):
    index: int = 0
    id: str | None = None
    type: str | None = None
    function: _Function | None = None


class _Delta(msgspec.Struct, forbid_unknown_fields=True):
    role: str | None = None
    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    refusal: str | None = None
    tool_calls: list[_Call] | None = None


class _Choice(msgspec.Struct):
    index: int = 0
    delta: _Delta | None = None
    text: str | None = None
    finish_reason: str | None = None


class _Place(msgspec.Struct):
    index: int = 0
    finish_reason: str | None = None


class _Places(msgspec.Struct):
    choices: list[_Place] = []


class Details(msgspec.Struct):
    """What OpenAI tells of the tokens read: those its cache had, and those it put there."""

    cached_tokens: int | None = None
    cache_write_tokens: int | None = None


class _Usage(msgspec.Struct):
    prompt_tokens: int = -1
    completion_tokens: int = -1
    prompt_tokens_details: Details | None = None


class _Chunk(msgspec.Struct):
    choices: list[_Choice] = []
    usage: _Usage | None = None


class _Counted(msgspec.Struct):
    usage: _Usage | None = None


_chunk = msgspec.json.Decoder(_Chunk).decode
_places = msgspec.json.Decoder(_Places).decode
_counted = msgspec.json.Decoder(_Counted).decode
_TEXTS = ("content", "reasoning_content", "reasoning", "refusal")


def tokens(usage: _Usage | None) -> Usage | None:
    """The vendor's count."""
    if usage is None:
        return None
    details = usage.prompt_tokens_details or Details()
    kept = (details.cached_tokens or 0, details.cache_write_tokens or 0)
    return Usage(usage.prompt_tokens, usage.completion_tokens, *kept)


class Chat:
    """`/chat/completions` and `/completions`. Bodies in the shape of `/responses` are read too: Cursor's agent sends them here."""

    name: str = "chat"
    histories: tuple[str, ...] = ("messages", "input")

    def spoken(self, data: bytes, item: Span) -> bool:
        """Whether the turn is the assistant's."""
        said = turn(data, item)
        return said.role == "assistant" or said.type in ("function_call", "custom_tool_call", "reasoning")

    def event(self, data: bytes) -> Event:
        """A chunk: its pieces of text by choice, and the choices that end with it."""
        if data == b"[DONE]":
            return Event(ends=(EVERY,))
        try:
            chunk = _chunk(data)
        except msgspec.ValidationError:
            return self._unknown(data)
        parts = tuple([part for place, choice in enumerate(chunk.choices) for part in _parts(place, choice)])
        ends = tuple(choice.index for choice in chunk.choices if choice.finish_reason)
        return Event(parts, ends, tokens(chunk.usage), whole=bool(chunk.choices or not chunk.usage) and not parts)

    def _unknown(self, data: bytes) -> Event:
        """A chunk with fields this version does not know: every string below a choice runs on in its own channel."""
        try:
            choices = _places(data).choices
        except msgspec.ValidationError:
            return Event(whole=True)
        parts = running(data, lambda path: _channel(path, choices))
        ends = tuple(choice.index for choice in choices if choice.finish_reason)
        return Event(parts, ends, self.usage(data), whole=not parts)

    def usage(self, data: bytes) -> Usage | None:
        """The tokens of a whole answer."""
        try:
            return tokens(_counted(data).usage)
        except msgspec.ValidationError:
            return None

    def error(self, status: int, message: str, code: str) -> bytes:
        """The body OpenAI's clients read."""
        kind = _TYPES.get(status, "invalid_request_error" if status < 500 else "server_error")
        return write({"error": {"message": message, "type": kind, "param": None, "code": code}})

    def fault(self, message: str, code: str) -> bytes:
        """An `error` in a chunk: the SDK raises on it."""
        return b"data: " + self.error(403 if code == POLICY else 502, message, code) + b"\n\n"

    def answer(self, text: str, facts: Facts) -> bytes:
        """One choice that stops."""
        message = {"role": "assistant", "content": text, "refusal": None}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
        return write(_head(facts, "chat.completion") | {"choices": [choice], "usage": _NOTHING})

    def stream(self, text: str, facts: Facts) -> bytes:
        """A chunk with the text, one that stops, and the mark of the end."""
        head = _head(facts, "chat.completion.chunk")
        return _chunks(head, {"delta": {"role": "assistant", "content": text}}, {"delta": {}}, 0, "stop")

    def cut(self, note: str, part: Part, data: bytes) -> bytes:
        """The note as content of the same choice, which then ends with `content_filter`: no client runs a cut tool call."""
        head = kept(data, "id", "object", "created", "model")
        if part.channel[1] == "text":
            said: Content = {"text": note}
            empty: Content = {"text": ""}
        else:
            said, empty = {"delta": {"content": note}}, {"delta": {}}
        return _chunks(head, said, empty, int(part.channel[0]), "content_filter")


class Completions(Chat):
    """Legacy `/completions`: a choice has a `text` and no message."""

    name = "completions"

    def answer(self, text: str, facts: Facts) -> bytes:
        """One choice that stops."""
        choice = {"index": 0, "text": text, "logprobs": None, "finish_reason": "stop"}
        return write(_head(facts, "text_completion") | {"choices": [choice], "usage": _NOTHING})

    def stream(self, text: str, facts: Facts) -> bytes:
        """A chunk with the text, one that stops, and the mark of the end."""
        return _chunks(_head(facts, "text_completion"), {"text": text}, {"text": ""}, 0, "stop")


def _head(facts: Facts, kind: str) -> Content:
    return {"id": f"chatcmpl-{facts.id}", "object": kind, "created": facts.now, "model": facts.model}


def _chunks(head: Content, said: Content, empty: Content, index: int, reason: str) -> bytes:
    """What is said, then the end of the choice, then the end of the stream."""
    choice: Content = {"index": index, "logprobs": None}
    first, last = choice | {"finish_reason": None} | said, choice | {"finish_reason": reason} | empty
    return sse(head | {"choices": [first]}) + sse(head | {"choices": [last]}) + _DONE


def _parts(place: int, choice: _Choice) -> list[Part]:
    """The pieces of text of one choice."""
    found, here = [], ("choices", place)
    if choice.text:
        found.append(Part((choice.index, "text"), (*here, "text"), choice.text.encode()))
    delta = choice.delta
    if delta is None:
        return found
    for name, text in zip(
        _TEXTS, (delta.content, delta.reasoning_content, delta.reasoning, delta.refusal), strict=True
    ):
        if text:
            found.append(Part((choice.index, name), (*here, "delta", name), text.encode()))
    for at, call in enumerate(delta.tool_calls or ()):
        if call.function and call.function.arguments:
            path = (*here, "delta", "tool_calls", at, "function", "arguments")
            found.append(Part((choice.index, "tool", call.index), path, call.function.arguments.encode(), escaped=True))
    return found


def _channel(path: Path, choices: list[_Place]) -> Channel | None:
    """The running text a string below a choice belongs to."""
    if len(path) > 2 and path[0] == "choices" and path[2] in {"delta", "text"}:
        return (choices[int(path[1])].index, *path[2:])
    return None
