"""Where every value of a JSON text stands, in bytes of the original: what is replaced leaves all other bytes as they were.

msgspec reads each level without copying it into objects; the positions follow from the lengths of what it read. That the
members account for every byte between the braces proves that no key came twice: two readers could else see two prompts.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import msgspec

from detente.model.errors import DetenteError

Span = tuple[int, int]
Path = tuple[str | int, ...]

DEPTH = 64
"""Levels of nesting that are read. Tool schemas of real clients stay below 20."""

NAME = 16
"""From this many bytes on a name is a leaf: shorter ones hold no key of any vendor."""

_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_ARRAY = msgspec.json.Decoder(list[msgspec.Raw]).decode
_STRING = msgspec.json.Decoder(str).decode
_ENCODE = msgspec.json.Encoder().encode
_SPACE = re.compile(rb"[ \t\r\n]*+")
_KEY = re.compile(rb'[ \t\r\n]*+("[^"\\]*+(?:\\.[^"\\]*+)*+")[ \t\r\n]*+:[ \t\r\n]*+', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A string of a JSON text: its bytes with their quotes, and the keys and indices that lead there.

    `key` is the nearest name above it (strings in an array carry their array's), `kind` the `type` of the object it is in. A
    name that is long enough to hold a secret is a leaf too, with the key `""`.
    """

    start: int
    end: int
    path: Path
    key: str
    kind: str = ""


def malformed(why: str) -> DetenteError:
    """A text that no two readers are sure to read alike."""
    return DetenteError(
        "The body is refused",
        f"It is not JSON that everybody reads alike: {why}.",
        "Send one JSON object.",
        code="gateway-body",
    )


def members(data: bytes, span: Span) -> dict[str, tuple[Span, Span]]:
    """The members of the object at `span`: name to the spans of its name and value. Raises DetenteError if malformed or ambiguous."""
    try:
        read = _OBJECT(memoryview(data)[span[0] : span[1]])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as fault:
        raise malformed(str(fault)) from fault
    found: dict[str, tuple[Span, Span]] = {}
    at, last = span[0] + 1, b","
    for name, raw in read.items():
        key = _KEY.match(data, at)
        if not key or last != b"," or string(key[1]) != name or not data.startswith(bytes(raw), key.end()):
            raise malformed(f"the key {name!r} comes twice")
        end = key.end() + len(memoryview(raw))
        found[name] = (key.span(1), (key.end(), end))
        at, last = _past(data, end)
    if read and last != b"}":
        raise malformed("a key comes twice")
    return found


def items(data: bytes, span: Span) -> list[Span]:
    """The spans of the items of the array at `span`. Raises DetenteError if malformed."""
    try:
        read = _ARRAY(memoryview(data)[span[0] : span[1]])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as fault:
        raise malformed(str(fault)) from fault
    found, at = [], span[0] + 1
    for raw in read:
        start = _SPACE.match(data, at).end()  # type: ignore[union-attr]  # it also matches nothing
        found.append((start, start + len(memoryview(raw))))
        at, _ = _past(data, found[-1][1])
    return found


def _past(data: bytes, at: int) -> tuple[int, bytes]:
    """The place after the comma or bracket that follows a value, and which of them it was."""
    end = _SPACE.match(data, at).end()  # type: ignore[union-attr]  # it also matches nothing
    return end + 1, data[end : end + 1]


def string(raw: bytes) -> str:
    """The text of a JSON string with its quotes. Raises DetenteError where it is no text (half a surrogate, not UTF-8)."""
    try:
        return _STRING(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError) as fault:
        raise malformed(str(fault)) from fault


def quoted(text: bytes) -> bytes:
    """UTF-8 `text` as a JSON string with its quotes."""
    return _ENCODE(text.decode())


def leaves(data: bytes, span: Span, path: Path = (), key: str = "", kind: str = "") -> Iterator[Leaf]:
    """Every string value at or below `span`, in the order of the text; keys are not values."""
    if len(path) > DEPTH:
        raise malformed(f"it nests deeper than {DEPTH} levels")
    match data[span[0]]:
        case 0x22:
            yield Leaf(*span, path, key, kind)
        case 0x7B:
            inside = members(data, span)
            kind = named(data, inside["type"][1]) if "type" in inside else ""
            for name, (label, value) in inside.items():
                if len(name) >= NAME:
                    yield Leaf(*label, (*path, name, ""), "", kind)
                yield from leaves(data, value, (*path, name), name, kind)
        case 0x5B:
            for index, value in enumerate(items(data, span)):
                yield from leaves(data, value, (*path, index), key, kind)


def named(data: bytes, span: Span) -> str:
    """The text at `span` if a string stands there, else nothing."""
    return string(data[span[0] : span[1]]) if data[span[0]] == 0x22 else ""


def splice(data: bytes, edits: Iterable[tuple[int, int, bytes]]) -> bytes:
    """`data` with each (start, end, replacement) put in place; edits are in order and do not overlap."""
    parts: list[bytes] = []
    at = 0
    for start, end, replacement in edits:
        parts += [data[at:start], replacement]
        at = end
    return b"".join([*parts, data[at:]]) if parts else data
