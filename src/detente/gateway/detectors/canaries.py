"""Canary tokens: values made to be stolen. Whoever finds one in a prompt has a leak, or a thief; it is always certain.

Thinkst's address forms (canarytokens.org, documented) are known; canaries of the company's own are a rule of its own (docs/detectors.md).
"""

import re

from detente.gateway.rule import Detector, Found, Rule

_HOST = re.compile(rb"[0-9A-Za-z.-]{1,80}")  # read backwards


def _address(data: bytes, end: int) -> Found | None:
    """The host that ends at `end`."""
    host = _HOST.match(data[max(0, end - 80) : end][::-1])
    return (end - host.end(), end, 0.99) if host else None


_ANCHOR = "[0-9a-z]{8,40}\\.(?:o3n\\.io|canarytokens\\.(?:com|net|org))"
DETECTOR = Detector(
    "secrets",
    (
        Rule(
            *("secrets", "canary-token", "address of a canary token", _ANCHOR, _address),
            *(80, 80, "", (b"o3n.io", b"canarytokens")),
        ),
    ),
    valid={"canary-token": ("http://q8zr2lkv9xtn5wcyb7dm3hsja.canarytokens.com/logo.gif",)},
    invalid={"canary-token": ("see https://canarytokens.org/generate",)},
)
