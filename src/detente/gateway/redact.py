"""Placeholders for secrets: the same in every turn, never the same for two tenants, and back again in the answer.

A placeholder is `DETENTE_SECRET_` and 16 characters of base 32: 80 bits of HMAC-SHA-256 over the secret under the tenant's key. Its
length is fixed, so it needs no end mark and may stand anywhere: inside a word, an escape's neighbour, an identifier.
No time and no counter goes in, because a provider's prompt cache matches exact prefixes.
"""

import hmac
import re
from base64 import b32encode
from collections.abc import Callable, Mapping

PREFIX = b"DETENTE_"
_FAMILIES = {"secrets": b"SECRET", "personal_data": b"PERSON", "own_code": b"SOURCE"}
_OTHER = b"HIDDEN"
_DIGITS = 16

PLACEHOLDER = re.compile(rb"DETENTE_[A-Z]{6}_[A-Z2-7]{16}", re.IGNORECASE)
"""Any placeholder, in any case: models change case when they name constants."""

LENGTH = len(PREFIX) + 6 + 1 + _DIGITS


def _begun() -> re.Pattern[bytes]:
    """A tail that may yet become a placeholder: `D`, `DE`, and so on up to one character short."""
    units = [*(bytes([letter]) for letter in PREFIX), *[b"[A-Z]"] * 6, b"_", *[b"[A-Z2-7]"] * (_DIGITS - 1)]
    pattern = b""
    for unit in reversed(units[1:]):
        pattern = b"(?:" + unit + pattern + b")?"
    return re.compile(units[0] + pattern + rb"\Z", re.IGNORECASE)


_BEGUN = _begun()


def placeholder(key: bytes, kind: str, secret: bytes) -> bytes:
    """What stands for `secret` of this kind of hit at the tenant whose key this is."""
    family = _FAMILIES.get(kind, _OTHER)
    digest = hmac.digest(key, family + b":" + secret, "sha256")
    return PREFIX + family + b"_" + b32encode(digest[:10])


def held(text: bytes) -> int:
    """From where on the tail of `text` may still become a placeholder; its length if nowhere."""
    begun = _BEGUN.search(text, max(0, len(text) - LENGTH + 1))
    return begun.start() if begun else len(text)


def restore(text: bytes, hidden: Mapping[bytes, bytes], form: Callable[[bytes], bytes] = bytes) -> bytes:
    """`text` with every placeholder in `hidden` (placeholder to secret) replaced by its secret, written as `form` says."""
    if not hidden or not PLACEHOLDER.search(text):
        return text
    return PLACEHOLDER.sub(lambda found: _back(found[0], hidden, form), text)


def _back(found: bytes, hidden: Mapping[bytes, bytes], form: Callable[[bytes], bytes]) -> bytes:
    secret = hidden.get(found.upper())
    return found if secret is None else form(secret)
