"""From paths to harvests: files, folders, gzip and zip; which reader a file is for is decided by its content."""

import gzip
import importlib
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from detente.edge.feeds import Harvest, refused
from detente.model.errors import DetenteError
from detente.queue.report import SNIFF_BYTES, Head

READERS = (
    "epss",
    "kev",
    "vulnrichment",
    "nvd",
    "exploitdb",
    "metasploit",
    "nuclei",
    "faults",
    "tables",
    "lists",
    "repositories",
)
"""In the order in which they are asked: the strictest first."""

LIMIT = 2 << 30
"""Largest file after unpacking, in bytes."""

DATED = re.compile(r"(20\d\d)[-_.](\d\d)[-_.](\d\d)")


class Reader(Protocol):
    """What a module of this package offers."""

    NAME: str
    PIECES: bool
    sniff: Callable[[Head], bool]
    read: Callable[[bytes, str, Harvest], None]


def members(path: Path) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """The files of a path with a way to read each: itself, unpacked, or what an archive holds."""
    if not zipfile.is_zipfile(path):
        yield path.name.removesuffix(".gz"), lambda: unpacked(path)
        return
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            if not entry.is_dir():
                yield Path(entry.filename).name, lambda entry=entry: inside(archive, entry)  # type: ignore[misc]


def unpacked(path: Path) -> bytes:
    """The bytes of a file, through gzip where it is packed."""
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        return whole(cast("BinaryIO", gzip.GzipFile(fileobj=file)) if packed else file, path.name)


def inside(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """The bytes of one entry."""
    with archive.open(entry) as file:
        return whole(cast("BinaryIO", file), entry.filename)


def whole(file: BinaryIO, name: str) -> bytes:
    """Everything up to the limit; an archive that breaks off is refused, never read in part."""
    try:
        data = file.read(LIMIT + 1)
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile) as error:
        raise refused(name, f"It is not whole ({error}).", "Transfer it again.") from None
    if len(data) > LIMIT:
        raise refused(name, f"It holds more than {LIMIT} bytes.", "Split it.")
    return data


@contextmanager
def told(name: str) -> Iterator[None]:
    """Whatever breaks an archive is that file's error, not the run's."""
    try:
        yield
    except (zipfile.BadZipFile, NotImplementedError, OSError) as error:
        raise refused(name, f"It cannot be read ({error}).", "Transfer it again.") from None


def reader(head: Head) -> Reader | None:
    """The first reader that recognises the content."""
    modules = (importlib.import_module(f"detente.edge.feeds.{name}") for name in READERS)
    return next((cast("Reader", module) for module in modules if cast("Reader", module).sniff(head)), None)


def harvest(path: Path) -> Iterator[tuple[str, Harvest | DetenteError | None]]:
    """(file, what it gave): an error where it had to be refused, None where it is no intelligence."""
    try:
        with told(path.name):
            for name, data in members(path):
                yield name, one(name, data)
    except DetenteError as error:
        yield path.name, error


def one(name: str, data: Callable[[], bytes]) -> Harvest | DetenteError | None:
    """Read one file; a day in its name dates what carries no date."""
    try:
        content = data()
        module = reader(Head(content[:SNIFF_BYTES], name))
        if module is None:
            return None
        got = Harvest()
        module.read(content, name, got)
        got.stamp(named_day(name))
        if not module.PIECES:
            got.close()
        return got
    except DetenteError as error:
        return error


def named_day(name: str) -> date | None:
    """The day in a file's name."""
    found = DATED.search(name)
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None
