"""A first look at a block: all its texts in one piece, without the places they stand at. Most blocks hold nothing, and need no more.

Whatever only the careful reader can tell (a text inside a text, what a vendor sealed, a key that may come twice) is left to it.
"""

import re
from typing import Any

import msgspec

from detente.gateway.carriers import JSON, PROSE, SEALED, TAG, TAGS
from detente.gateway.spans import DEPTH, NAME

JOIN = "\n\0\n"
"""Between two strings of a block: no rule matches across it."""

_CAREFUL = SEALED | {"data", "file_data"}
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
    for name, value in above.items() if named else ((key, inner) for inner in above):
        if named and len(name) >= NAME:
            parts += (name, JOIN)
        if type(value) is str:
            _string(value, name, parts)
        elif type(value) in (dict, list):
            counted += _walk(value, name, parts, depth + 1)
    return counted


def _string(text: str, key: str, parts: list[str]) -> None:
    if key in TAGS and TAG.fullmatch(text):
        return
    if key in _CAREFUL or text[:5] == "data:" or (key in JSON and text[:1] in ("{", "[")):
        raise _CarefulError
    if key in PROSE:
        parts += (text, JOIN)
    else:
        before, after = shown(key)
        parts += (before, text, after)
