"""JSON punctuation found at vector speed: where brackets, commas and colons outside strings stand, and how deep.

Reading whole reports into objects costs memory that grows with the file; pulling them event by event costs more time than
all other work. Finding only the punctuation of a chunk with a few array operations lets the typed decoder run on slices.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET, COMMA, COLON, QUOTE = b'{}[],:"'

_ONLY_PUNCTUATION = bytes(c if c in b'{}[],:"' else 0 for c in range(256))
_STEP = np.zeros(256, dtype=np.int32)
_STEP[[OPEN_BRACE, OPEN_BRACKET]] = 1
_STEP[[CLOSE_BRACE, CLOSE_BRACKET]] = -1


@dataclass(frozen=True, slots=True)
class Tokens:
    """Punctuation of one chunk: byte position, byte, and the nesting depth after it (openers count, closers have left)."""

    position: NDArray[np.int64]
    byte: NDArray[np.uint8]
    depth: NDArray[np.int32]


def scan(chunk: bytes, depth: int) -> Tokens:
    """The punctuation outside strings of `chunk`, which starts outside a string at nesting `depth`.

    A chunk may end inside a string: punctuation of the unfinished string is not reported, so the caller sees it only when
    the chunk is scanned again with more bytes.
    """
    if (
        b"\\" in chunk
    ):  # same length, left to right: a run of backslashes always starts at an escape (RFC 8259, section 7)
        chunk = chunk.replace(b"\\\\", b"..").replace(b'\\"', b"..")
    data = np.frombuffer(chunk.translate(_ONLY_PUNCTUATION), dtype=np.uint8)
    position = np.flatnonzero(data)
    byte = data[position]
    quotes = byte == QUOTE
    outside = ~quotes & ((np.cumsum(quotes, dtype=np.int32) & 1) == 0)
    position, byte = position[outside], byte[outside]
    return Tokens(position, byte, np.cumsum(_STEP[byte], dtype=np.int32) + np.int32(depth))
