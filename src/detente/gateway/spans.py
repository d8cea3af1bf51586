"""Where every value of a JSON text stands, in bytes of the original: what is replaced leaves all other bytes as they were.

msgspec reads each level without copying it into objects; the positions follow from the lengths of what it read. That the
members account for every byte between the braces proves that no key came twice: two readers could else see two prompts.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

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
_LABEL = rb'[ \t\r\n]*+("[^"\\]*+(?:\\.[^"\\]*+)*+")[ \t\r\n]*+:[ \t\r\n]*+'
_FIRST = re.compile(_LABEL, re.DOTALL)
_NEXT = re.compile(rb"[ \t\r\n]*+," + _LABEL, re.DOTALL)
_CLOSE = re.compile(rb"[ \t\r\n]*+\}")
_ITEM = re.compile(rb"[ \t\r\n]*+,?[ \t\r\n]*+")


class Leaf(NamedTuple):
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
    at, label = span[0] + 1, _FIRST
    for name, raw in read.items():
        key, value = label.match(data, at), bytes(raw)
        if not key or not data.startswith(value, key.end()):
            raise malformed(f"the key {name!r} comes twice")
        start = key.end()
        at, label = start + len(value), _NEXT
        found[name] = (key.span(1), (start, at))
    if not _CLOSE.match(data, at):
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
        start = _ITEM.match(data, at).end()  # type: ignore[union-attr]  # it also matches nothing
        at = start + len(memoryview(raw))
        found.append((start, at))
    return found


def string(raw: bytes) -> str:
    """The text of a JSON string with its quotes. Raises DetenteError where it is no text (half a surrogate, not UTF-8)."""
    try:
        return _STRING(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError) as fault:
        raise malformed(str(fault)) from fault


def quoted(text: bytes) -> bytes:
    """UTF-8 `text` as a JSON string with its quotes."""
    return _ENCODE(text.decode())


def leaves(data: bytes, span: Span, key: str = "") -> list[Leaf]:
    """Every string value at or below `span`, and every long name, in the order of the text."""
    found: list[Leaf] = []
    _walk(data, Leaf(*span, (), key), found)
    return found


def _walk(data: bytes, here: Leaf, found: list[Leaf]) -> None:
    start, end, path, key, kind = here
    if len(path) > DEPTH:
        raise malformed(f"it nests deeper than {DEPTH} levels")
    first = data[start]
    if first == 0x22:
        found.append(here)
    elif first == 0x7B:
        inside = members(data, (start, end))
        kind = named(data, inside["type"][1]) if "type" in inside else ""
        for name, (label, value) in inside.items():
            if len(name) >= NAME:
                found.append(Leaf(*label, (*path, name, ""), "", kind))
            _walk(data, Leaf(*value, (*path, name), name, kind), found)
    elif first == 0x5B:
        for index, value in enumerate(items(data, (start, end))):
            _walk(data, Leaf(*value, (*path, index), key, kind), found)


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
