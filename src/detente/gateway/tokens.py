"""Source text of any language as numbers: each token a hash, and each name how far back it was used, by array operations alone."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
_BASE = 0x100000001B3
_REACH = 24
"""How far back a name is looked for, in tokens."""
_NAME, _NUMBER = 0x6E616D65, 0x6E756D62
_LAYOUT = b" \t\r\n\f\v,;\\"
_QUOTES = b"'`"
_KEYWORDS = (
    b"and as assert async await break case catch class const continue def del elif else enum except extends False finally fn for from function global if impl "
    b"import in instanceof interface is lambda namespace None nonlocal not or pass raise return struct switch throw trait True try typeof while with yield"
).split()
"""Words no language lets a program use as a name, near enough: a word that is a name elsewhere (`type`, `string`) would spoil renaming."""


@dataclass(frozen=True)
class Tokens:
    """The tokens of a text: a hash of each, and where it begins and ends in bytes."""

    codes: Hashes
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]


def _table() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """By byte: its class (0 layout, 1 word, 2 sign), and itself with all quotes alike."""
    kinds, same = np.full(256, 2, np.uint8), np.arange(256, dtype=np.uint8)
    kinds[list(_LAYOUT)] = 0
    kinds[[byte for byte in range(256) if (chr(byte).isalnum() and byte < 128) or byte == 95 or byte > 127]] = 1
    same[list(_QUOTES)] = ord('"')
    return kinds, same


_KINDS, _SAME = _table()


def tokens(data: bytes) -> Tokens:
    """The tokens of UTF-8 `data` as they are written; those in comments and strings too."""
    raw = np.frombuffer(data, np.uint8)
    kinds = np.pad(_KINDS[raw], 1)
    word, sign = kinds == 1, kinds[1:-1] == 2
    starts = np.flatnonzero((word[1:-1] & ~word[:-2]) | sign)
    ends = np.flatnonzero((word[1:-1] & ~word[2:]) | sign) + 1
    return Tokens(_hashed(_SAME[raw], starts, ends), starts, ends)


def shapes(data: bytes, found: Tokens) -> tuple[Tokens, NDArray[np.bool_]]:
    """The tokens hashed so that renaming changes nothing, and which of them tell something under any name: keywords, and names
    used again.
    """
    first = np.frombuffer(data, np.uint8)[found.starts]
    codes, telling = _shapes(found.codes, first, _KINDS[first] == 1)
    return Tokens(codes, found.starts, found.ends), telling


def mixed(values: Hashes) -> Hashes:
    """Well spread bits (the finaliser of SplitMix64)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    found: Hashes = values ^ (values >> np.uint64(31))
    return found


def _hashed(raw: NDArray[np.uint8], starts: Any, ends: Any) -> Hashes:
    """A polynomial hash of each slice, from sums of powers modulo 2**64: an odd base has an inverse there."""
    powers, inverses = _powers(1 << max(12, len(raw).bit_length()))
    sums = np.concatenate(
        (np.zeros(1, np.uint64), np.cumsum((raw.astype(np.uint64) + np.uint64(1)) * powers[: len(raw)]))
    )
    return mixed((sums[ends] - sums[starts]) * inverses[starts])


@cache
def _powers(size: int) -> tuple[Hashes, Hashes]:
    inverse = pow(_BASE, -1, 1 << 64)
    ups, downs = (np.full(size, base, np.uint64) for base in (_BASE, inverse))
    ups[0] = downs[0] = 1
    return np.cumprod(ups), np.cumprod(downs)


@cache
def _keywords() -> Hashes:
    text = b" ".join(_KEYWORDS)
    at = np.cumsum([0, *(len(word) + 1 for word in _KEYWORDS)])[:-1]
    return np.sort(_hashed(np.frombuffer(text, np.uint8), at, at + [len(word) for word in _KEYWORDS]))


def _shapes(codes: Hashes, first: NDArray[np.uint8], word: NDArray[np.bool_]) -> tuple[Hashes, NDArray[np.bool_]]:
    """Codes in which a name is the distance to its last use, if near, and all numbers are one; and which tokens tell something."""
    keywords = _keywords()
    near = keywords[np.minimum(np.searchsorted(keywords, codes), len(keywords) - 1)] == codes
    number = word & (first < 58)
    names = np.flatnonzero(word & ~number & ~near)
    shaped = codes.copy()
    shaped[number] = _NUMBER
    order = names[np.argsort((codes[names] >> np.uint64(48)).astype(np.uint16), kind="stable")]
    distance = np.zeros(len(codes), np.int64)
    same = codes[order[1:]] == codes[order[:-1]]
    distance[order[1:]] = np.where(same, order[1:] - order[:-1], 0)
    distance[distance > _REACH] = 0
    shaped[names] = mixed(distance[names].astype(np.uint64) + np.uint64(_NAME))
    return shaped, (distance > 0) | (word & near)
