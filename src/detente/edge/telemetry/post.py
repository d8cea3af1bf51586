"""A post of telemetry: the other side takes it, may take it later, or never will."""

import gzip
import ssl

import httpx

from detente.edge.telemetry.settings import Target
from detente.flows.exporting import AwayError, RefusedError

MOST = 1 << 16
"""Bytes of an answer that are read."""

_NEVER = frozenset({400, 413, 422})
"""What is said of the data. All else, a wrong token too, may be another day's answer: the records wait."""


class Post:
    """One address. Each post has a connection of its own: one that was kept for seconds is often one that the other side has closed."""

    def __init__(self, target: Target, media: str) -> None:
        self._target, self._headers = target, {"content-type": media, "accept-encoding": "identity", **target.headers}
        self._trust = ssl.create_default_context(cafile=target.authority)
        if target.certificate:
            self._trust.load_cert_chain(target.certificate, target.secret)
        if target.gzip:
            self._headers["content-encoding"] = "gzip"

    def __call__(self, body: bytes) -> bytes:
        """The beginning of the answer. Raises AwayError, RefusedError."""
        target, sent = self._target, gzip.compress(body, 1) if self._target.gzip else body
        asked = httpx.stream(
            "POST", target.url, content=sent, headers=self._headers, timeout=target.timeout_s, verify=self._trust
        )
        try:
            with asked as answer:
                got = next(answer.iter_bytes(MOST), b"")
        except httpx.HTTPError as fault:
            raise AwayError(f"no answer ({type(fault).__name__})") from fault
        if answer.is_success:
            return got
        if answer.status_code in _NEVER:
            raise RefusedError(f"HTTP {answer.status_code}")
        said = answer.headers.get("retry-after", "")
        raise AwayError(f"HTTP {answer.status_code}", float(said) if said.isdecimal() else None)
