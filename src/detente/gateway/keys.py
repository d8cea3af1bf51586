"""The text of a virtual key: `dk-`, then 256 random bits and a checksum in base 32.

Only its SHA-256 is kept. A slow hash (Argon2, bcrypt) is for passwords, which people choose and others can guess; nobody guesses 2^256, and
the gateway looks a key up on every request. Looking up by digest also tells an attacker nothing by its duration: whoever does not know the
key cannot steer its digest.
"""

from base64 import b32decode, b32encode
from hashlib import sha256

PREFIX = "dk-"
ENTROPY = 32
"""Random bytes of a key."""

_CHECK = 3


def key(random: bytes) -> str:
    """The key of 32 random bytes: 59 characters, lower case, no word of any language's punctuation in it but one hyphen."""
    return PREFIX + b32encode(random + _check(random)).decode().lower()


def whole(text: str) -> bool:
    """Whether this is a key as it was printed: a typing error or a cut end shows without asking anybody."""
    body = text.removeprefix(PREFIX)
    if body == text or body != body.lower():
        return False
    try:
        read = b32decode(body.upper())
    except ValueError:
        return False
    return len(read) == ENTROPY + _CHECK and _check(read[:ENTROPY]) == read[ENTROPY:]


def digest(secret: bytes) -> bytes:
    """What is kept of a key."""
    return sha256(secret).digest()


def named(digest: bytes) -> str:
    """How a key with this digest is called in records: 48 bits of it, which give nothing away."""
    return f"k-{digest.hex()[:12]}"


def _check(random: bytes) -> bytes:
    """24 bits: one mistyped key in 16 million passes for whole."""
    return sha256(random).digest()[:_CHECK]
