"""OpenSSH public keys and their wire format (RFC 4251 section 5, RFC 8709)."""

import struct
from base64 import b64decode, b64encode
from binascii import Error

KEY = "an OpenSSH public key of the kind `ssh-ed25519 AAAA... name`, from `ssh-keygen -t ed25519`"
ALGORITHM = b"ssh-ed25519"


def placeholder(text: str) -> bool:
    """Whether a key still is the template's `ssh-ed25519 AAAA... name`: good enough for a draft, never for a signature."""
    words = text.split()
    return len(words) > 1 and words[0] == ALGORITHM.decode() and words[1].endswith("...")


def blob(text: str) -> bytes:
    """The wire form of a public key line, its comment left aside. ValueError says what is allowed."""
    words = text.split()
    try:
        raw = b64decode(words[1], validate=True) if len(words) > 1 else b""
        fields = strings(raw)
    except (Error, ValueError) as error:
        raise ValueError(KEY) from error
    if len(fields) != 2 or fields[0] != ALGORITHM or words[0].encode() != ALGORITHM or len(fields[1]) != 32:
        raise ValueError(KEY)
    return raw


def line(raw: bytes) -> str:
    """The public key line of a wire form."""
    return f"{ALGORITHM.decode()} {b64encode(raw).decode()}"


def string(data: bytes) -> bytes:
    """An SSH string: its length in four bytes, then itself."""
    return struct.pack(">I", len(data)) + data


def strings(data: bytes) -> list[bytes]:
    """The SSH strings that `data` consists of. ValueError when it does not."""
    found, at = [], 0
    while at < len(data):
        if at + 4 > len(data):
            raise ValueError("a length is cut off")
        (length,) = struct.unpack_from(">I", data, at)
        found.append(data[at + 4 : at + 4 + length])
        at += 4 + length
    if at != len(data):
        raise ValueError("a string is cut off")
    return found
