"""Who somebody is, told to a server: HTTP `Authorization`, Docker's `auth`.

HTTP Basic (RFC 7617) and Docker's `auth` are decoded: they count when there is a user, a colon and a password inside. Bearer tokens
are those of RFC 6750.
"""

import re
from base64 import b64decode
from binascii import Error
from functools import partial

from detente.gateway import allow, weigh
from detente.gateway.entropy import bits
from detente.gateway.rule import Detector, Found, Rule

_BASE64 = re.compile(rb"[\"']?[ \t]{0,4}[:=]?[ \t]{0,4}[\"']?([0-9A-Za-z+/]{12,340}={0,2})")
_BEARER = re.compile(rb"[ \t]{1,2}([0-9A-Za-z_.~+/=-]{20,400})")


def _pair(data: bytes, end: int) -> Found | None:
    """Base64 of `user:password`."""
    found = _BASE64.match(data, end)
    if found is None or allow.public(found[1]):
        return None
    try:
        user, colon, secret = b64decode(found[1] + b"=" * (-len(found[1]) % 4), validate=True).strip().partition(b":")
    except Error:
        return None
    held = colon and user and len(secret) > 2 and (user + secret).isascii() and not allow.placeholder(secret)
    return (*found.span(1), 0.4 if weigh.TALK.search(user) and weigh.TALK.search(secret) else 0.9) if held else None


def _bearer(data: bytes, end: int) -> Found | None:
    """A token behind `Bearer`."""
    found = _BEARER.match(data, end)
    if found is None or allow.placeholder(found[1]) or bits(found[1]) < 3.5:
        return None
    return (*found.span(1), 0.85)


_B64 = "[\"' \\t:=]{0,12}[0-9A-Za-z+/=]{0,342}"
_NAME = "[Aa]uthorization[\"']?[:=,][ \\t]?[\"'`]?(?:[Bb]earer|[Tt]oken)"
_rule = partial(Rule, "secrets")
DETECTOR = Detector(
    "secrets",
    (
        _rule("docker-auth", "registry login of Docker", "[\"']auth[\"']", _pair, 0, 6, _B64, (b"auth",)),
        _rule("basic-auth", "HTTP Basic credentials", "[Bb]asic ", _pair, 0, 6, _B64, (b"basic",)),
        _rule(
            *("bearer-token", "HTTP bearer token", _NAME, _bearer),
            *(0, 25, "[ \\t]{0,2}[0-9A-Za-z+/=_.~-]{0,400}", (b"authorization",)),
        ),
    ),
    valid={
        "docker-auth": ('{"auths": {"r.corp.local": {"auth": "¦ZGVwbG95OnZLOXgyTHE4"}}}',),
        "basic-auth": ("Authorization: Basic ¦ZGVwbG95OnZLOXgyTHE4",),
        "bearer-token": ("Authorization: Bearer ¦q8Zr2LkV9xTn5WcYb7Dm3HsJ",),
    },
    invalid={
        "docker-auth": ('{"auth": "required-for-all"}',),
        "basic-auth": ("Basic authentication is old", "Authorization: Basic dGVzdFVzZXI6dGVzdFB3ZA=="),
        "bearer-token": ("Authorization: Bearer <token>",),
    },
)
