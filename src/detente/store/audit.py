"""Reading the whole ledger again: is it still what was written?

The chain finds every edit, deletion, insertion and move. What a chain cannot show alone is that its end was cut off, or
that all of it was made anew; a checkpoint kept elsewhere does.
"""

import base64
import binascii
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import Connection, Engine

from detente.model.errors import DetenteError
from detente.store.database import reading
from detente.store.ledger import START
from detente.store.merkle import Tree

ORIGIN = "detente ledger"
PAGE = 512
"""Rows at a time: few enough to stay in the processor's cache, which thousands do not (measured: 1.6 times the time)."""

# Raw rows, and the entry as the bytes that were hashed: decoding a million texts would cost as much as hashing them.
_ROWS = {
    "sqlite": "SELECT seq, CAST(entry AS BLOB), CAST(leaf AS BLOB) FROM ledger ORDER BY seq",
    "postgresql": "SELECT seq, convert_to(entry::text, 'UTF8'), leaf FROM ledger ORDER BY seq",
}

Page = tuple[Sequence[int], Sequence[bytes], Sequence[bytes]]  # numbers, lines, leaves


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How long the ledger was, and its Merkle root then: enough to prove later that nothing of it is lost."""

    size: int
    root: bytes

    def __str__(self) -> str:
        """Three lines as in a signed note of a transparency log: origin, size, root in base64."""
        return f"{ORIGIN}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """Read it back; lines behind the third (signatures) are left alone. Raises DetenteError for anything else."""
        try:
            origin, size, root, *_ = text.splitlines()
            found = cls(int(size), base64.b64decode(root, validate=True))
        except (ValueError, binascii.Error):
            raise _no_checkpoint("it does not have the three lines origin, size and root") from None
        if origin != ORIGIN or found.size < 0 or len(found.root) != sha256().digest_size:
            raise _no_checkpoint(f"it must begin with {ORIGIN!r}, a size and a SHA-256 root in base64")
        return found


@dataclass(frozen=True, slots=True)
class Report:
    """What an audit found. `entries`, `root` and `head` (the last leaf) speak of the entries before `first_bad`."""

    entries: int
    root: bytes
    head: bytes
    first_bad: int | None = None
    what: str = ""


def verify(
    engine: Engine,
    progress: Callable[[int], None] | None = None,
    *,
    checkpoint: Checkpoint | None = None,
    sink: Callable[[bytes], object] | None = None,
) -> Report:
    """Read every entry and check its place in chain and tree; memory does not grow with the ledger.

    `progress` hears the number of entries after each page, `sink` gets each good line (an export). With `checkpoint` the
    tree must also have had that root at that size.
    """
    with reading(engine) as connection:
        return check(connection, progress, checkpoint=checkpoint, sink=sink)


def check(
    connection: Connection,
    progress: Callable[[int], None] | None = None,
    *,
    checkpoint: Checkpoint | None = None,
    sink: Callable[[bytes], object] | None = None,
) -> Report:
    """`verify` on a connection of the caller's."""
    audit = _Audit()
    for page in _pages(connection, checkpoint.size if checkpoint else 0):
        good, what = audit.read(*page)
        if sink:
            for line in page[1][:good]:
                sink(line)
        if what:
            return audit.report(audit.tree.size + 1, what)
        if checkpoint and audit.contradicts(checkpoint):
            return audit.report(1, f"the first {checkpoint.size} entries are not those of the checkpoint")
        if progress:
            progress(audit.tree.size)
    if checkpoint and audit.tree.size < checkpoint.size:
        return audit.report(audit.tree.size + 1, f"the end is missing: the checkpoint has {checkpoint.size} entries")
    return audit.report()


class _Audit:
    """Chain and tree as far as they have been read."""

    def __init__(self) -> None:
        self.tree, self.head = Tree(), START

    def read(self, numbers: Sequence[int], lines: Sequence[bytes], stored: Sequence[bytes]) -> tuple[int, str]:
        """Go on with a page: how many of its rows are good, and what is wrong with the next one."""
        before = (self.head, *stored)  # as stored: each link is then checked alone, and a break has one place
        links = [sha256(b"\0" + link + line).digest() for link, line in zip(before, lines, strict=False)]
        good, what = _good(self.tree.size, numbers, links, stored)
        self.tree.extend(links[:good])
        self.head = links[good - 1] if good else self.head
        return good, what

    def contradicts(self, checkpoint: Checkpoint) -> bool:
        return self.tree.size == checkpoint.size and self.tree.root != checkpoint.root

    def report(self, first_bad: int | None = None, what: str = "") -> Report:
        return Report(self.tree.size, self.tree.root, self.head, first_bad, what)


def _good(size: int, numbers: Sequence[int], links: list[bytes], stored: Sequence[bytes]) -> tuple[int, str]:
    expected = range(size + 1, size + 1 + len(numbers))
    if list(numbers) == list(expected) and links == list(stored):
        return len(numbers), ""
    for good, (number, due, link, kept) in enumerate(zip(numbers, expected, links, stored, strict=True)):
        if number != due:
            return good, f"entry {due} is missing" if number > due else f"an entry {number} stands before the first"
        if link != kept:
            return good, f"entry {due} was changed, or does not follow from the entry before it"
    raise AssertionError("a page is either good or has a first bad row")


def _pages(connection: Connection, cut: int) -> Iterator[Page]:
    """Pages in order of number; one ends exactly at `cut`, where a checkpoint wants to compare."""
    size, options = 0, {"yield_per": PAGE}
    with connection.exec_driver_sql(_ROWS[connection.dialect.name], execution_options=options) as result:
        while rows := result.fetchmany(min(PAGE, cut - size) if size < cut else PAGE):
            numbers, lines, leaves = zip(*rows, strict=True)
            yield numbers, lines, leaves
            size += len(rows)


def _no_checkpoint(why: str) -> DetenteError:
    return DetenteError(
        "The checkpoint cannot be read",
        f"{why}.",
        "Give the file that `detente ledger export --checkpoint FILE` wrote.",
        code="ledger-checkpoint",
    )
