"""From paths to reports: files, folders, globs, standard input, gzip and zip, within limits and never outside them."""

import gzip
import io
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any, BinaryIO, Protocol, cast

from detente.model.errors import DetenteError
from detente.queue.limits import LIMITS, exceeded
from detente.queue.source import Source

_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"
_EMPTY_ZIP = b"PK\x05\x06"
_NOISE = ("__MACOSX/", ".DS_Store", "Thumbs.db")
_BOMS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}
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
    """The reports of one file: itself, or what is packed in it. Unpacked copies live until `spool` closes."""
    stack = spool if spool is not None else ExitStack()
    if str(path) == "-":
        yield from _unpacked(_spooled("stdin", sys.stdin.buffer, stack, LIMITS.size), stack, depth=0)
        return
    modified = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    yield from _unpacked(Source(path.name, lambda: path.open("rb"), modified), stack, depth=0)


def _unpacked(source: Source, stack: ExitStack, depth: int) -> Iterator[Source]:
    with source.open() as stream:
        magic = stream.read(4)
    if magic.startswith(_GZIP):
        yield from _unpacked(_gunzipped(source, stack), stack, depth + 1) if depth < 3 else iter(())
    elif magic in (_ZIP, _EMPTY_ZIP):
        yield _zip(source, stack)
    else:
        yield _plain(source, stack)


def _gunzipped(source: Source, stack: ExitStack) -> Source:
    with source.open() as stream:
        size = stream.seek(0, io.SEEK_END)
        stream.seek(0)
        limit = min(LIMITS.unpacked, max(size, 1 << 16) * LIMITS.ratio)
        try:
            copy = _spooled(source.name.removesuffix(".gz"), gzip.GzipFile(fileobj=stream), stack, limit)
            return replace(copy, modified=source.modified)
        except (OSError, EOFError, zlib.error) as error:
            raise broken(source.name, "gzip", error) from None


def _plain(source: Source, stack: ExitStack) -> Source:
    """The report in UTF-8 without a byte order mark; PowerShell writes one, JSON forbids it (RFC 8259, section 8.1)."""
    with source.open() as stream:
        start = stream.read(4)
    coding = next((coding for mark, coding in _BOMS.items() if start.startswith(mark)), None)
    if coding is None:
        return source
    copy = stack.enter_context(tempfile.TemporaryFile())
    with source.open() as stream, io.TextIOWrapper(stream, encoding=coding, errors="replace") as text:
        while part := text.read(_CHUNK):
            copy.write(part.encode())
    return Source(source.name, _reopener(copy), source.modified)


def _spooled(name: str, stream: SupportsRead, stack: ExitStack, limit: int) -> Source:
    copy = stack.enter_context(tempfile.TemporaryFile())
    written = 0
    while part := stream.read(_CHUNK):
        written += len(part)
        if written > limit:
            raise exceeded(f"{name}, unpacked,", f"more than {limit} bytes", f"{limit} bytes")
        copy.write(part)
    copy.flush()
    return Source(name, _reopener(copy))


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


def _zip(source: Source, stack: ExitStack) -> Source:
    """One source whose members are the archive's files; a bundle format takes it whole, else each member by itself."""
    stream = stack.enter_context(source.open())
    size = stream.seek(0, io.SEEK_END)
    try:
        archive = stack.enter_context(zipfile.ZipFile(stream))
        entries = [e for e in archive.infolist() if not e.is_dir() and not any(noise in e.filename for noise in _NOISE)]
        _guard(source.name, entries, size)
        members = {e.filename: _member(archive, e, stack, source) for e in entries}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, zlib.error, EOFError) as error:
        raise broken(source.name, "zip", error) from None
    return Source(
        source.name, source.open, source.modified, members or {"": Source("", lambda: cast("BinaryIO", io.BytesIO()))}
    )


def _member(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, stack: ExitStack, source: Source) -> Source:
    """One file of an archive, dated like the archive: the times inside have no zone and are often unset."""
    copy = _spooled(entry.filename, archive.open(entry), stack, LIMITS.unpacked)
    return _plain(replace(copy, modified=source.modified), stack)


def _guard(name: str, entries: list[zipfile.ZipInfo], size: int) -> None:
    if len(entries) > LIMITS.entries:
        raise exceeded(f"The archive {name}", f"{len(entries)} files", f"{LIMITS.entries} files")
    total = sum(entry.file_size for entry in entries)
    if total > LIMITS.unpacked or total > max(size, 1 << 16) * LIMITS.ratio:
        raise exceeded(f"The archive {name}, unpacked,", f"{total} bytes from {size}", f"a ratio of {LIMITS.ratio}")
    for entry in entries:
        path = PurePosixPath(entry.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts:
            raise DetenteError(
                f"The archive {name} names a path outside itself",
                f"Its entry {entry.filename!r} would leave the folder it is unpacked in.",
                "Do not trust this file; ask its sender.",
                code="archive-path",
            )


def broken(name: str, kind: str, error: Exception) -> DetenteError:
    """The error for an archive that cannot be unpacked."""
    return DetenteError(
        f"{name} cannot be unpacked", f"It is not a whole {kind} file ({error}).", "Transfer it again.", code="archive"
    )
