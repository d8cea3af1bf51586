"""Server-sent events as they arrive: cut into events, their data read, nothing else touched (WHATWG HTML, section 9.2)."""

import re

from detente.gateway.spans import malformed

LIMIT = 16 << 20
"""Bytes of one event. The last event of `/responses` repeats the whole answer and the tools."""

_END = re.compile(rb"(?>\r\n|\r|\n){2}")
_LINE = re.compile(rb"\r\n|\r|\n")
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
        if b"\r" in rest:
            events, self._rest = _cut(rest, max(0, self._seen - 3))
        else:
            *events, self._rest = rest.split(b"\n\n")
            events = [event + b"\n\n" for event in events]
        self._seen = len(self._rest)
        if self._seen > LIMIT:
            raise malformed(f"an event is longer than {LIMIT} bytes")
        return events

    def close(self) -> bytes:
        """What came after the last complete event."""
        rest, self._rest = self._rest, b""
        return rest.removeprefix(_MARK) if not self._begun else rest


def _cut(rest: bytes, start: int) -> tuple[list[bytes], bytes]:
    """The same for every kind of line end there is; a blank line begins after `start`."""
    events, at = [], 0
    for end in _END.finditer(rest, start):
        events.append(rest[at : end.end()])
        at = end.end()
    return events, rest[at:]


def data(event: bytes) -> bytes | None:
    """The data of an event, its lines joined; None if it has none (a comment, a retry time)."""
    if event.startswith(b"data: ") and event.find(b"\n") == len(event) - 2 and b"\r" not in event:
        return event[6:-2]
    lines = _LINE.split(event) if b"\r" in event else event.split(b"\n")
    found = [line[5:].removeprefix(b" ") for line in lines if line[:5] == b"data:" or line == b"data"]
    return b"\n".join(found) if found else None


def replaced(event: bytes, content: bytes) -> bytes:
    """`event` with other data on one line; its name, id and end stay."""
    first = True

    def line(found: re.Match[bytes]) -> bytes:
        nonlocal first
        said, first = (b"data: " + content if first else b":"), False
        return said

    return _DATA.sub(line, event)
