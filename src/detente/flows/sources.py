"""From paths to reports: files, folders, globs, standard input, gzip and zip, within limits and never outside them."""

import gzip
import io
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any, BinaryIO, Protocol, cast

from detente.model.errors import DetenteError
from detente.queue.limits import LIMITS, exceeded
from detente.queue.source import Source

_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"
_EMPTY_ZIP = b"PK\x05\x06"
_NOISE = ("__MACOSX/", ".DS_Store", "Thumbs.db")
_BOMS = {
    b"\xff\xfe\0\0": "utf-32",
    b"\0\0\xfe\xff": "utf-32",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
    b"\xef\xbb\xbf": "utf-8-sig",
}
_ZEROS: dict[tuple[bool, ...], str] = {(False, True, False, True): "utf-16-le", (True, False, True, False): "utf-16-be"}
_LAYERS = 3  # packages inside packages
_DAMAGE = (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError)
"""How Python's archive readers say that something is torn, encrypted or packed in a way they do not know."""
_CHUNK = 1 << 20


class SupportsRead(Protocol):
    """Anything bytes can be read from in parts."""

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes; empty at the end."""


def expand(paths: Iterable[str]) -> Iterator[Path]:
    """Every file named: folders with all files below them, globs, `-` for standard input; sorted, hidden files left out."""
    for text in paths:
        path = Path(text)
        if text == "-" or path.is_file():
            yield path
        elif path.is_dir():
            yield from sorted(p for p in path.rglob("*") if p.is_file() and not _hidden(p.relative_to(path)))
        else:
            found = sorted(Path(path.anchor or ".").glob(str(path.relative_to(path.anchor) if path.anchor else path)))
            if not found:
                raise missing(text)
            yield from expand(str(p) for p in found)


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def missing(text: str) -> DetenteError:
    """The error for a path that names nothing."""
    return DetenteError(
        f"{text} cannot be read", "No file, folder or glob of that name exists.", "Check the spelling.", code="no-file"
    )


def sources(path: Path, spool: ExitStack | None = None) -> Iterator[Source]:
    """The report in one file, or an archive of reports as its members. Unpacked copies live until `spool` closes."""
    stack = spool if spool is not None else ExitStack()
    if str(path) == "-":
        source = _Spool(stack, LIMITS.size).copy("stdin", sys.stdin.buffer)
    else:
        modified = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        source = Source(path.name, lambda: path.open("rb"), modified)
    yield _unpacked(source, _Spool(stack, min(LIMITS.unpacked, max(_size(source), 1 << 16) * LIMITS.ratio)))


@dataclass(slots=True)
class _Spool:
    """Where unpacked copies lie, and how many bytes may still come out of one file, however often it is packed."""

    stack: ExitStack
    left: int

    def copy(self, name: str, stream: SupportsRead) -> Source:
        """Everything `stream` gives. Raises DetenteError when that is more than may come."""
        copy, allowed = self.stack.enter_context(tempfile.TemporaryFile()), self.left
        while part := stream.read(_CHUNK):
            self.left -= len(part)
            if self.left < 0:
                raise exceeded(f"{name}, unpacked,", f"more than {allowed} bytes", f"{allowed} bytes")
            copy.write(part)
        copy.flush()
        return Source(name, _reopener(copy))


def _size(source: Source) -> int:
    with source.open() as stream:
        return stream.seek(0, io.SEEK_END)


def _unpacked(source: Source, spool: _Spool, depth: int = 0) -> Source:
    with source.open() as stream:
        magic = stream.read(4)
    is_zip = magic in (_ZIP, _EMPTY_ZIP)
    if not (is_zip or magic.startswith(_GZIP)):
        return _plain(source, spool)
    if depth == _LAYERS:
        raise exceeded(f"The packing of {source.name}", f"more than {_LAYERS} layers", f"{_LAYERS} layers")
    return _zip(source, spool, depth) if is_zip else _unpacked(_gunzipped(source, spool), spool, depth + 1)


def _gunzipped(source: Source, spool: _Spool) -> Source:
    with source.open() as stream:
        try:
            copy = spool.copy(source.name.removesuffix(".gz"), gzip.GzipFile(fileobj=stream))
            return replace(copy, modified=source.modified)
        except _DAMAGE as error:
            raise broken(source.name, "gzip", error) from None


def _plain(source: Source, spool: _Spool) -> Source:
    """The report in UTF-8 without a byte order mark; PowerShell writes one, JSON forbids it (RFC 8259, section 8.1)."""
    with source.open() as stream:
        coding = _coding(stream.read(4))
    if coding is None:
        return source
    copy = spool.stack.enter_context(tempfile.TemporaryFile())
    with source.open() as stream, io.TextIOWrapper(stream, encoding=coding, errors="replace") as text:
        while part := text.read(_CHUNK):
            copy.write(part.encode("utf-8", "replace"))
    return Source(source.name, _reopener(copy), source.modified)


def _coding(start: bytes) -> str | None:
    """The encoding, by its mark or by where the zeros of ASCII's upper halves stand (RFC 4627, section 3); None for UTF-8."""
    marked = next((coding for mark, coding in _BOMS.items() if start.startswith(mark)), None)
    return marked or _ZEROS.get(tuple(byte == 0 for byte in start))


