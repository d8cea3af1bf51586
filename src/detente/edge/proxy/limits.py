"""What a worker puts up with: sizes in bytes, times in seconds. Beyond each of them there is an answer, never a crash."""

from dataclasses import dataclass

from detente.gateway.exchange import LIMIT

BACKLOG = 4096
"""Connections that may wait to be taken."""


@dataclass(frozen=True, slots=True)
class Limits:
    """`head`, `lines` and `body` bound one message, `bodies` all requests a worker holds at once; the times bound each thing a peer may be slow at."""

    head: int = 64 << 10
    lines: int = 128
    body: int = LIMIT
    bodies: int = 256 << 20
    head_s: float = 10.0
    body_s: float = 120.0
    idle_s: float = 75.0
    silence_s: float = 600.0
    connect_s: float = 5.0
    linger_s: float = 2.0
    drain_s: float = 600.0
    spare_s: float = 30.0
    """How long an upstream connection is kept for the next request: shorter than vendors keep theirs, so that few are found dead."""
    aside: int = 64 << 10
    """A prompt larger than this is inspected in a thread: the streams of others go on meanwhile."""
