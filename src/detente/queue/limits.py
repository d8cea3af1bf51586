"""What a report may claim of this machine: every limit, and the error that names it."""

from dataclasses import dataclass

from detente.model.errors import DetenteError

MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one report. Sizes in bytes; `ratio` is unpacked to packed size; `depth` counts nested containers."""

    size: int = 16 << 30
    head: int = 64 * MEBIBYTE
    record: int = 16 * MEBIBYTE
    depth: int = 256
    entries: int = 10_000
    ratio: int = 200
    unpacked: int = 4 << 30


LIMITS = Limits()


def exceeded(what: str, found: str, limit: str) -> DetenteError:
    """The error for a crossed limit: nothing was stored, and the sender learns which bound it was."""
    return DetenteError(
        f"{what} is over the limit",
        f"{found}, and at most {limit} is read.",
        "Split the report, or check whether the file is what it claims to be.",
        code="limit",
    )
