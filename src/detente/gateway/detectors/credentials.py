"""Files made for credentials: `.netrc`, `.pgpass`, `.npmrc`, Docker's `auth`, HTTP `Authorization`.

Forms as in their manuals: pgpass in PostgreSQL's libpq, netrc in the GNU inetutils, npmrc. HTTP Basic (RFC 7617) and Docker's
`auth` are decoded: they count when there is a user, a colon and a password inside.
"""

import re
from base64 import b64decode
from binascii import Error
from functools import partial

from detente.gateway import allow
from detente.gateway.entropy import bits
from detente.gateway.rule import Detector, Find, Found, Rule

_NETRC = re.compile(rb"[ \t]{1,4}(\S{4,128})")
_PGPASS = re.compile(rb"[0-9A-Za-z_*-]{1,64}:([^:\s\"'(){}\[\],;]{4,64})(?=\s|$)")
_NPM = re.compile(rb"[ \t]?[\"']?([0-9A-Za-z+/=_-]{16,200})")
_BASE64 = re.compile(rb"[\"']?[ \t]{0,4}[:=]?[ \t]{0,4}[\"']?([0-9A-Za-z+/]{12,340}={0,2})")
_BEARER = re.compile(rb"[ \t]{1,2}([0-9A-Za-z_.~+/=-]{20,400})")


def _value(pattern: re.Pattern[bytes], least: float, sure: float) -> Find:
    """The first group of `pattern` behind the anchor, unless it is a placeholder or has less than `least` bits a character."""

    def find(data: bytes, end: int) -> Found | None:
        found = pattern.match(data, end)
        if found is None or allow.placeholder(found[1]) or bits(found[1]) < least:
            return None
        return found.start(1), found.end(1), sure

    return find


def _pair(data: bytes, end: int) -> Found | None:
    """Base64 of `user:password`."""
    found = _BASE64.match(data, end)
    if found is None:
        return None
    try:
        user, colon, secret = b64decode(found[1] + b"=" * (-len(found[1]) % 4), validate=True).partition(b":")
    except Error:
        return None
    held = colon and user and len(secret) > 2 and (user + secret).isascii() and not allow.placeholder(secret)
    return (found.start(1), found.end(1), 0.9) if held else None


_HELD = "[0-9A-Za-z+/=_.~-]"
_B64 = "[\"' \\t:=]{0,12}[0-9A-Za-z+/=]{0,342}"
_NETRC_NAME = "(?:login|user|account)[ \\t]{1,4}[^ \\t\\r\\n]{1,64}[ \\t\\r\\n]{1,8}password"
_NPM_NAME = "[:\\n]_(?:auth|authToken|password)[ \\t]{0,2}="
_BEARER_NAME = "[Aa]uthorization[\"']?[:=,][ \\t]?[\"']?(?:[Bb]earer|[Tt]oken)"
_rule = partial(Rule, "secrets")
DETECTOR = Detector(
    "secrets",
    (
        _rule(
            *("netrc-password", "password of a .netrc", _NETRC_NAME, _value(_NETRC, 1.5, 0.9)),
            *(0, 90, "[ \\t]{0,4}[^ \\t\\r\\n]{0,128}", (b"password",)),
        ),
        _rule(
            *(
                "pgpass",
                "line of a .pgpass",
                "[0-9a-z.*-]:(?:[0-9]{4}|\\*):[0-9A-Za-z_*-]{1,63}:",
                _value(_PGPASS, 2.0, 0.85),
            ),
            *(0, 80, "[0-9A-Za-z_*-]{0,64}:?[^:\\s\"'(){}\\[\\],;]{0,64}"),
        ),
        _rule(
            *("npmrc-auth", "credentials of an .npmrc", _NPM_NAME, _value(_NPM, 3.0, 0.85)),
            *(0, 20, f"[ \\t]?[\"']?{_HELD}{{0,200}}", (b"_auth", b"_password")),
        ),
        _rule("docker-auth", "registry login of Docker", "[\"']auth[\"']", _pair, 0, 6, _B64, (b"auth",)),
        _rule("basic-auth", "HTTP Basic credentials", "[Bb]asic ", _pair, 0, 6, _B64, (b"basic",)),
        _rule(
            *("bearer-token", "HTTP bearer token", _BEARER_NAME, _value(_BEARER, 3.5, 0.85)),
            *(0, 25, f"[ \\t]{{0,2}}{_HELD}{{0,400}}", (b"authorization",)),
        ),
    ),
    valid={
        "netrc-password": ("machine ftp.corp.local login deploy password ¦vK9x2Lq8",),
        "pgpass": ("db.corp.local:5432:billing:app:¦vK9x2Lq8rT\n",),
        "npmrc-auth": ("//registry.corp.local/:_authToken=¦7c1e9f0a42b86d35e8f1a907",),
        "docker-auth": ('{"auths": {"r.corp.local": {"auth": "¦ZGVwbG95OnZLOXgyTHE4"}}}',),
        "basic-auth": ("Authorization: Basic ¦ZGVwbG95OnZLOXgyTHE4",),
        "bearer-token": ("Authorization: Bearer ¦q8Zr2LkV9xTn5WcYb7Dm3HsJ",),
    },
    invalid={
        "netrc-password": ("login USER password ${PASSWORD}", "the user changes a password"),
        "pgpass": ("hostname:5432:database:username:password\n",),
        "npmrc-auth": ("//registry.corp.local/:_authToken=${NPM_TOKEN}",),
        "docker-auth": ('{"auth": "required-for-all"}',),
        "basic-auth": ("Basic authentication is old",),
        "bearer-token": ("Authorization: Bearer <token>",),
    },
)
