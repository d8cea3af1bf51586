"""Files made for credentials: `.netrc`, `.pgpass`, `.npmrc`.

Forms as in their manuals: pgpass in PostgreSQL's libpq, netrc in the GNU inetutils, npmrc.
"""

import re
from functools import partial

from detente.gateway import allow, weigh
from detente.gateway.entropy import bits
from detente.gateway.rule import Detector, Find, Found, Rule

_NETRC = re.compile(rb"[ \t]{1,4}(\S{4,128})")
_MACHINE = re.compile(rb"(?:^|\s)(?:machine\s{1,8}\S{1,128}|default)\s{1,8}(?:login|user)\s")
_PGPASS = re.compile(rb"[0-9A-Za-z_*-]{1,64}:(?![0-9a-f]{4}\b)([^:\s\"'(){}\[\],;]{4,64})(?=\s|$)")
_NPM = re.compile(rb"[ \t]?[\"']?([0-9A-Za-z+/=_-]{16,200})")


def _value(pattern: re.Pattern[bytes], least: float, sure: float) -> Find:
    """The first group of `pattern` behind the anchor, unless it is a placeholder or has less than `least` bits a character."""

    def find(data: bytes, end: int) -> Found | None:
        found = pattern.match(data, end)
        if found is None or allow.placeholder(found[1]) or bits(found[1]) < least:
            return None
        return found.start(1), found.end(1), sure

    return find


def _netrc(data: bytes, end: int) -> Found | None:
    """A password behind `machine ... login ...`; without a machine the words may be prose, and the value must be none."""
    found = _NETRC.match(data, end)
    if found is None or allow.placeholder(found[1]):
        return None
    known = _MACHINE.search(data, max(0, end - 240), end)
    sure = 0.9 if known else weigh.value(b"password", found[1], quoted=False, tight=False)
    return (*found.span(1), sure) if sure >= 0.6 else None


_HELD = "[0-9A-Za-z+/=_.~-]"
_NETRC_NAME = "(?:login|user|account)[ \\t]{1,4}[^ \\t\\r\\n]{1,64}[ \\t\\r\\n]{1,8}password"
_NPM_NAME = "[:\\n]_(?:auth|authToken|password)[ \\t]{0,2}="
_rule = partial(Rule, "secrets")
DETECTOR = Detector(
    "secrets",
    (
        _rule(
            *("netrc-password", "password of a .netrc", _NETRC_NAME, _netrc),
            *(0, 250, "[ \\t]{0,4}[^ \\t\\r\\n]{0,128}", (b"password",)),
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
    ),
    valid={
        "netrc-password": ("machine ftp.corp.local login deploy password ¦vK9x2Lq8",),
        "pgpass": ("db.corp.local:5432:billing:app:¦vK9x2Lq8rT\n",),
        "npmrc-auth": ("//registry.corp.local/:_authToken=¦7c1e9f0a42b86d35e8f1a907",),
    },
    invalid={
        "netrc-password": (
            "login USER password ${PASSWORD}",
            "the user changes a password",
            "a user and password cached by the server",
        ),
        "pgpass": ("hostname:5432:database:username:password\n",),
        "npmrc-auth": ("//registry.corp.local/:_authToken=${NPM_TOKEN}",),
    },
)