class _View(io.RawIOBase):
    """A spooled file read from its start; closing the view leaves the file to the stack that owns it."""

    def __init__(self, copy: IO[bytes]) -> None:
        self._copy, self._at = copy, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence == io.SEEK_CUR:  # of this view: the copy stands wherever another view left it
            offset, whence = self._at + offset, io.SEEK_SET
        self._at = self._copy.seek(offset, whence)
        return self._at

    def readinto(self, buffer: Any) -> int:
        self._copy.seek(self._at)
        data = self._copy.read(len(buffer))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


def _reopener(copy: IO[bytes]) -> Callable[[], BinaryIO]:
    return lambda: cast("BinaryIO", io.BufferedReader(_View(copy)))


def _zip(source: Source, spool: _Spool, depth: int) -> Source:
    """One source whose members are the archive's files; a bundle format takes it whole, else each member by itself."""
    try:
        archive = spool.stack.enter_context(zipfile.ZipFile(spool.stack.enter_context(source.open())))
    except _DAMAGE as error:
        raise broken(source.name, "zip", error) from None
    entries = [e for e in archive.infolist() if not e.is_dir() and not any(noise in e.filename for noise in _NOISE)]
    _guard(source.name, entries, spool.left)
    members = {e.filename: _member(archive, e, spool, source, depth + 1) for e in entries}
    return Source(
        source.name, source.open, source.modified, members or {"": Source("", lambda: cast("BinaryIO", io.BytesIO()))}
    )


def _member(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, spool: _Spool, source: Source, depth: int) -> Source:
    """One file of an archive, dated like the archive: the times inside have no zone and are often unset.

    One that is damaged, encrypted or over a limit says so when it is opened: the others are read.
    """
    try:
        if entry.flag_bits & 1:
            raise encrypted(f"{entry.filename} in {source.name}")
        copy = spool.copy(entry.filename, archive.open(entry))
        return _unpacked(replace(copy, modified=source.modified), spool, depth)
    except DetenteError as error:
        return _refused(entry.filename, error)
    except _DAMAGE as error:
        return _refused(entry.filename, broken(f"{entry.filename} in {source.name}", "zip", error))


def _refused(name: str, error: DetenteError) -> Source:
    def fail() -> BinaryIO:
        raise error

    return Source(name, fail)


def _guard(name: str, entries: list[zipfile.ZipInfo], left: int) -> None:
    if len(entries) > LIMITS.entries:
        raise exceeded(f"The archive {name}", f"{len(entries)} files", f"{LIMITS.entries} files")
    total = sum(entry.file_size for entry in entries)
    if total > left:
        raise exceeded(f"The archive {name}, unpacked,", f"{total} bytes", f"{left} bytes from a file of its size")
    for entry in entries:
        path = PurePosixPath(entry.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts:
            raise DetenteError(
                f"The archive {name} names a path outside itself",
                f"Its entry {entry.filename!r} would leave the folder it is unpacked in.",
                "Do not trust this file; ask its sender.",
                code="archive-path",
            )


def encrypted(name: str) -> DetenteError:
    """The error for a file that only a password opens."""
    return DetenteError(
        f"{name} cannot be unpacked",
        "It is encrypted, and intake knows no passwords.",
        "Unpack it first.",
        code="archive",
    )


def broken(name: str, kind: str, error: Exception) -> DetenteError:
    """The error for an archive that cannot be unpacked."""
    return DetenteError(
        f"{name} cannot be unpacked", f"It is not a whole {kind} file ({error}).", "Transfer it again.", code="archive"
    )
