"""How likely a value is the secret its name promises."""

import re
from base64 import b64decode

from detente.gateway import allow, terms
from detente.gateway.entropy import bits, classes, surprise, switches

_PATH = re.compile(
    rb"^(?:\.{0,2}/|~|[A-Za-z]:\\)|^[\w.-]+(?:/[\w.-]+)+$|://|\.(?:py|js|ts|json|ya?ml|txt|pem|key|crt|html?|xml|go|rb|java|php|com|org|net|io)$"
)
_DOTTED = re.compile(rb"(?:[:@&*]{1,2}[A-Za-z_]\w*|[A-Za-z_]\w*(?=[.:-]))(?:(?:\.|::|->)[A-Za-z_]\w*[?!]?)*")
_NAME = re.compile(
    rb"[A-Za-z][a-z]*(?:[_.:/ -][A-Za-z][a-z]*|[A-Z][a-z]+)+\d?|[A-Z0-9]+(?:_[A-Z0-9]+)+|_{0,2}[a-z]+(?:[_-][a-z0-9]+)+_{0,2}"
)
_PHRASE = re.compile(rb"(?:[A-Za-z]{4,12}[_.-]){2,5}\d{2,4}")
"""A passphrase as generators make them: words, and a number at the end."""
_CODE = re.compile(rb"[(){}\[\];]|=>|->|\|\||&&|::|\\[wdsbnrtux]|^\^|\$$|,")
TALK = re.compile(
    rb"pass(?:word|wd|phrase)|se[ck]r[ei]t|token|credential|api.?key|user|login|enter|invalid|must|field|example|test|dummy|fake|mock|sample|demo|default",
    re.IGNORECASE,
)
"""Words that speak of secrets and tests: no secret is made of them alone."""
_BASE64 = re.compile(rb"[0-9A-Za-z+/]+={0,2}")
_HEX, _DIGIT = re.compile(rb"[0-9a-fA-F]+"), re.compile(rb"[0-9]")


def value(key: bytes, text: bytes, *, quoted: bool, tight: bool = True) -> float:
    """0 for no secret, else how sure it is one. `quoted` and `tight` (no blank behind the `=`) say how it was written."""
    password = terms.chosen(key)
    if len(text) % 4 == 0 and (inner := _readable(text)):
        return value(key, inner, quoted=quoted, tight=tight)
    if (not password and not _long(text)) or _never(key, text, quoted=quoted):
        return 0.0
    if password:
        return _password(text, quoted=quoted, tight=tight)
    return _key(text) if terms.strong(key) else _key(text) * 0.9


def _readable(text: bytes) -> bytes:
    """The text inside Base64, as Kubernetes keeps its secrets; empty where it is none."""
    if len(text) < 12 or _BASE64.fullmatch(text) is None:
        return b""
    inner = b64decode(text).strip()
    return inner if inner.isascii() and inner.decode("ascii").isprintable() else b""


def _long(text: bytes) -> bool:
    """Whether it has the length and the turns of a key: most values of code do not."""
    return len(text) >= 12 and switches(text) >= 4


def _never(key: bytes, text: bytes, *, quoted: bool) -> bool:
    return (
        len(text) < 4
        or b" " in text
        or (not quoted and _CODE.search(text) is not None)
        or text.lower() in key.lower()
        or not text.isascii()
        or allow.placeholder(text)
        or allow.public(text)
        or _PATH.search(text) is not None
        or _DOTTED.fullmatch(text) is not None
        or (text.isdigit() and len(text) < 6)
    )


def _password(text: bytes, *, quoted: bool, tight: bool) -> float:
    """Words alone may be names; digits and signs among letters, or letters no word has, make a password."""
    if TALK.search(text) and (text.isalpha() or switches(text) < 3):
        numbered = classes(text) > 1 and any(48 <= byte <= 57 for byte in text)
        return (0.4 if quoted else 0.55) if numbered else 0.0
    digit = any(48 <= byte <= 57 for byte in text)
    if _NAME.fullmatch(text) and surprise(text) < 0.3:
        return 0.6 if _PHRASE.fullmatch(text) else 0.0
    if _CODE.search(text) and not digit:
        return 0.0
    kinds = classes(text)
    if digit and kinds >= 2 and len(text) >= 6 and not text.isdigit():
        return 0.9 if kinds >= 3 and len(text) >= 8 else 0.8
    if kinds >= 3 and len(text) >= 8 and surprise(text) >= 0.15:
        return 0.75
    if text.isalpha() and len(text) >= 6 and surprise(text) >= 0.34:
        return 0.7
    if quoted:
        return 0.45
    return 0.55 if tight and len(text) >= 5 else 0.3


def _key(text: bytes) -> float:
    """A key is long and random: letters and digits taking turns."""
    if TALK.search(text) or bits(text) < 3.0 or _CODE.search(text):
        return 0.0
    if surprise(text) < 0.3 and (_NAME.fullmatch(text) or not _DIGIT.search(text)):
        return 0.0
    if _HEX.fullmatch(text):
        return 0.8 if len(text) >= 24 else 0.55 if len(text) >= 16 else 0.0
    if len(text) >= 16 and bits(text) >= 3.4:
        return 0.88
    return 0.6 if classes(text) >= 3 else 0.45
