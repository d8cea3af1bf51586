"""Passwords in markup and in pairs of a name and a value: `<password>...</password>`, `<add key="Password" value="..."/>`, `- name: DB_PASSWORD`.

So write Spring, .NET, Android, property lists, Kubernetes and cloud templates. The value is weighed as an assigned one is.
"""

import re
from functools import partial

from detente.gateway import terms, weigh
from detente.gateway.rule import Detector, Found, Rule

_BEHIND = re.compile(
    rb"""["']?(?:[ \t\r\n,;]{0,40}(?:android:)?["']?(?:default_?)?[vV]alue["']?[ \t]{0,4}[=:][ \t]{0,4}(?:"([^"\r\n]{3,200})"|'([^'\r\n]{3,200})'|([^\s"'`<>{}]{3,200})(?=[ \t]*\r?\n|[ \t]*\r?$))|[^<>\r\n]{0,60}>\s{0,8}(?:<[vV]alue>\s{0,8})?([^<>\s]{3,200})\s{0,8}</)"""
)
_NAME = re.compile(rb"[0-9A-Za-z_.:\-]{2,64}")  # read backwards


def _element(data: bytes, end: int) -> Found | None:
    """An XML element whose begin tag ends at `end`."""
    begin = data.rfind(b"<", max(0, end - 120), end)
    name = re.match(rb"<([\w:.-]{1,64})", data[begin:end])
    value = re.match(rb"\s{0,8}(?:<[vV]alue>\s{0,8})?([^<>\s]{3,200})\s{0,8}</", data[end : end + 260])
    return _weighed(name[1], value, end, 1) if name and value else None


def _listed(data: bytes, end: int) -> Found | None:
    """A property list: a string behind the key that ends at `end`."""
    name = re.search(rb"<(?:key|name)>([\w.-]{1,64})</(?:key|name)>$", data[max(0, end - 100) : end])
    value = re.match(rb"\s{0,32}<(?:string|value)>([^<>\s]{3,200})</(?:string|value)>", data[end : end + 260])
    return _weighed(name[1], value, end, 1) if name and value else None


def _pair(data: bytes, end: int) -> Found | None:
    """A name as the value of `name` or `key`, one character before `end`; its own value comes next."""
    name = _NAME.match(data[max(0, end - 65) : end - 1][::-1])
    value = _BEHIND.match(data[end - 1 : end + 340])
    return _weighed(name[0][::-1], value, end - 1, value.lastindex or 1) if name and value else None


def _weighed(name: bytes, found: re.Match[bytes], at: int, group: int) -> Found | None:
    sure = 0.0 if terms.about(name) else weigh.value(name, found[group], quoted=True)
    return (at + found.start(group), at + found.end(group), sure) if sure else None


_SOME = f"[0-9A-Za-z:._-]{{0,40}}(?:{terms.NAMES}[0-9A-Za-z._-]{{0,16}}|(?:{terms.SHORT}))"
_TAG = f"(?i:<{_SOME}(?:[ ][^<>]{{0,64}})?>)"
_KEY = f"(?i:<(?:key|name)>{_SOME}</(?:key|name)>)"
_PAIRED = f"(?i:(?:name|key)[\"']?[ ]{{0,2}}[=:][ ]{{0,2}}[\"']?{_SOME}[\"'\\r\\n,>])"
_TEXT = r"\s{0,8}(?:<[vV]?[a-z]{0,4}>?\s{0,8})?[^<>\s]{0,200}\s{0,8}<?"
_REST = r"[^<>\r\n]{0,60}(?:[ \t\r\n,]{0,40}[\"'\w:]{0,24}[ \t]{0,4}[=:]?[ \t]{0,4}[\"']?[^\"'\r\n]{0,200}[ \t]{0,8}|>\s{0,8}(?:<[vV]?[a-z]{0,4}>?\s{0,8})?[^<>\s]{0,200}\s{0,8}<?)"
_rule = partial(Rule, "secrets")
DETECTOR = Detector(
    "secrets",
    (
        _rule("element-secret", "password in an XML element", _TAG, _element, 0, 130, _TEXT, terms.WORDS),
        _rule(
            "element-secret",
            "password in a property list",
            _KEY,
            _listed,
            0,
            110,
            r"\s{0,32}(?:<[a-z]{0,7})?(?:>[^<>\s]{0,200}(?:</?[a-z]{0,7})?)?",
            (b"<key>", b"<name>"),
        ),
        _rule("paired-secret", "password as the value of a named pair", _PAIRED, _pair, 0, 120, _REST, terms.WORDS),
    ),
    valid={
        "element-secret": ("<password>¦tR8kz2Lq</password>", "<key>DbPassword</key>\n  <string>¦tR8kz2Lq</string>"),
        "paired-secret": (
            '<property name="password" value="¦tR8kz2Lq"/>',
            '<entry key="db.password">¦tR8kz2Lq</entry>',
            '{"name": "DB_PASSWORD", "value": "¦tR8kz2Lq"}',
            "- name: DB_PASSWORD\n  value: ¦tR8kz2Lq\n",
        ),
    },
    invalid={
        "element-secret": ("<password>${password}</password>", "<tokenType>bearer</tokenType>", "<key>password</key>"),
        "paired-secret": (
            '<param name="password" value="${password}"/>',
            "- name: DB_PASSWORD\n  valueFrom:\n    secretKeyRef:\n      name: db4crm2x\n",
            '<input name="password" value="">',
        ),
    },
)
