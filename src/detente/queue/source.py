"""Where a report's bytes come from, and the record read out of it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, BinaryIO, NamedTuple, TypeAlias

from detente.model.finding import Coverage, Observation


class Record(NamedTuple):
    """One record: the path (or tag) it was found under, its enclosing objects from the outermost in, its key in a mapping.

    `value` is the parser's own struct or a dict (JSON), an Element (XML), a dict of strings (CSV). `origin` is the reader's
    own: what it needs to write the record as a report by itself.
    """

    path: str
    parents: tuple[Any, ...]
    key: str
    value: Any
    origin: Any = None


@dataclass(frozen=True, slots=True)
class Skip:
    """A record that is by nature no finding (a passed check, an inventory row); counted by its `reason`."""

    reason: str
    count: int = 1


Items: TypeAlias = Iterable[Observation | Coverage | Skip]


@dataclass(frozen=True, slots=True)
class Source:
    """Where a report comes from: its file name (never part of an identity) and a way to open its bytes from the start.

    `modified` is when the file was last written: it dates a report that does not date itself.
    """

    name: str
    open: Callable[[], BinaryIO]
    modified: datetime | None = None
    members: Mapping[str, "Source"] = field(default_factory=dict)
