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
    """A part of the outline and the run of record elements that follows it.

    `deep` says that one of them has so many tags that it may nest too deep; `tail` is a record cut short by the end of a
    broken file.
    """

    outline: bytes
    records: bytes = b""
    deep: bool = False
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


def _spans(buffer: bytes, names: frozenset[str]) -> tuple[list[tuple[int, int]], int | None, int]:
    """Where whole records lie in bytes that begin outside of them, where one begins that does not end, the last tag."""
    mask, spans = _masked(buffer), list[tuple[int, int]]()
    start, name, depth = 0, b"", 0
    for tag in _tags(names, buffer).finditer(mask):
        if not depth:
            if tag[1]:
                continue  # an end without its start stays in the outline, for expat to complain about
            start, name = tag.start(), tag[2]
        elif tag[2] != name:
            continue
        if mask[tag.end() - 2] != _SLASH:
            depth += -1 if tag[1] else 1
        if not depth:
            spans.append((start, tag.end()))
    return spans, start if depth else None, mask.rfind(b"<")


def _split(buffer: bytes, names: frozenset[str], *, final: bool) -> tuple[list[Piece], int]:
    """The pieces of a buffer that begins outside of records, and how many bytes are done with."""
    spans, unfinished, held = _spans(buffer, names)
    runs = list[list[int]]()
    for start, end in spans:
        if runs and not buffer[runs[-1][1] : start].strip():
            runs[-1][1] = end
        else:
            runs.append([start, end])
    deep, found, done = any(buffer.count(b"</", *span) > LIMITS.depth for span in spans), list[Piece](), 0
    for start, end in runs:
        found.append(Piece(buffer[done:start], buffer[start:end], deep))
        done = end
    if unfinished is not None:
        tail = [Piece(buffer[done:unfinished], tail=buffer[unfinished:])] if final else []
        return found + tail, done
    rest = len(buffer) if final else max(done, held)
    return [*found, Piece(buffer[done:rest])], rest


def pieces(stream: BinaryIO, names: frozenset[str]) -> Iterator[Piece]:
    """The whole document, cut at its record elements of these names. Raises DetenteError when one is over the limit."""
    rest, final = b"", False
    while not final:
        chunk = stream.read(max(_CHUNK, len(rest)))
        buffer, final = rest + chunk, not chunk
        found, done = _split(buffer, names, final=final)
        yield from found
        rest = buffer[done:]
        if len(rest) > LIMITS.record and not final:
            raise exceeded("One record of the report", f"more than {LIMITS.record} bytes", f"{LIMITS.record} bytes")


def apart(records: bytes, names: frozenset[str]) -> list[bytes]:
    """The records of a run, one by one."""
    return [records[start:end] for start, end in _spans(records, names)[0]]
