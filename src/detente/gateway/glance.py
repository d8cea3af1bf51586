"""A first look at a block: all its texts in one piece, without the places they stand at. Most blocks hold nothing, and need no more.

Whatever only the careful reader can tell (a text inside a text, what a vendor sealed, a key that may come twice) is left to it.
"""

import re
from itertools import repeat
from typing import Any

import msgspec

from detente.gateway.carriers import JSON, PROSE, SEALED, TAG, TAGS
from detente.gateway.spans import DEPTH, NAME

JOIN = "\n\0\n"
"""Between two strings of a block: no rule matches across it."""

_CAREFUL = SEALED | {"data", "file_data"}
_SPECIAL = TAGS | _CAREFUL | JSON
_decode = msgspec.json.Decoder().decode
_SPACED = re.compile(rb'"[ \t\r\n]++:')


class _CarefulError(Exception):
    """This block is for the careful reader."""


def shown(key: str) -> tuple[str, str]:
    """What a scanner sees before and after a string. A value of data shows its key: `"password": "..."`."""
    return ("", JOIN) if key in PROSE else (f'"{key}": "', f'"{JOIN}')


def texts(raw: bytes, name: str) -> bytes | None:
    """All texts of the JSON value `raw`, joined as the careful reader joins them; None where only that one can tell.

    Every key ends with `":` unless a space, or a backslash before the quote, is in between. With neither in the block, as many of
    them as the objects have members proves that no key came twice.
    """
    if b'\\":' in raw or _SPACED.search(raw):
        return None
    parts: list[str] = []
    try:
        counted = _walk([_decode(raw)], name, parts, -1)
    except (_CarefulError, msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
    return "".join(parts).encode() if counted == raw.count(b'":') else None


def _walk(above: Any, key: str, parts: list[str], depth: int) -> int:
    """Collect the strings below `above`, in the order of the text; returns how many members the objects have."""
    if depth > DEPTH:
        raise _CarefulError
    named = type(above) is dict
    counted = len(above) if named else 0
    for name, value in above.items() if named else zip(repeat(key), above):
        if named and len(name) >= NAME:
            parts += (name, JOIN)
        kind = type(value)
        if kind is str:
            if name in _SPECIAL and _tag(value, name):
                continue
            if value.startswith("data:"):
                raise _CarefulError
            before, after = shown(name)
            parts += (before, value, after)
        elif kind is dict or kind is list:
            counted += _walk(value, name, parts, depth + 1)
    return counted


def _tag(text: str, key: str) -> bool:
    """Whether a string says nothing but what stands here. Raises _CarefulError where it may hold another text."""
    if key in _CAREFUL or (key in JSON and text[:1] in ("{", "[")):
        raise _CarefulError
    return key in TAGS and TAG.fullmatch(text) is not None
