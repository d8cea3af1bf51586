"""Where a report's bytes come from, and the record read out of it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from io import SEEK_SET, BufferedReader, RawIOBase
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

    `modified` is when the file was last written: it dates a report that does not date itself. `logged` counts the lines that
    its tool had written into the same file before it, and that were left out.
    """

    name: str
    open: Callable[[], BinaryIO]
    modified: datetime | None = None
    members: Mapping[str, "Source"] = field(default_factory=dict)
    logged: int = 0

    def after(self, log: bytes) -> "Source":
        """The same report without the `log` that it begins with."""
        lines = sum(1 for line in log.splitlines() if line.strip())
        return replace(self, open=lambda: BufferedReader(_Rest(self.open(), len(log))), logged=lines)


class _Rest(RawIOBase):
    """What follows the byte `start` of a stream, as a stream of its own. The reader of the whole closes both."""

    def __init__(self, whole: BinaryIO, start: int) -> None:
        self._whole, self._start = whole, start
        whole.seek(start)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._whole.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = SEEK_SET) -> int:
        return self._whole.seek(offset + (self._start if whence == SEEK_SET else 0), whence) - self._start

    def close(self) -> None:
        self._whole.close()
        super().close()
