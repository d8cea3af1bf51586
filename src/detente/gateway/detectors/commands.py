"""Passwords in markup, calls, commands and SQL: `<password>...</password>`, `define('DB_PASSWORD', ...)`, `--password ...`, `IDENTIFIED BY '...'`.

What stands there is weighed as an assigned password is (see assignments); on a command line, where prose speaks of options too, words
alone are none.
"""

import re
from functools import partial

from detente.gateway import weigh
from detente.gateway.rule import Detector, Found, Rule


def _element(data: bytes, end: int) -> Found | None:
    """An XML element whose begin tag ends at `end`."""
    begin = data.rfind(b"<", max(0, end - 120), end)
    name = re.match(rb"<([\w:.-]{1,64})", data[begin:end])
    value = re.match(rb"\s{0,8}([^<>\s]{3,200})\s{0,8}</", data[end : end + 260])
    if name is None or value is None or weigh.about(name[1]):
        return None
    sure = weigh.value(name[1], value[1], quoted=True)
    return (end + value.start(1), end + value.end(1), sure) if sure else None


def _call(data: bytes, end: int) -> Found | None:
    """A name and its value as arguments: the name's quote ends before `end`, or the name is the function's."""
    name = re.search(rb"([\w.-]{1,64})['\"]?[ ]{0,2}[,(]$", data[max(0, end - 80) : end])
    value = re.match(rb"[ ]{0,2}(['\"])([^'\"\\\s]{4,128})\1", data[end : end + 132])
    if name is None or value is None or weigh.about(name[1]):
        return None
    sure = weigh.value(name[1], value[2], quoted=True)
    return (end + value.start(2), end + value.end(2), sure) if sure else None


def _option(data: bytes, end: int) -> Found | None:
    """`--password VALUE`."""
    value = re.match(rb"['\"]?([^\s'\"\\]{4,128})", data[end : end + 132])
    if value is None or value[1].startswith((b"-", b"$", b"<", b"[", b"{", b"|", b"(")):
        return None
    sure = weigh.value(b"password", value[1], quoted=False, tight=False)
    return (end + value.start(1), end + value.end(1), sure) if sure > 0.5 else None


def _statement(data: bytes, end: int) -> Found | None:
    """SQL: `IDENTIFIED BY '...'`, `PASSWORD '...'`; its quote ends the anchor."""
    value = re.match(rb"((?:[^'\r\n]){4,128})'", data[end : end + 132])
    sure = weigh.value(b"password", value[1], quoted=True) if value else 0.0
    return (end, end + len(value[1]), sure) if value and sure else None


_WORDS = (b"pass", b"pwd", b"word", b"secret", b"token", b"credential", b"key")
_TAG = "(?i:<[0-9A-Za-z:._-]{0,24}(?:pass|pwd|secret|token|[_-]key|apikey)[0-9A-Za-z._-]{0,16}(?:[ ][^<>]{0,64})?>)"
_NAMED = "(?:pass|pwd|secret|token|[_.-]key|apikey)[0-9A-Za-z_.-]{0,16}"
_CALL = f"(?i:(?:(?:define|put|putenv|set|setproperty)\\([ ]?['\"][0-9A-Za-z_.-]{{0,24}}{_NAMED}['\"][ ]{{0,2}},|[.>]set{_NAMED}\\())"
_FLAG = "(?i:--(?:password|passwd|passphrase|pass|token|api-key|secret)[ ])"
_SQL = "(?i:(?:identified[ ]by|[ ]password|set[ ]password[ ]=)[ ]{1,2}')"
_TEXT, _ARGUMENT, _STRING = r"\s{0,8}[^<>\s]{0,200}\s{0,8}<?", r"['\"]?[^\s'\"\\]{0,128}", "[^'\\r\\n]{0,128}"
_rule = partial(Rule, "secrets")
DETECTOR = Detector(
    "secrets",
    (
        _rule("element-secret", "password in an XML element", _TAG, _element, 0, 130, _TEXT, _WORDS),
        _rule(
            "call-secret",
            "password given to a function",
            _CALL,
            _call,
            0,
            90,
            r"[ ]{0,2}['\"]?[^'\"\\\s]{0,129}",
            _WORDS,
        ),
        _rule("option-secret", "password on a command line", _FLAG, _option, 0, 14, _ARGUMENT, (b"--",)),
        _rule(
            *("statement-secret", "password in an SQL statement", _SQL, _statement, 0, 20, _STRING),
            words=(*_WORDS, b"identified"),
        ),
    ),
    valid={
        "element-secret": ("<password>¦tR8kz2Lq</password>",),
        "call-secret": ("define('DB_PASSWORD', '¦tR8kz2Lq');", 'source.setPassword("¦tR8kz2Lq");'),
        "option-secret": ("mysqldump --password ¦tR8kz2Lq9 crm",),
        "statement-secret": ("CREATE USER crm IDENTIFIED BY '¦tR8kz2Lq'",),
    },
    invalid={
        "element-secret": ("<password>${password}</password>", "<tokenType>bearer</tokenType>"),
        "call-secret": ("define('DB_PASSWORD', 'password_here');", 'form.setPassword("password");'),
        "option-secret": ("tool --password $PASSWORD", "tool --token <token>", "use --password together with --user"),
        "statement-secret": ("ALTER USER crm PASSWORD '%s'",),
    },
)
