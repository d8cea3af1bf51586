"""Where the record elements of an XML report begin and end, found by searching for their tags in its bytes.

An event per tag costs more than all other work on a report. In well-formed XML a `<` is a tag unless it stands in a comment
or a CDATA section, so that blanking those leaves only tags to find; whatever is not well-formed fails when it is parsed.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import BinaryIO, NamedTuple

from detente.queue.limits import LIMITS, exceeded

_CHUNK = 1 << 18
_SLASH = ord("/")
_OPAQUE = re.compile(rb"<!--[^-]*+(?:-(?!->)[^-]*+)*+-->|<!\[CDATA\[[^\]]*+(?:\](?!\]>)[^\]]*+)*+\]\]>")
_UNFINISHED = re.compile(rb"<!--|<!\[CDATA\[")


class Piece(NamedTuple):
    """A part of the outline, the record elements that follow it, and at the end of a broken file a record cut short."""

    outline: bytes
    records: list[bytes]
    tail: bytes = b""


def _tags(names: frozenset[str], buffer: bytes) -> re.Pattern[bytes]:
    """Start and end tags of these elements; looking for prefixes takes three times as long and is hardly ever needed."""
    return _pattern(names, any(b":" + name.encode() in buffer for name in names))


@lru_cache(maxsize=64)
def _pattern(names: frozenset[str], prefixed: bool) -> re.Pattern[bytes]:
    prefix = rb"(?:[\w.-]++:)?+" if prefixed else b""
    name = b"|".join(re.escape(name.encode()) for name in sorted(names))
    return re.compile(rb"<(/?)" + prefix + b"(" + name + rb")(?=[\s/>])(?:[^>\"']+|\"[^\"]*\"|'[^']*')*+>")


def _masked(buffer: bytes) -> bytes:
    """The same bytes without what only looks like tags: comments and CDATA blanked, cut off where one is unfinished."""
    if b"!" not in buffer or b"<!" not in buffer:
        return buffer
    mask = _OPAQUE.sub(lambda found: b" " * len(found[0]), buffer)
    unfinished = _UNFINISHED.search(mask)
    return mask[: unfinished.start()] if unfinished else mask


def _split(buffer: bytes, names: frozenset[str], *, final: bool) -> tuple[list[Piece], int]:
    """Whole records of a buffer that starts outside of them, the outline between, and how many bytes are done with."""
    mask, pieces, last = _masked(buffer), list[Piece](), 0
    start, name, depth = 0, b"", 0
    for tag in _tags(names, buffer).finditer(mask):
        if not depth:
            start, name = tag.start(), tag[2]
        elif tag[2] != name:
            continue
        if mask[tag.end() - 2] != _SLASH:
            depth += -1 if tag[1] else 1
        if depth > 0:
            continue
        depth = 0  # an end tag without its start stays in the outline, for expat to complain about
        if tag[1] and start == tag.start():
            continue
        if not pieces or buffer[last:start].strip():
            pieces.append(Piece(buffer[last:start], []))
        pieces[-1].records.append(buffer[start : tag.end()])
        last = tag.end()
    if depth:
        return ([*pieces, Piece(buffer[last:start], [], buffer[start:])], len(buffer)) if final else (pieces, last)
    done = len(buffer) if final else max(last, mask.rfind(b"<"))
    return [*pieces, Piece(buffer[last:done], [])], done


def pieces(stream: BinaryIO, names: frozenset[str]) -> Iterator[Piece]:
    """The whole document, cut at its record elements of these names. Raises DetenteError when one is over the limit."""
    rest, final = b"", False
    while not final:
        chunk = stream.read(max(_CHUNK, len(rest)))
        buffer, final = rest + chunk, not chunk
        found, done = _split(buffer, names, final=final)
        yield from found
        rest = buffer[done:]
        if len(rest) > LIMITS.record:
            raise exceeded("One record of the report", f"more than {LIMITS.record} bytes", f"{LIMITS.record} bytes")
