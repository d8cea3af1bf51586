"""Personal data that reaches people: e-mail addresses (RFC 5321), telephone numbers (E.164 and national spellings), IP addresses.

Authors' addresses in code, examples (RFC 2606), role accounts and addresses that are no mailbox are left alone. Telephone numbers need a
country code, the North American form, or a word that says what they are. Of IP addresses only public ones count, in sentences and records.
"""

import re
from ipaddress import ip_address

from detente.gateway import surroundings
from detente.gateway.rule import Detector, Find, Found, Rule

_LOCAL = re.compile(rb"[0-9A-Za-z_.%+'-]{1,64}")
_DOMAIN = re.compile(
    rb"(?:[0-9A-Za-z](?:[0-9A-Za-z-]{0,61}[0-9A-Za-z])?\.){1,6}[A-Za-z]{2,24}(?![0-9A-Za-z_@(=:]|\.[A-Za-z])"
)
_NOBODY = re.compile(
    rb"@(?:[\w.-]+\.)?(?:example|test|invalid|localhost|domain|company|foo|bar|email|mail|host|noreply|users\.noreply\.github)\.[a-z]+$"
    rb"|@openssh\.com$|@libssh\.org$|\.(?:example|test|invalid|local|png|jpe?g|gif|svg|css|js|py|service|target|socket)$"
    rb"|^(?:no-?reply|info|support|security|admin|postmaster|webmaster|abuse|help|contact|sales|hello|team|git|root|noc|dev|legal|press|foo|bar|test|user|me|you|name|someone|somebody|nobody|your\.?\w*)@",
    re.IGNORECASE,
)
_FIELD = re.compile(
    rb"e-?mail|customer|client|patient|employee|contact|subscriber|recipient|first_?name|last_?name|phone",
    re.IGNORECASE,
)
_WORDS = "(?i:phone|\\btel\\b|\\bcell|\\bmobile|\\bcall|\\bfax\\b|\\bnumber\\b|\\bdial|\\btext|\\bring\\b|whats.?app|\\breach|answer|office|\\bdesk\\b|\\bmessages?\\b|registered|\\bhome:|\\bwork:)"
_DATE = re.compile(
    rb".*(?:555[ .-]?01\d\d|12345).*|(?:19|20)\d{6}|(?:19|20)\d\d[-/. ]\d\d?[-/. ]\d\d?|\d\d?[./]\d\d?[./](?:19|20)?\d\d\b|\d{3}-\d{2}-\d{4}$"
)
_WORLD = re.compile(rb"\+\d{1,3}(?:[ ./-]?(?:\(0?\d{1,4}\)|\d{1,5})){2,6}(?:[ ]?(?:x|ext\.?)[ ]?\d{1,5})?(?![\w])")
_AMERICA = re.compile(
    rb"(?:(?:\+?1|001)[ .-])?(?:\([2-9]\d\d\)[ ]?|[2-9]\d\d[ .-])\d{3}[ .-]\d{4}(?:[ ]?(?:x|ext\.?)[ ]?\d{1,5})?(?![\w-])"
)
_SAID = re.compile(rb"(?:\(0?\d{2,4}\)|00?\d{1,4}|\d{2,5})(?:[ ./-]?\d{2,5}){1,5}(?:x\d{1,5})?(?![\w-])")
_IPV4 = re.compile(rb"(?<![\w.-])(?:\d{1,3}\.){3}\d{1,3}(?![\w.-]|/\d)")
_VERSION = re.compile(rb"[012]\..*|\d{1,2}(?:\.\d){3}|\d+\.0\.0\.\d+")
_IPV6 = re.compile(rb"(?<![\w:])(?:[0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}(?![\w:])")


