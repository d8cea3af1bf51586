"""What stands around a find: words that explain a number, and whether it is code or a sentence."""

import re

BACK, AHEAD = 160, 80
"""How far the line of a find is read before it and behind, in bytes."""

_CODE = re.compile(rb"[(){}\[\];=<>_`\\$#|*]|::|//")
_CREDIT = re.compile(
    rb"author|translator|language-team|report-msgid|copyright|licen[cs]e|maintain|contribut|signed-off|reported|credit|thanks|patch|written by|\xc2\xa9|\(c\)|@param|e\.g\.|example|git@|mailto|commit|bug|ticket",
    re.IGNORECASE,
)


def line(data: bytes, start: int, end: int, back: int = BACK, ahead: int = AHEAD) -> tuple[bytes, bytes]:
    """What stands before and behind a find on its line, of so many bytes at most."""
    before, after = data[max(0, start - back) : start], data[end : end + ahead]
    return before[before.rfind(b"\n") + 1 :], after.partition(b"\n")[0]


def near(data: bytes, start: int, end: int, words: re.Pattern[bytes]) -> bool:
    """Whether one of `words` stands near: before, on the line before too, or behind on the same line."""
    return any(words.search(text) for text in (data[max(0, start - 60) : start], line(data, start, end, 0, 30)[1]))


def code(data: bytes, start: int, end: int) -> bool:
    """Whether the line around is code, markup or a comment rather than a sentence or a record."""
    before, after = line(data, start, end)
    signs = len(_CODE.findall(before + after))
    return signs * 14 > len(before + after) + end - start or before.lstrip()[:1] in (b"#", b"*", b"/")


def credit(data: bytes, start: int, end: int) -> bool:
    """Whether somebody is named as an author, in an example or in a history: nobody's personal record."""
    before, after = line(data, start, end, ahead=40)
    return _CREDIT.search(before) is not None or _CREDIT.search(after) is not None


def spanning(pattern: re.Pattern[bytes], data: bytes, end: int, back: int) -> re.Match[bytes] | None:
    """The match of `pattern` that goes over `end` and begins at most `back` bytes before it."""
    for found in pattern.finditer(data, max(0, end - back), end + 80):
        if found.start() >= end:
            return None
        if found.end() >= end:
            return found
    return None
