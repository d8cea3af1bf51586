"""A cursor over the punctuation of a JSON stream: it reads on by itself, and collects what is to be kept on the way."""

from dataclasses import dataclass, field
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from detente.model.errors import DetenteError
from detente.queue.limits import Limits, exceeded
from detente.queue.tokens import COMMA, Tokens, scan

CHUNK = 1 << 19


class Cut(Exception):  # noqa: N818 - no error: a report may end anywhere
    """The stream ended."""


def broken(why: str) -> DetenteError:
    """The error for a report whose outer structure is not JSON."""
    return DetenteError(
        "The report is not well-formed JSON",
        f"{why}.",
        "Write the report again with the scanner, or check that the transfer was complete.",
        code="malformed",
    )


@dataclass(slots=True)
class Cursor:
    """Where a reading stands. `head` gets every byte passed over that is not dropped."""

    stream: BinaryIO
    limits: Limits
    chunk: int = CHUNK
    head: bytearray = field(default_factory=bytearray)
    base: int = 0  # file offset of the buffer
    buffer: bytes = b""
    tokens: Tokens = field(default_factory=lambda: scan(b"", 0))
    at: int = 0  # the next token
    done: int = 0  # bytes of the buffer up to it
    kept: int = 0  # bytes of the buffer that are in the head, or dropped
    depth: int = 0  # nesting before the next token

    @property
    def rest(self) -> bytes:
        """What has been read, but not passed over."""
        return self.buffer[self.done :]

    @property
    def before(self) -> bytes:
        """The text before the next token, which `peek` has found."""
        return self.buffer[self.done : int(self.tokens.position[self.at])]

    def more(self) -> None:
        """Read on. Raises Cut at the end of the stream, DetenteError at a limit or a bracket too many."""
        rest = self.rest
        if len(rest) > self.limits.record:
            raise exceeded(
                "One record of the report", f"more than {self.limits.record} bytes", f"{self.limits.record} bytes"
            )
        read = self.stream.read(max(self.chunk, len(rest)))
        if not read:
            raise Cut
        self.keep(self.done)
        self.base += self.done
        self.buffer, self.at, self.done, self.kept = rest + read, 0, 0, 0
        self.tokens = scan(self.buffer, self.depth)
        self._guard(self.tokens.depth)

    def _guard(self, depth: NDArray[np.int32]) -> None:
        if len(depth) and (deepest := int(depth.max())) > self.limits.depth:
            raise exceeded("The nesting of the report", f"{deepest} levels deep", f"{self.limits.depth} levels")
        if len(depth) and int(depth.min()) < 0:
            raise broken("a bracket closes that was never opened")

    def keep(self, end: int) -> None:
        """Put the buffer up to `end` into the head."""
        self.head += self.buffer[self.kept : end]
        self.kept = max(self.kept, end)
        if len(self.head) > self.limits.head:
            what = "The part of the report outside its records"
            raise exceeded(what, f"more than {self.limits.head} bytes", f"{self.limits.head} bytes")

    def drop(self) -> None:
        """Leave what was passed over since the last `keep` out of the head."""
        self.kept = self.done

    def peek(self) -> int:
        """The byte of the next token."""
        while self.at >= len(self.tokens.byte):
            self.more()
        return int(self.tokens.byte[self.at])

    def next(self) -> tuple[int, bytes]:
        """Pass the next token: its byte, and the text before it."""
        byte, start = self.peek(), self.done
        self.consume(self.at)
        return byte, self.buffer[start : self.done - 1]

    def consume(self, index: int) -> None:
        """Pass everything up to and including a token."""
        self.at, self.done = index + 1, int(self.tokens.position[index]) + 1
        self.depth = int(self.tokens.depth[index])

    def first(self, level: int) -> int | None:
        """The first token whose depth is at or under `level`; looks in growing windows."""
        at, width, count = self.at, 64, len(self.tokens.depth)
        while at < count:
            hit = self.tokens.depth[at : at + width] <= level
            if hit.any():
                return at + int(hit.argmax())
            at, width = at + width, width * 4
        return None

    def comma(self, level: int) -> int | None:
        """The last comma at this depth."""
        return self._last((self.tokens.depth[self.at :] == level) & (self.tokens.byte[self.at :] == COMMA))

    def root(self) -> int | None:
        """The last token that ends a root."""
        return self._last(self.tokens.depth[self.at :] == 0)

    def _last(self, hit: NDArray[np.bool_]) -> int | None:
        found = np.flatnonzero(hit)
        return self.at + int(found[-1]) if len(found) else None
