"""Canary tokens: values made to be stolen. Whoever finds one in a prompt has a leak, or a thief; it is always certain.

Thinkst's address forms (canarytokens.org, documented) are known; canaries of the company's own are a rule of its own (docs/detectors.md).
"""

from detente.gateway.rule import Detector, Found, Rule


def _address(data: bytes, end: int) -> Found | None:
    """The host that ends at `end`, from the blank or quote before it."""
    start = end
    while start > max(0, end - 80) and data[start - 1 : start] not in (b" ", b"/", b'"', b"'", b"\n", b"@", b"<", b"("):
        start -= 1
    return start, end, 0.99


DETECTOR = Detector(
    "secrets",
    (
        Rule(
            *(
                "secrets",
                "canary-token",
                "address of a canary token",
                "[0-9a-z]{8,40}\\.(?:o3n\\.io|canarytokens\\.(?:com|net|org))",
            ),
            *(_address, 100, (b"o3n.io", b"canarytokens")),
        ),
    ),
    valid={"canary-token": ("http://q8zr2lkv9xtn5wcyb7dm3hsja.canarytokens.com/logo.gif",)},
    invalid={"canary-token": ("see https://canarytokens.org/generate",)},
)
