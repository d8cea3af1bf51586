"""What stands around a find: words that explain a number, and whether it is code or a sentence."""

import re

REACH = 60
"""How far words around a find are read, in bytes."""

_CODE = re.compile(rb"[(){}\[\];=<>_`\\$#|*]|::|//")
_CREDIT = re.compile(
    rb"author|copyright|licen[cs]e|maintain|contribut|signed-off|reported|credit|thanks|patch|written by|\xc2\xa9|\(c\)|@param|e\.g\.|example|git@|mailto|commit|bug|ticket",
    re.IGNORECASE,
)


def near(data: bytes, start: int, end: int, words: re.Pattern[bytes], reach: int = REACH) -> bool:
    """Whether one of `words` stands within `reach` bytes before or behind."""
    return bool(words.search(data, max(0, start - reach), start) or words.search(data, end, end + reach // 2))


def code(data: bytes, start: int, end: int) -> bool:
    """Whether the line around is code, markup or a comment rather than a sentence or a record."""
    first = data.rfind(b"\n", max(0, start - 160), start) + 1 or max(0, start - 160)
    last = data.find(b"\n", end, end + 160)
    line = data[first : last if last >= 0 else end + 160]
    signs = len(_CODE.findall(line[: start - first] + line[end - first :]))
    return signs * 14 > len(line) or (line.lstrip()[:1] in b"#*/" and line.strip() != b"")


def credit(data: bytes, start: int, end: int) -> bool:
    """Whether somebody is named as an author, in an example or in a history: nobody's personal record."""
    first = max(data.rfind(b"\n", max(0, start - 160), start) + 1, start - 160)
    return _CREDIT.search(data, first, start) is not None or _CREDIT.search(data, end, end + 40) is not None


def spanning(pattern: re.Pattern[bytes], data: bytes, end: int, back: int) -> re.Match[bytes] | None:
    """The match of `pattern` that goes over `end` and begins at most `back` bytes before it."""
    for found in pattern.finditer(data, max(0, end - back), end + 80):
        if found.start() >= end:
            return None
        if found.end() >= end:
            return found
    return None
