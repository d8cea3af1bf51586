"""IP addresses of persons' machines (RFC 791, RFC 4291): public ones alone, none of IANA's special-purpose registries, in sentences and records.

In code, and behind a word that makes it a version, four numbers with dots between them are none. In quotes or in the address of a
server it is somebody's only where a field says so (`client_ip`, `remote_addr`). Of IPv6, IANA has given out 2000::/4 alone.
"""

import re
from ipaddress import IPv6Address

from detente.gateway import surroundings
from detente.gateway.rule import Detector, Find, Found, Rule, line

_IPV4 = re.compile(rb"(?<![\w.-])(?:\d{1,3}\.){3}\d{1,3}(?![\w-]|\.\w|/\d)")
_IPV6 = re.compile(rb"(?<![\w:.])2[0-9a-fA-F]{3}(?::{1,2}[0-9a-fA-F]{1,4}){1,7}(?:::)?(?![\w:])")
_SPECIAL = re.compile(
    rb"(?:10|127|22[4-9]|2[3-5]\d)\..*|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\..*|169\.254\..*|172\.(?:1[6-9]|2\d|3[01])\..*"
    rb"|192\.(?:0\.[02]|88\.99|168)\..*|198\.(?:1[89]|51\.100)\..*|203\.0\.113\..*"
)
"""IANA's registry of special-purpose IPv4 addresses, and what is no unicast."""
_VERSION = re.compile(rb"[012]\..*|\d{1,2}(?:\.\d){3}|\d+\.0\.0\.\d+")
_LOGGED = re.compile(rb"(?<![\w.])(?:10|127|192\.168)(?:\.\d+)+$|\b20(?!01|03)\d\d:\d\d:$")
"""What logs are full of: addresses of private networks, a year and an hour."""
_VERSIONED = re.compile(rb"(?:version|release|v|==|>=)[ :]{0,2}$", re.IGNORECASE)
_SOMEBODY = re.compile(
    rb"client|customer|forwarded|guest|login|member|patient|peer|remote|session|source|subscriber|user|visitor",
    re.IGNORECASE,
)
_SERVED = (b'"', b"'", b"`", b"/", b"[", b",")


def _address(pattern: re.Pattern[bytes], back: int) -> Find:
    def find(data: bytes, end: int) -> Found | None:
        if _LOGGED.search(data[max(0, end - 17) : end]):
            return None
        found = surroundings.spanning(pattern, data, end, back)
        if found is None or _nobody(found[0]) or surroundings.code(data, *found.span()):
            return None
        before = data[max(0, found.start() - 40) : found.start()]
        if _VERSIONED.search(before) or not _public(found[0]):
            return None
        served = before[-1:] in _SERVED and not _SOMEBODY.search(before)
        return found.start(), found.end(), 0.4 if served else 0.6

    return find


def _nobody(text: bytes) -> bool:
    """Whether it is plain that no machine on the Internet has it: a special address, a version, a time of day."""
    if b":" in text:
        return b"::" not in text and text.count(b":") != 7
    return _SPECIAL.fullmatch(text) is not None or _VERSION.fullmatch(text) is not None


def _public(text: bytes) -> bool:
    """Whether it is one machine's address on the Internet, and not the same number over and over."""
    groups = set(re.split(rb"[.:]+", text))
    if len(groups) < 3 or b":" not in text:
        return len(groups) > 2 and all(int(group) < 256 for group in groups)
    try:
        return IPv6Address(text.decode()).is_global
    except ValueError:
        return False


def _rule(name: str, title: str, anchor: str, find: Find, back: int) -> Rule:
    return Rule("personal_data", name, title, anchor, find, back, 180, rf"[0-9a-fA-F.:]{{0,36}}{line(80)}")


DETECTOR = Detector(
    "personal_data",
    (
        _rule("ipv4", "public IPv4 address", r"\b[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]", _address(_IPV4, 16), 16),
        _rule("ipv6", "public IPv6 address", r"\b2[0-9a-fA-F]{3}:[0-9a-fA-F]{0,4}:", _address(_IPV6, 10), 10),
    ),
    valid={
        "ipv4": ("The session came from 81.2.69¦.144 at night",),
        "ipv6": (
            "The session came from 2a02:0c7d:1f3a:9b00¦:51d2:8e4f:77aa:c3d9 at night",
            "It was 2a02:c7d::¦1f3a:9b1 again.",
        ),
    },
    invalid={
        "ipv4": (
            "listen on 127.0.0.1 or 10.0.0.8",
            "version 12.4.3.1 is out",
            "from 81.81.81.81",
            '"ip": "81.2.69.144"',
        ),
        "ipv6": ("fe80:0000:0000:0000:0202:b3ff:fe1e:8329 is local",),
    },
)