def _email(data: bytes, end: int) -> Found | None:
    at = end - 2
    domain = _DOMAIN.match(data, at + 1)
    if domain is None:
        return None
    local = data[max(0, at - 64) : at]
    name = _LOCAL.match(local[::-1])
    start = at - (len(name[0].rstrip(b"'.-%+")) if name else 0)
    if start == at or _machine(data[start:at]) or data[start - 1 : start] in (b"/", b":"):
        return None
    if _NOBODY.search(data[start : domain.end()]) or surroundings.credit(data, start, domain.end()):
        return None
    if surroundings.code(data, start, domain.end()):
        return (start, domain.end(), 0.45) if surroundings.near(data, start, domain.end(), _FIELD, 30) else None
    return start, domain.end(), 0.7


def _machine(name: bytes) -> bool:
    """Whether a local part was made by a program: long, and letters and digits mixed."""
    return len(name) >= 20 and sum(48 <= byte <= 57 for byte in name) >= 4


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


def _address(pattern: re.Pattern[bytes], back: int) -> Find:
    def find(data: bytes, end: int) -> Found | None:
        found = surroundings.spanning(pattern, data, end, back)
        if found is None or surroundings.code(data, found.start(), found.end()):
            return None
        try:
            public = ip_address(found[0].decode()).is_global and not _VERSION.fullmatch(found[0])
        except ValueError:
            return None
        versioned = re.search(
            rb"(?:version|release|v|==|>=)[ :]{0,2}$", data[max(0, found.start() - 12) : found.start()], re.IGNORECASE
        )
        return (found.start(), found.end(), 0.6) if public and not versioned else None

    return find


def _rule(name: str, title: str, anchor: str, find: Find, words: tuple[bytes, ...] = ()) -> Rule:
    return Rule("personal_data", name, title, anchor, find, 240, words)


DETECTOR = Detector(
    "personal_data",
    (
        _rule("email", "e-mail address", "[0-9A-Za-z_.%+'-]@[0-9A-Za-z]", _email, (b"@",)),
        _rule(
            "phone",
            "telephone number with its country",
            "\\+[1-9][0-9]{0,6}[ ./(-]",
            _phone(_WORLD, 9, 9, 0.7),
            (b"+",),
        ),
        _rule("phone", "telephone number with its country", "\\+[1-9][0-9]{8}", _phone(_WORLD, 10, 9, 0.7), (b"+",)),
        _rule(
            "phone",
            "North American telephone number",
            "\\([2-9][0-9]{2}\\)[ ]?[0-9]{3}[ .-]",
            _phone(_AMERICA, 14, 10, 0.7),
        ),
        _rule(
            "phone",
            "North American telephone number",
            "\\b[2-9][0-9]{2}[ .-][0-9]{3}[ .-][0-9]{4}\\b",
            _phone(_AMERICA, 16, 10, 0.6),
        ),
        _rule("phone", "telephone number somebody speaks of", _WORDS + "[^0-9]{0,40}[0-9]", _phone(_SAID, 2, 7, 0.85)),
        _rule("ipv4", "public IPv4 address", "\\b[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}\\.", _address(_IPV4, 15)),
        _rule("ipv6", "public IPv6 address", "\\b[0-9a-fA-F]{4}:[0-9a-fA-F]{4}:", _address(_IPV6, 10)),
    ),
    valid={
        "email": ("Please write to anna.berg¦@nordwind.se before noon.",),
        "phone": ("My phone is +46 70¦ 174 06 35.", "Call (415) 867¦-5309 after six", "the number is 030 2318¦ 4471"),
        "ipv4": ("The session came from 81.2.69¦.144 at night",),
        "ipv6": ("The session came from 2a02:0c7d:1f3a:9b00¦:51d2:8e4f:77aa:c3d9 at night",),
    },
    invalid={
        "email": (
            "# Author: Anna Berg <anna.berg@nordwind.se>",
            "write to alice@example.com",
            "git@github.com:a/b.git",
        ),
        "phone": ("x = 2024 + 1024", "call f(100 200 3000)", "version 10.2.2024"),
        "ipv4": ("listen on 127.0.0.1 or 10.0.0.8", "version 12.4.3.1 is out"),
        "ipv6": ("fe80:0000:0000:0000:0202:b3ff:fe1e:8329 is local",),
    },
)
