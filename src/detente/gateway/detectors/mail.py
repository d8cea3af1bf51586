"""E-mail addresses (RFC 5321) of persons.

Authors' and translators' addresses in code, examples (RFC 2606), role accounts and addresses that are no mailbox are left alone; a
literal of code and a line of an AUTHORS file only warn.
"""

import re

from detente.gateway import surroundings
from detente.gateway.rule import Detector, Found, Rule, line

_LOCAL = re.compile(rb"[0-9A-Za-z_.%+'-]{1,64}")  # read backwards
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
_LISTED = re.compile(rb"[\"']?(?:authors|contributors|maintainers)[\"']?[ ]?[:=]", re.IGNORECASE)
_NAMED = re.compile(rb"[ \t]{0,8}[^<>@:=]{3,50}<")
"""A line of an AUTHORS file, as git writes people: `Name <address>`."""
_QUOTES = (b'"', b"'", b"`")


def _email(data: bytes, end: int) -> Found | None:
    """An address whose domain has its first dot at `end`."""
    at = data.rfind(b"@", max(0, end - 65), end)
    domain = _DOMAIN.match(data, at + 1)
    name = _LOCAL.match(data[max(0, at - 64) : at][::-1])
    start = at - (len(name[0].rstrip(b"'.-%+")) if name else 0)
    if domain is None or start == at or _machine(data[start:at]) or data[start - 1 : start] in (b"/", b":"):
        return None
    if _NOBODY.search(data[start : domain.end()]) or surroundings.credit(data, start, domain.end()):
        return None
    before, after = surroundings.line(data, start, domain.end(), back=64)
    if _LISTED.search(data, max(0, start - 240), start) or (_NAMED.fullmatch(before) and after[:1] == b">"):
        return start, domain.end(), 0.45
    field = _FIELD.search(before[-30:])
    if surroundings.code(data, start, domain.end()):
        return (start, domain.end(), 0.45) if field else None
    literal = not field and before[-1:] in _QUOTES and after[:1] == before[-1:]
    return start, domain.end(), 0.45 if literal else 0.7


def _machine(name: bytes) -> bool:
    """Whether a local part was made by a program: long, and letters and digits mixed."""
    return len(name) >= 20 and sum(48 <= byte <= 57 for byte in name) >= 4


DETECTOR = Detector(
    "personal_data",
    (
        Rule(
            *("personal_data", "email", "e-mail address", "[0-9A-Za-z_.%+'-]@[0-9A-Za-z-]{1,63}\\.", _email),
            *(129, 380, rf"[0-9A-Za-z.-]{{0,250}}{line(80)}", (b"@",)),
        ),
    ),
    valid={"email": ("Please write to anna.berg¦@nordwind.se before noon.",)},
    invalid={
        "email": (
            "# Author: Anna Berg <anna.berg@nordwind.se>",
            "write to alice@example.com",
            'deliver(to: "anna.berg@nordwind.se")',
            '"Last-Translator: Anna Berg <anna.berg@nordwind.se>\\n"',
            "git@github.com:a/b.git",
        )
    },
)
