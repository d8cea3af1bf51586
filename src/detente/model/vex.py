"""A VEX statement: whether a weakness matters in a product, who says so, and why."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Status(StrEnum):
    """OpenVEX's words. What waits under an exception is `affected`: accepting a risk does not make it go away."""

    NOT_AFFECTED = "not_affected"
    AFFECTED = "affected"
    FIXED = "fixed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """`asset` is `kind:name`, empty where the component is meant wherever it runs; `component` a package URL or a name.

    `why` is the justification of `not_affected` or `fixed`, the action of `affected`, `guarded` when a
    compensating control stands before it.
    """

    vulnerability: str
    aliases: tuple[str, ...]
    asset: str
    component: str
    version: str
    status: Status
    why: str
    author: str
    at: datetime
    guarded: bool = False
