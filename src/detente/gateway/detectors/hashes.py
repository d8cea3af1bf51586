"""Hashes of passwords, as in `shadow`, `.htpasswd` and databases: crypt(5), RFC 2307, the PHC string format (Argon2), phpass.

A hash is guessed offline; the worse the password, the sooner.
"""

import re

from detente.gateway import allow
from detente.gateway.rule import Detector, Found, Rule

_CRYPT = re.compile(
    rb"\$(?:[156]|y|2[abxy]|apr1|P|H|argon2i?d?|pbkdf2-sha\d+)\$[0-9A-Za-z./$=,+-]{20,200}|\{SS?HA\}[0-9A-Za-z+/]{27,64}={0,2}"
)


def _crypt(data: bytes, end: int) -> Found | None:
    begin = max(data.rfind(sign, max(0, end - 12), end - 1) for sign in (b"$", b"{"))
    found = _CRYPT.match(data, begin)
    return (found.start(), found.end(), 0.8) if found and not allow.dummy(found[0]) else None


_HASH = "(?:\\$(?:[156]|y|2[abxy]|apr1|P|H|argon2i|argon2id|argon2d)\\$|\\{SSHA\\}|\\{SHA\\})"
DETECTOR = Detector(
    "secrets",
    (
        Rule(
            *("secrets", "password-hash", "hash of a password", _HASH, _crypt, 12, 12),
            *("[0-9A-Za-z./$=,+-]{0,201}", (b"$", b"{s")),
        ),
    ),
    valid={
        "password-hash": (
            "root:¦$6$rT8kz2Lq$vK9x2Lq8rTbN4mZ7wQ1sDfGhJkLpOiUyTrEwQ2aS3dF4gH5jK6:1",
            "bob:¦$apr1$k2Lq8rTb$vK9x2Lq8rTbN4mZ7wQ1sD/",
        )
    },
    invalid={"password-hash": ("costs $5$ a month",)},
)
