"""Credentials inside addresses: `scheme://user:password@host` (RFC 3986 section 3.2.1).

The address is taken apart and only the password is the hit. Placeholders (`user:pass`, `${VAR}`, `<...>`, `***`) and example hosts are
not secrets; a password equal to its user on the own machine is a default everybody knows.
"""

import re

from detente.gateway import allow, weigh
from detente.gateway.rule import Detector, Found, Rule

_SCHEME = re.compile(rb"[A-Za-z][0-9A-Za-z+.-]{0,31}$")
_HOST = re.compile(rb"[0-9A-Za-z_.\-\[\]:{}$<]{1,128}")
_EXAMPLE = re.compile(
    rb"(?:^|\.)(?:example|test|invalid|localhost|domain|host(?:name)?|server|site|foo|bar)(?:$|[.:])|^127\.|^0\.0\.",
    re.IGNORECASE,
)
_FIELDS = re.compile(
    rb"[A-Z]+(?:[_-][A-Z]+)*"
    rb"|(?i:(?:api|app|application|auth|access|account|client|plan|project|service|user|login|secret|token|key|password|id|sid|uid|dsn)[_-]?)+"
)
"""Names of fields where an example shows what to fill in: `ACCESS_KEY:SECRET_KEY`, `apiKey:apiSecret`."""


def _password(data: bytes, end: int) -> Found | None:
    """An address whose `@` ends at `end`."""
    start = data.rindex(b"://", max(0, end - 240), end) + 3
    user, _, secret = data[start : end - 1].partition(b":")
    host = _HOST.match(data, end)
    scheme = _SCHEME.search(data[max(0, start - 35) : start - 3])
    if not host or not scheme or _known(user, secret):
        return None
    near = _EXAMPLE.search(host[0]) is not None
    if near and (len(secret) < 8 or secret.isalpha() or weigh.TALK.search(secret)):
        return None
    sure = 0.6 if near or secret.isalpha() else 0.9
    return end - 1 - len(secret), end - 1, sure


def _known(user: bytes, secret: bytes) -> bool:
    lower = secret.lower()
    return (
        len(secret) < 3
        or lower in allow.KNOWN
        or secret == user
        or allow.placeholder(secret)
        or allow.template(user)
        or not any(sign.isalnum() for sign in secret.decode("latin-1"))
        or re.fullmatch(rb"[A-Z]+(?:_[A-Z]+)+", secret) is not None
        or (_FIELDS.fullmatch(user) is not None and _FIELDS.fullmatch(secret) is not None)
        or lower.startswith((b"pass", b"your", b"my_", b"the_"))
    )


_URL = "://[^ \\t\\r\\n/@:\"'<>`]{0,64}:[^ \\t\\r\\n/@\"'<>`]{1,128}@"
DETECTOR = Detector(
    "secrets",
    (
        Rule(
            *("secrets", "url-credentials", "password in an address", _URL, _password),
            *(130, 276, r"[0-9A-Za-z_.\-\[\]:{}$<]{0,128}", (b"://",)),
        ),
    ),
    valid={
        "url-credentials": (
            "DATABASE_URL=postgres://billing:¦x7Rk2mQ9z@db.internal:5432/billing",
            "amqp://worker:¦kTq8-vL2p@mq.corp.local//",
        ),
    },
    invalid={
        "url-credentials": (
            "postgres://user:password@localhost/db",
            "https://${USER}:${PASS}@host.example/",
            "redis://postgres:postgres@localhost:6379",
            "see http://host:8080/a@b",
        ),
    },
)
