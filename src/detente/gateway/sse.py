"""Server-sent events as they arrive: cut into events, their data read, nothing else touched (WHATWG HTML, section 9.2)."""

import re

from detente.gateway.spans import malformed

LIMIT = 16 << 20
"""Bytes of one event. The last event of `/responses` repeats the whole answer and the tools."""

_END = re.compile(rb"(?>\r\n|\r|\n){2}")
_DATA = re.compile(rb"(?:\A|(?<=[\r\n]))data(?::[ ]?([^\r\n]*)|(?=[\r\n]))")
_MARK = b"\xef\xbb\xbf"


class Frames:
    """Cuts a stream into events, wherever its pieces were cut."""

    def __init__(self) -> None:
        self._rest = b""
        self._seen = 0
        self._begun = False

    def feed(self, chunk: bytes) -> list[bytes]:
        """The events that are complete now, each with the blank line that ends it. Raises DetenteError over the limit."""
        rest = self._rest + chunk if self._rest else chunk
        if not self._begun and len(rest) >= len(_MARK):
            rest, self._begun = rest.removeprefix(_MARK), True
        events, at = [], 0
        for end in _END.finditer(rest, max(0, self._seen - 3)):
            events.append(rest[at : end.end()])
            at = end.end()
        self._rest = rest[at:]
        self._seen = len(self._rest)
        if self._seen > LIMIT:
            raise malformed(f"an event is longer than {LIMIT} bytes")
        return events

    def close(self) -> bytes:
        """What came after the last complete event."""
        rest, self._rest = self._rest, b""
        return rest.removeprefix(_MARK) if not self._begun else rest


def data(event: bytes) -> bytes | None:
    """The data of an event, its lines joined; None if it has none (a comment, a retry time)."""
    found = _DATA.findall(event)
    if not found:
        return None
    return found[0] if len(found) == 1 else b"\n".join(found)


def replaced(event: bytes, content: bytes) -> bytes:
    """`event` with other data on one line; its name, id and end stay."""
    first = True

    def line(found: re.Match[bytes]) -> bytes:
        nonlocal first
        said, first = (b"data: " + content if first else b":"), False
        return said

    return _DATA.sub(line, event)
