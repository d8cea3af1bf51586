"""Private keys: PEM blocks (PKCS #1, PKCS #8, SEC 1, OpenSSH; RFC 7468), OpenPGP blocks (RFC 9580), PuTTY files, JSON web tokens.

A block counts when it has a body, whether its lines end truly or as `\\n` inside a string. A header alone, as code that reads keys has
it, is nothing. The whole block is the hit, so that nothing of the key is left over.
"""

import re
from functools import partial

from detente.gateway.rule import Detector, Find, Found, Rule

_INSIDE = (
    r"""(?:[ \t"'+,]|\\[nrt"]|\\\r?\n|\r?\n|(?:Proc-Type|DEK-Info|Version|Comment)[^\r\n\\]{0,80}|[0-9A-Za-z/+=])"""
)
_BODY = re.compile((_INSIDE + "{60,12000}+(?:-----END [A-Z ]{0,32}-----)?").encode())
_PEM, _PGP = (f"-----BEGIN {what}-----" for what in ("[0-9A-Z ]{0,24}PRIVATE KEY", "PGP PRIVATE KEY BLOCK"))
_OPENING = "-----BEGIN [0-9A-Z -]{0,44}"
_GOING = _INSIDE + r"{0,12000}+(?:[:,\\]|[A-Z][A-Za-z-]{0,9}:[^\r\n\\]{0,80}|-{1,5}(?:[A-Z][A-Z ]{0,36}-{0,4})?)?"
_MATERIAL = re.compile(rb"[0-9A-Za-z/+]{40,}")
_PUTTY = re.compile(rb"Private-Lines: \d{1,3}\r?\n(?:[0-9A-Za-z/+=]{1,64}\r?\n){1,200}")
_JWT = re.compile(rb"eyJ[0-9A-Za-z_-]{10,1000}+\.eyJ[0-9A-Za-z_-]{10,3000}+\.[0-9A-Za-z_-]{10,1000}+")


def _block(data: bytes, end: int) -> Found | None:
    start = data.rindex(b"-----BEGIN", 0, end)
    body = _BODY.match(data, end)
    if body is None:
        return None
    material = _MATERIAL.search(body[0])
    return (start, body.end(), 0.99) if material and len(set(material[0])) > 12 else None


def _whole(pattern: re.Pattern[bytes], head: int, sure: float) -> Find:
    """Where `pattern` begins `head` bytes before the anchor's end."""

    def find(data: bytes, end: int) -> Found | None:
        found = pattern.match(data, end - head)
        return (found.start(), found.end(), sure) if found else None

    return find


_rule = partial(Rule, "secrets")
_RULES = (
    _rule(
        *("private-key", "private key in PEM", _PEM, _block, 53, 53, _GOING, (b"private key-----",)),
        opening=_OPENING,
    ),
    _rule(
        *("pgp-private-key", "OpenPGP private key", _PGP, _block, 53, 53, _GOING, (b"private key block",)),
        opening=_OPENING,
    ),
    _rule(
        *("putty-private-key", "private part of a PuTTY key", "Private-Lines: [0-9]", _whole(_PUTTY, 16, 0.99), 16, 16),
        *(r"[0-9]{0,2}\r?\n?[0-9A-Za-z/+=\r\n]{0,12000}+", (b"private-lines",)),
        opening="Private-Lines:[ ]",
    ),
    _rule(
        *("json-web-token", "signed JSON web token", "eyJ[0-9A-Za-z_-]{10}", _whole(_JWT, 13, 0.9), 13, 13),
        *("[0-9A-Za-z_.-]{0,5000}+", (b"eyj",)),
    ),
)
_FILL = "MIIEpAIBAAKCAQEA7v3¦bQ9tXkZ2LwRj5uYhNcGfDs8Pq1mVxOaJiTe4"
DETECTOR = Detector(
    "secrets",
    _RULES,
    valid={
        "private-key": (
            f"-----BEGIN RSA ¦PRIVATE KEY-----\n{_FILL}\n{_FILL}\n-----END RSA PRIVATE KEY-----\n",
            f'"-----BEGIN ¦PRIVATE KEY-----\\n{_FILL}\\n{_FILL}\\n-----END PRIVATE KEY-----\\n"',
        ),
        "pgp-private-key": (
            f"-----BEGIN PGP ¦PRIVATE KEY BLOCK-----\n\n{_FILL}\n{_FILL}\n-----END PGP PRIVATE KEY BLOCK-----",
        ),
        "putty-private-key": (f"PuTTY-User-Key-File-2: ssh-rsa\nPrivate-¦Lines: 1\n{_FILL}\n",),
        "json-web-token": ("eyJhbGciOiJIUzI1NiJ9¦.eyJzdWIiOiI0MmM5ZjEifQ¦.Qk3vX9tLw2RzPq8mNcGf5uYhDs1VxOaJ",),
    },
    invalid={
        "private-key": ('if line.startswith("-----BEGIN RSA PRIVATE KEY-----"):', "-----BEGIN PRIVATE KEY-----\n...\n"),
        "pgp-private-key": ("-----BEGIN PGP PRIVATE KEY BLOCK----- begins a key",),
        "putty-private-key": ("Private-Lines: 14 says how many lines follow",),
        "json-web-token": ("eyJhbGciOiJIUzI1NiJ9 is a header",),
    },
)
