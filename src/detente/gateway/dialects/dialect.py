"""What every dialect can say: which part of a prompt is new, what an event of a stream carries, how a refusal sounds."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import msgspec

from detente.gateway.spans import Path, Span, leaves, malformed

Channel = tuple[int | str, ...]
"""One running text of an answer; the first element is its group (choice, output item, content block)."""

Content = dict[str, Any]
"""The members of an event or answer that is made here."""

EVERY = -1
"""As a group: all of them."""

POLICY = "detente_policy"
"""The code of what the accord refuses; every other error is a failure."""

JSON, SSE = "application/json", "text/event-stream; charset=utf-8"

write = msgspec.json.Encoder().encode


class Part(NamedTuple):
    """A piece of a running text in one event. `path` leads to its string; `escaped` says that the text is itself JSON source."""

    channel: Channel
    path: Path
    text: bytes
    escaped: bool = False


class Usage(msgspec.Struct, frozen=True):
    """Tokens as the vendor counts them; -1 is unknown.

    Of those `read`, some were `cached` by the vendor already, some were `stored` there for minutes, some for an hour (`lasting`).
    """

    read: int = -1
    written: int = -1
    cached: int = 0
    stored: int = 0
    lasting: int = 0

    def after(self, earlier: "Usage") -> "Usage":
        """What is known once both were said."""
        reading = self if self.read >= 0 else earlier
        written = self.written if self.written >= 0 else earlier.written
        return Usage(reading.read, written, reading.cached, reading.stored, reading.lasting)


class Event(NamedTuple):
    """What one event of a stream carries. `ends` are the groups whose texts are complete before it.

    `whole` events (block starts, `.done` events with the full text, errors) are inspected by themselves; `aside` ones (pings) wait
    for nobody.
    """

    parts: tuple[Part, ...] = ()
    ends: tuple[int, ...] = ()
    usage: Usage | None = None
    whole: bool = False
    aside: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What a made-up answer needs: the model asked for, an id, and seconds since 1970."""

    model: str
    id: str
    now: int


class Dialect(Protocol):
    """One vendor's way to ask and answer."""

    name: str
    histories: tuple[str, ...]
    """Members of a request whose items are turns."""

    def spoken(self, data: bytes, item: Span) -> bool:
        """Whether this turn came from the model: everything up to the last such turn is history."""
        ...

    def event(self, data: bytes) -> Event:
        """What an event with this data carries. Raises DetenteError or msgspec's errors if it is malformed."""
        ...

    def usage(self, data: bytes) -> Usage | None:
        """The tokens of a whole JSON answer."""
        ...

    def error(self, status: int, message: str, code: str) -> bytes:
        """The body of an error."""
        ...

    def fault(self, message: str, code: str) -> bytes:
        """The same inside a stream that has begun."""
        ...

    def answer(self, text: str, facts: Facts) -> bytes:
        """`text` as an assistant's whole JSON answer."""
        ...

    def stream(self, text: str, facts: Facts) -> bytes:
        """`text` as an assistant's whole streamed answer."""
        ...

    def cut(self, note: str, part: Part, data: bytes) -> bytes:
        """The end of a stream whose `part`, in an event with `data`, may not go on."""
        ...


class Turn(msgspec.Struct):
    """What tells whose turn an item of a history is."""

    role: Any = None
    type: Any = None


_turn = msgspec.json.Decoder(Turn).decode


def turn(data: bytes, item: Span) -> Turn:
    """Whose turn the item at `item` is; of what is no object nobody knows. A name that comes twice is refused where the item is inspected."""
    if data[item[0]] != 0x7B:
        return Turn()
    try:
        return _turn(memoryview(data)[item[0] : item[1]])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as fault:
        raise malformed(str(fault)) from fault


def running(data: bytes, inside: Callable[[Path], Channel | None]) -> tuple[Part, ...]:
    """Every string of an event as a running text of its own, for fields this version does not know."""
    found = []
    for leaf in leaves(data, (0, len(data))):
        channel = inside(leaf.path) if leaf.key not in {"role", "type", "id", ""} else None
        if channel is not None:
            text = msgspec.json.decode(data[leaf.start : leaf.end], type=str).encode()
            found.append(Part(channel, leaf.path, text, leaf.key == "arguments"))
    return tuple(found)


def sse(content: Content, name: str = "") -> bytes:
    """One event of a stream."""
    return (f"event: {name}\n".encode() if name else b"") + b"data: " + write(content) + b"\n\n"


def kept(data: bytes, *names: str) -> Content:
    """Some members of an event, for one that follows it."""
    read = msgspec.json.decode(data)
    return {name: read[name] for name in names if name in read}
