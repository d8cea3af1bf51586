"""Telephone numbers (E.164 and national spellings; the North American Numbering Plan).

A number needs a country code, the North American form, or a word that says what it is. The plan's fictitious numbers (555-01xx) and dates
are left alone.
"""

import re
from functools import partial

from detente.gateway import surroundings
from detente.gateway.rule import Detector, Find, Found, Rule, line

_WORDS = "(?i:phone|\\btel\\b|\\bcell|\\bmobile|\\bcall|\\bfax\\b|\\bnumber\\b|\\bdial|\\btext|\\bring\\b|whats.?app|\\breach|answer|office|\\bdesk\\b|\\bmessages?\\b|registered|\\bhome:|\\bwork:)"
_DATE = re.compile(
    rb".*(?:555[ .-]?01\d\d|12345).*|(?:19|20)\d{6}|(?:19|20)\d\d[-/. ]\d\d?[-/. ]\d\d?|\d\d?[./]\d\d?[./](?:19|20)?\d\d\b|\d{3}-\d{2}-\d{4}$"
)
_WORLD = re.compile(rb"\+\d{1,3}(?:[ ./-]?(?:\(0?\d{1,4}\)|\d{1,5})){2,6}(?:[ ]?(?:x|ext\.?)[ ]?\d{1,5})?(?![\w])")
_AMERICA = re.compile(
    rb"(?:(?:\+?1|001)[ .-])?(?:\([2-9]\d\d\)[ ]?|[2-9]\d\d[ .-])\d{3}[ .-]\d{4}(?:[ ]?(?:x|ext\.?)[ ]?\d{1,5})?(?![\w-])"
)
_SAID = re.compile(rb"(?:\(0?\d{2,4}\)|00?\d{1,4}|\d{2,5})(?:[ ./-]?\d{2,5}){1,5}(?:x\d{1,5})?(?![\w-])")


def _phone(pattern: re.Pattern[bytes], back: int, least: int, sure: float) -> Find:
    """A number over the anchor's end, that begins at most `back` bytes before it and has at least `least` digits."""

    def find(data: bytes, end: int) -> Found | None:
        found = surroundings.spanning(pattern, data, end, back)
        if found is None or re.match(rb"[\w.+(/=$-]", data[found.start() - 1 : found.start()] or b" "):
            return None
        digits = re.sub(rb"\D", b"", found[0])
        if not least <= len(digits) <= 16 or len(set(digits)) < 3 or _DATE.fullmatch(found[0]):
            return None
        known = 0.4 if surroundings.code(data, found.start(), found.end()) else sure
        return found.start(), found.end(), known

    return find


_rule = partial(Rule, "personal_data", "phone", before=190, still=rf"[0-9 ./()xet-]{{0,60}}{line(80)}")
_abroad = partial(_rule, "telephone number with its country", words=(b"+",))
_american = partial(_rule, "North American telephone number")
DETECTOR = Detector(
    "personal_data",
    (
        _abroad("\\+[1-9][0-9]{0,6}[ ./(-]", _phone(_WORLD, 9, 9, 0.7), 9),
        _abroad("\\+[1-9][0-9]{8}", _phone(_WORLD, 10, 9, 0.7), 10),
        _american("\\([2-9][0-9]{2}\\)[ ]?[2-9][0-9]{2}[ .-][0-9]{4}", _phone(_AMERICA, 18, 10, 0.7), 18),
        _american("\\b[2-9][0-9]{2}[ .-][2-9][0-9]{2}[ .-][0-9]{4}\\b", _phone(_AMERICA, 16, 10, 0.6), 16),
        _rule("telephone number somebody speaks of", _WORDS + "[^0-9]{0,40}[0-9]", _phone(_SAID, 2, 7, 0.85), 2),
    ),
    valid={
        "phone": ("My phone is +46 70¦ 174 06 35.", "Call (415) 867¦-5309 after six", "the number is 030 2318¦ 4471")
    },
    invalid={"phone": ("x = 2024 + 1024", "call f(100 200 3000)", "version 10.2.2024")},
)
