"""Events for a SIEM that are sent by themselves: lines of JSON, posted or appended to a file."""

import os
from collections.abc import Sequence
from pathlib import Path

import msgspec

from detente.edge.telemetry.ocsf import events
from detente.edge.telemetry.post import Post
from detente.edge.telemetry.settings import Target
from detente.flows.exporting import AwayError, Writer
from detente.gateway.record import Ended

_ENCODER = msgspec.json.Encoder()


def writer(where: Target | Path) -> Writer:
    """Who writes them there."""
    return File(where) if isinstance(where, Path) else Lines(where)


class Lines:
    """To an address that takes lines of JSON (application/x-ndjson)."""

    def __init__(self, target: Target) -> None:
        self._post = Post(target, "application/x-ndjson")

    def __call__(self, records: Sequence[Ended]) -> int:
        """Send them all. Raises AwayError, RefusedError."""
        self._post(_lines(records))
        return 0


class File:
    """To the end of a file. It is opened anew each time, so whoever rotates it only has to rename it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __call__(self, records: Sequence[Ended]) -> int:
        """Append and sync. A line that a crash has torn is ended first. Raises AwayError where the disk refuses."""
        try:
            with self._path.open("ab+") as file:
                end = file.seek(0, os.SEEK_END)
                file.seek(max(end - 1, 0))
                torn = file.read(1) not in (b"", b"\n")
                file.write(b"\n" * torn + _lines(records))
                file.flush()
                os.fsync(file.fileno())
        except OSError as fault:
            raise AwayError(fault.strerror or "the disk refuses") from fault
        return 0


def _lines(records: Sequence[Ended]) -> bytes:
    return _ENCODER.encode_lines([event for record in records for event in events(record)])
