"""What a string of a request carries: prose, a JSON text (tool arguments), a file in base64, or something only its vendor reads."""

import re
from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Callable
from dataclasses import dataclass

from detente.gateway.spans import Leaf, leaves, string
from detente.model.errors import DetenteError

PROSE = frozenset(
    {
        "",
        "text",
        "content",
        "input",
        "prompt",
        "instructions",
        "system",
        "thinking",
        "output",
        "suffix",
        "description",
        "id",
    }
)
"""Keys whose value is shown to a scanner as it is; any other value is shown beside its key."""

TAGS = frozenset({"type", "role"})
TAG = re.compile("[a-z_]{1,32}")
_TAG = re.compile(rb'"[a-z_]{1,32}"')
SEALED = frozenset({"signature", "encrypted_content"})
_SEAL = re.compile(rb'"[A-Za-z0-9+/=_-]*+"')
_DATA = re.compile(rb"data:[^,]*?;base64,")
JSON = frozenset({"arguments"})
_FILES = frozenset({"file_data"})


@dataclass(frozen=True, slots=True)
class Carried:
    """A text inside a string; None when no text can be read out of it. `write` puts a changed text back into its form."""

    form: str
    text: bytes | None
    write: Callable[[bytes], bytes]


def carried(leaf: Leaf, raw: bytes) -> bytes | Carried | None:
    """What there is to inspect at `leaf`: its text, a text inside it, or nothing.

    Nothing are tags of the protocol and what a vendor sealed (signatures of thinking, encrypted reasoning): changing one byte of
    these makes the vendor refuse the whole history.
    """
    whole = raw[leaf.start : leaf.end]
    if leaf.key in TAGS and _TAG.fullmatch(whole):
        return None
    if (leaf.key in SEALED or (leaf.kind == "redacted_thinking" and leaf.key == "data")) and _SEAL.fullmatch(whole):
        return None
    text = string(whole).encode() if b"\\" in whole else whole[1:-1]
    if leaf.key in JSON and text[:1] in b"{[" and text:
        return Carried("json", text, bytes) if _json(text) else text
    if _file(leaf, text):
        return _decoded(text)
    return text


def _file(leaf: Leaf, text: bytes) -> bool:
    sound = leaf.key == "data" and "input_audio" in leaf.path
    return bool(leaf.key in _FILES or sound or (leaf.key == "data" and leaf.kind == "base64") or _DATA.match(text))


def _json(text: bytes) -> bool:
    """Whether the arguments are one whole JSON text; a model may also have written half of one."""
    try:
        leaves(text, (0, len(text)))
    except DetenteError:
        return False
    return True


def _decoded(text: bytes) -> Carried:
    """The text of a base64 file, or None in its place if it is a picture, a PDF or no base64 at all."""
    head = found[0] if (found := _DATA.match(text)) else b""
    try:
        inner: bytes | None = b64decode(text[len(head) :], validate=True)
        (inner or b"").decode()
    except (Error, UnicodeDecodeError):
        inner = None
    return Carried("file", inner, lambda after: head + b64encode(after))
