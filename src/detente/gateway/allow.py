"""What looks like a secret and is none: placeholders, templates, examples, digests and other public values."""

import re

_RUN = re.compile(rb"([\x21-\x40\x42-\x7e])\1{5,}")
_EXAMPLE = re.compile(
    rb"example|sample|dummy|fake|placeholder|redacted|change.?me|replace.?me|your[_\-. ]|my[_\-]?(?:secret|token|key|password)"
    rb"|x{4,}|\*{3,}|\.{3}|insert|todo|lorem|foo.?bar|abcdef|1234567890|0123456|deadbeef",
    re.IGNORECASE,
)
_TEMPLATE = re.compile(
    rb"\$\{|\$\(|\{\{|\{%|<[%?]|#\{|\$\[|%\(|@@|^\$[A-Za-z_]|^%[A-Za-z_]+%$|^<[^>]*>?$|^\[[^\]]*\]$|^\{[^}]*\}$|%[sdv]\b|\{\w*\}|^@\w+$|^!\w|^__\w+__$|(?:%[A-Za-z][A-Z]?){3}"
)
_WORDS = frozenset(
    b"password passwd pass pwd secret token key apikey credential credentials none null nil true false undefined empty user username admin "
    b"root test testing string text value default required optional public private hidden unknown redacted auth bearer basic str int "
    b"bool bytes object self this any input output name data type id file path env config base64 hex utf8 utf-8 plain plaintext".split()
)
KNOWN = frozenset(
    b"pass passwd password pwd secret token user username pw foo bar baz test xxx mypassword mypass p4ss passw0rd tiger".split()
)
"""Passwords of addresses in every manual."""
_PRINTED = frozenset(
    b"QWxhZGRpbjpvcGVuIHNlc2FtZQ== czZCaGRSa3F0MzpnWDFmQmF0M2JW gX1fBat3bV 7Fjfp0ZBr1KtDRbnfVdmIw A3ddj3w 2YotnFZFEjr1zCsicMWpAA tGzv3JOkF0XG5Qx2TlKWIA "
    b"mF_9.B5f-4.1JqM vF9dft4qmT hh5s93j4hdidpola hdhd0244k9j7ao03 nnch734d00sl2jdk pfkkdhi9sl3r4s00 dpf43f3p2l4k3l03 kd94hf93k423kf44 tiger "
    b"Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==".split()
)
"""Examples in RFC 5849, 6749, 6750 and 7617, Oracle's user of demonstrations and the key of Azure's storage emulator: every manual quotes them."""
_PUBLIC = re.compile(
    rb"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|(?:sha\d{1,3}|md5)[-:=][\w+/=]+|v?\d+(?:\.\d+){1,4}[\w.+-]*|[\^~]\d+(?:\.\d+){0,3}(?:[|]{1,2}[\^~]?\d+(?:\.\d+){0,3}){0,4}|[0-9-]{8,10}T[0-9:.]+Z?|https?://\S*",
    re.IGNORECASE,
)


def dummy(value: bytes) -> bool:
    """Whether a token is a made-up one: a long run of one character, few different ones, or a counted-up row."""
    if _RUN.search(value) or re.search(rb"example|xxxx|your[_-]|1234567890|abcdefgh|\.\.\.", value, re.IGNORECASE):
        return True
    return len(set(value[-16:])) < 5


def template(value: bytes) -> bool:
    """Whether the value is filled in later: `${VAR}`, `{{ x }}`, `<name>`, `%s`."""
    return _TEMPLATE.search(value) is not None


def placeholder(value: bytes) -> bool:
    """Whether a value only stands where a secret would: a template, an example, a word of the field."""
    return (
        value.lower().strip(b"-_ ") in _WORDS
        or template(value)
        or _EXAMPLE.search(value) is not None
        or (len(value) > 3 and len(set(value)) < 3)
    )


def public(value: bytes) -> bool:
    """Whether it is an identifier that guards nothing: a UUID, a digest with its name, a version, a date, an address, an RFC's example."""
    return value in _PRINTED or _PUBLIC.fullmatch(value) is not None
