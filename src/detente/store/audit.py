"""Reading the whole ledger again: is it still what was written?

The chain finds every edit, deletion, insertion and move. What a chain cannot show alone is that its end was cut off, or
that all of it was made anew; a checkpoint kept elsewhere does.
"""

import base64
import binascii
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import Connection, Engine, text

from detente.model.errors import DetenteError
from detente.store.database import reading, stream
from detente.store.ledger import START
from detente.store.merkle import Tree

ORIGIN = "detente ledger"
PAGE = 512
"""Rows at a time: few enough to stay in the processor's cache, which thousands do not (measured: 1.6 times the time)."""

# The entry as the bytes that were hashed: decoding a million texts would cost as much as hashing them.
_ROWS = {
    "sqlite": "SELECT CAST(entry AS BLOB), CAST(leaf AS BLOB) FROM ledger ORDER BY seq",
    "postgresql": "SELECT convert_to(entry::text, 'UTF8'), leaf FROM ledger ORDER BY seq",
}
_BOUNDS = text("SELECT (SELECT min(seq) FROM ledger), (SELECT max(seq) FROM ledger)")
_MISNUMBERED = text("""
    SELECT place, seq FROM (SELECT seq, row_number() OVER (ORDER BY seq) AS place FROM ledger) AS counted
    WHERE seq <> place ORDER BY place LIMIT 1
""")

Page = tuple[Sequence[bytes], Sequence[bytes]]  # lines, leaves


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
    """What an audit found. `entries`, `root` and `head` (the last leaf) speak of the entries up to where the chain holds."""

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
    first, last = connection.execute(_BOUNDS).one()
    for page in _pages(connection, checkpoint.size if checkpoint else 0):
        good = audit.read(*page)
        if sink:
            for line in page[0][:good]:
                sink(line)
        if good < len(page[0]):
            return audit.report(*_diagnose(connection, audit.tree.size + 1))
        if checkpoint and audit.contradicts(checkpoint):
            return audit.report(1, f"the first {checkpoint.size} entries are not those of the checkpoint")
        if progress:
            progress(audit.tree.size)
    if audit.tree.size and (first, last) != (1, audit.tree.size):
        return audit.report(*_diagnose(connection, audit.tree.size + 1))
    if checkpoint and audit.tree.size < checkpoint.size:
        return audit.report(audit.tree.size + 1, f"the end is missing: the checkpoint has {checkpoint.size} entries")
    return audit.report()


class _Audit:
    """Chain and tree as far as they have been read."""

    def __init__(self) -> None:
        self.tree, self.head = Tree(), START

    def read(self, lines: Sequence[bytes], stored: Sequence[bytes]) -> int:
        """Go on with a page; how many of its rows are good."""
        before = (self.head, *stored)  # as stored: each link is then checked alone, and a break has one place
        links = [sha256(b"\0" + link + line).digest() for link, line in zip(before, lines, strict=False)]
        if links != list(stored):
            bad = next(at for at, (link, kept) in enumerate(zip(links, stored, strict=True)) if link != kept)
            links = links[:bad]
        self.tree.extend(links)
        self.head = links[-1] if links else self.head
        return len(links)

    def contradicts(self, checkpoint: Checkpoint) -> bool:
        return self.tree.size == checkpoint.size and self.tree.root != checkpoint.root

    def report(self, first_bad: int | None = None, what: str = "") -> Report:
        return Report(self.tree.size, self.tree.root, self.head, first_bad, what)


def _diagnose(connection: Connection, place: int) -> tuple[int, str]:
    """The first bad place and what is wrong there, when the chain or the numbers do not hold up to `place`.

    Rows are read in the order of their numbers, and the chain shows that order to be right: so numbers without a gap
    need to be looked at only at their ends, and one by one only here.
    """
    found = connection.execute(_MISNUMBERED).first()
    if found is None or found.place > place:
        return place, f"entry {place} was changed, or does not follow from the entry before it"
    missing = found.seq > found.place
    return found.place, f"entry {found.place} is missing" if missing else f"entry {found.seq} stands before the first"


def _pages(connection: Connection, cut: int) -> Iterator[Page]:
    """Pages in order of number; one ends exactly at `cut`, where a checkpoint wants to compare."""
    size = 0
    for rows in stream(connection, _ROWS[connection.dialect.name], PAGE):
        cuts = (rows[: cut - size], rows[cut - size :]) if size < cut < size + len(rows) else (rows,)
        for part in cuts:
            lines, leaves = zip(*part, strict=True)
            yield lines, leaves
        size += len(rows)


def _no_checkpoint(why: str) -> DetenteError:
    return DetenteError(
        "The checkpoint cannot be read",
        f"{why}.",
        "Give the file that `detente ledger export --checkpoint FILE` wrote.",
        code="ledger-checkpoint",
    )
