"""Reading the whole ledger again: is it still what was written?

The chain finds every edit, deletion, insertion and move. What a chain cannot show alone is that its end was cut off, or
that all of it was made anew; a checkpoint kept elsewhere does.
"""

import base64
import binascii
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

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

Page = tuple[Sequence[int], Sequence[bytes], Sequence[bytes]]


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
    tree, head = Tree(), START
    due = checkpoint.size if checkpoint else None
    for numbers, lines, stored in _pages(connection, due):
        links = [sha256(b"\0" + before + line).digest() for before, line in zip((head, *stored), lines, strict=False)]
        good, what = _good(tree.size, numbers, links, stored)
        tree.extend(links[:good])
        head = links[good - 1] if good else head
        for line in lines[:good] if sink else ():
            sink(line) if sink else None
        if what:
            return Report(tree.size, tree.root, head, tree.size + 1, what)
        if checkpoint and tree.size == due and tree.root != checkpoint.root:
            return Report(
                tree.size, tree.root, head, 1, "the entries up to the checkpoint are not those it was made of"
            )
        if progress:
            progress(tree.size)
    if due is not None and tree.size < due:
        return Report(
            tree.size, tree.root, head, tree.size + 1, f"the end is missing: the checkpoint has {due} entries"
        )
    return Report(tree.size, tree.root, head)


def _good(size: int, numbers: Sequence[int], links: list[bytes], stored: Sequence[bytes]) -> tuple[int, str]:
    """How many rows of a page follow from what stands before, and what is wrong with the next one."""
    expected = range(size + 1, size + 1 + len(numbers))
    if list(numbers) == list(expected) and links == list(stored):
        return len(numbers), ""
    for good, (number, due, link, kept) in enumerate(zip(numbers, expected, links, stored, strict=True)):
        if number != due:
            return good, f"entry {due} is missing" if number > due else f"an entry {number} stands before the first"
        if link != kept:
            return good, f"entry {due} was changed, or does not follow from the entry before it"
    raise AssertionError("unreachable: the page is either good or has a first bad row")


def _pages(connection: Connection, cut: int | None) -> Iterator[Page]:
    """Pages in order of number; one ends exactly at `cut`, where a checkpoint wants to compare."""
    streaming = connection.execution_options(stream_results=True)
    result: Any = streaming.exec_driver_sql(_ROWS[connection.dialect.name])
    size = 0
    try:
        while rows := result.cursor.fetchmany(min(PAGE, cut - size) if cut and size < cut else PAGE):
            numbers, lines, leaves = zip(*rows, strict=True)
            yield numbers, lines, leaves
            size += len(rows)
    finally:
        result.close()


def _no_checkpoint(why: str) -> DetenteError:
    return DetenteError(
        "The checkpoint cannot be read",
        f"{why}.",
        "Give the file that `detente ledger export --checkpoint FILE` wrote.",
        code="ledger-checkpoint",
    )
