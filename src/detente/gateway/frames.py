"""Amazon's event stream, in which Bedrock answers a streamed request, read as the server-sent events it carries.

A message is its length, the length of its headers, a checksum of both, headers, payload, and a checksum of it all, in network
order (Smithy, "Amazon Event Stream Specification"). The payload of a chunk is JSON with the model's own event in base64.
"""

from binascii import a2b_base64
from collections.abc import Iterator
from struct import error, unpack_from
from zlib import crc32

import msgspec

from detente.model.errors import DetenteError

MEDIA = "application/vnd.amazon.eventstream"
LIMIT = 16 << 20
"""Bytes of one message, as of one event elsewhere; a model's are a few hundred."""

_AROUND = 16
_SIZES = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}
"""Bytes of a header's value by its type; texts (7) and bytes (6) say their own length."""

_KINDS = {
    "throttlingException": "rate_limit_error",
    "serviceUnavailableException": "overloaded_error",
    "modelTimeoutException": "timeout_error",
    "validationException": "invalid_request_error",
}
"""Bedrock's exceptions as Anthropic's clients know them; any other is an `api_error`."""


class _Payload(msgspec.Struct):
    bytes: str = ""
    message: str = ""


class _Event(msgspec.Struct):
    type: str


_PAYLOAD, _EVENT = msgspec.json.Decoder(_Payload).decode, msgspec.json.Decoder(_Event).decode


class Frames:
    """Reads messages wherever the stream was cut."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, chunk: bytes) -> bytes:
        """The events of all messages that are whole now. Raises DetenteError for a stream that is damaged or is none."""
        self._rest += chunk
        return b"".join(self._events())

    def close(self) -> None:
        """The stream is over. Raises DetenteError if it broke off within a message."""
        if self._rest:
            raise _damaged("It ends within a message.")

    def _events(self) -> Iterator[bytes]:
        while len(self._rest) >= _AROUND:
            size, named, check = unpack_from(">III", self._rest)
            if check != crc32(self._rest[:8]) or not named + _AROUND <= size <= LIMIT:
                raise _damaged("The head of a message is damaged.")
            if len(self._rest) < size:
                return
            message, self._rest = self._rest[:size], self._rest[size:]
            if crc32(message[:-4]) != unpack_from(">I", message, size - 4)[0]:
                raise _damaged("A message is damaged.")
            yield _event(dict(_headers(message[12 : 12 + named])), message[12 + named : -4])


def _headers(data: bytes) -> Iterator[tuple[str, str]]:
    """Names and values; of values that are no text only the place is read."""
    at = 0
    try:
        while at < len(data):
            name, kind = data[at + 1 : at + 1 + data[at]], data[at + 1 + data[at]]
            at += 2 + len(name)
            size = _SIZES.get(kind)
            if size is None:
                size, at = unpack_from(">H", data, at)[0], at + 2
            yield name.decode("utf-8", "replace"), data[at : at + size].decode("utf-8", "replace") if kind == 7 else ""
            at += size
    except (IndexError, error) as fault:
        raise _damaged("The headers of a message are damaged.") from fault


def _event(headers: dict[str, str], payload: bytes) -> bytes:
    try:
        if headers.get(":message-type") == "event":
            data = a2b_base64(_PAYLOAD(payload).bytes, strict_mode=True)
            name = _EVENT(data).type
            if not name.isidentifier() or b"\n" in data or b"\r" in data:
                raise _damaged("A message holds what would be read as two events.")
            return b"event: %b\ndata: %b\n\n" % (name.encode(), data)
        said = headers.get(":error-message") or _PAYLOAD(payload or b"{}").message
    except (msgspec.DecodeError, ValueError) as fault:
        raise _damaged("A message holds no event.") from fault
    name = headers.get(":exception-type") or headers.get(":error-code", "")
    told = {"type": "error", "error": {"type": _KINDS.get(name, "api_error"), "message": f"{name}: {said}"}}
    return b"event: error\ndata: %b\n\n" % msgspec.json.encode(told)


def _damaged(why: str) -> DetenteError:
    do = "Try again; if it stays, tell whoever runs the gateway."
    return DetenteError("The upstream's event stream cannot be read", why, do, code="gateway-upstream")
