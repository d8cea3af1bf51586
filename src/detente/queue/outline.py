"""Split a JSON report, in one pass and flat memory, into its outline and the byte ranges of its records.

A parser names where records lie (`Results[].Vulnerabilities[]`, `advisories{}`, `` for JSON Lines). The outline is the
rest of the document with those containers left empty; it is small, complete and available before the first record,
whatever order the keys came in.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, BinaryIO, NoReturn, TypeAlias

from detente.queue import lax
from detente.queue.cursor import CHUNK, Cursor, Cut, broken
from detente.queue.limits import LIMITS, Limits
from detente.queue.tokens import CLOSE_BRACE, CLOSE_BRACKET, COLON, COMMA, OPEN_BRACE, OPEN_BRACKET

_CLOSER = {OPEN_BRACE: CLOSE_BRACE, OPEN_BRACKET: CLOSE_BRACKET}
Trail: TypeAlias = tuple[int | str, ...]


@dataclass(slots=True)
class Node:
    """One step of the record paths: children by `.key`, `[]` or `{}`; `record` is the path that ends here."""

    children: dict[str, "Node"] = field(default_factory=dict)
    record: str | None = None

    def child(self, opener: int, key: str) -> "Node | None":
        """Where the paths lead from a container that opens with `opener`, at a key of it."""
        if opener == OPEN_BRACKET:
            return self.children.get("[]")
        return self.children.get("." + key) or self.children.get("{}")

    def inside(self, opener: int) -> str | None:
        """The path of the elements when this container is entirely made of records."""
        child = self.children.get("[]" if opener == OPEN_BRACKET else "{}")
        return child.record if child is not None else None


@dataclass(frozen=True, slots=True)
class Batch:
    """A byte range holding whole records of `path`; `trail` leads from the outline's roots to their container."""

    path: str
    trail: Trail
    shape: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Outline:
    """The document without its records. `tail` is the range of a last record that broke off, if any."""

    roots: list[Any]
    batches: list[Batch]
    tail: Batch | None
    truncated: bool


def plan(paths: Iterable[str]) -> Node:
    """The tree of all record paths."""
    root = Node()
    for path in paths:
        node = root
        for step in path.replace("[]", "\0[]").replace("{}", "\0{}").replace(".", "\0.").split("\0"):
            if step:
                key = step if step in {"[]", "{}"} else "." + step.removeprefix(".")
                node = node.children.setdefault(key, Node())
        node.record = path
    return root


@dataclass(slots=True)
class _Walk:
    """Descends where a record path leads, and jumps over everything else. The head is mended where the report is cut."""

    cursor: Cursor
    plan: Node
    batches: list[Batch] = field(default_factory=list)
    tail: Batch | None = None
    count: int = 0  # roots that are complete

    def roots(self) -> NoReturn:
        """All values of the stream, one after another. Raises Cut at its end, or where no value follows a whole one."""
        while True:
            opener = self.cursor.peek()
            if opener == OPEN_BRACE and self.plan.record is not None:
                self._lines()
            if self.count:
                if opener not in _CLOSER or self.cursor.before.strip():
                    raise Cut
                self.cursor.keep(self.cursor.done)
                self.cursor.head += b","
            self.cursor.next()
            if opener not in _CLOSER:
                raise broken("it does not begin with an object or a list")
            self._container(_root(self.plan, opener), opener, (self.count,))
            self.count += 1

    def _container(self, node: Node | None, opener: int, trail: Trail) -> None:
        """What follows an opening bracket, up to and including the closing one."""
        if node is None:
            self._jump()
        elif (path := node.inside(opener)) is not None:
            self._records(path, opener, trail)
        else:
            self._descend(node, opener, trail)

    def _descend(self, node: Node, opener: int, trail: Trail) -> None:
        index, key = 0, ""
        try:
            while (token := self.cursor.next())[0] not in (CLOSE_BRACE, CLOSE_BRACKET):
                byte, text = token
                if byte == COLON:
                    key = _key(text)
                elif byte == COMMA:
                    index += 1
                else:
                    step = index if opener == OPEN_BRACKET else key
                    self._container(node.child(opener, key), byte, (*trail, step))
        except Cut:
            self._mend(opener)
            raise
        _match(opener, token[0])

    def _jump(self) -> None:
        """Over a value that no path leads into; one that is cut off is left out."""
        cursor, level = self.cursor, self.cursor.depth - 1
        cursor.keep(cursor.done - 1)
        start = len(cursor.head)
        try:
            while (end := cursor.first(level)) is None:
                if cursor.at < len(cursor.tokens.byte):
                    cursor.consume(len(cursor.tokens.byte) - 1)
                cursor.more()
        except Cut:
            del cursor.head[start:]
            cursor.drop()
            raise
        cursor.consume(end)

    def _records(self, path: str, opener: int, trail: Trail) -> None:
        cursor, level = self.cursor, self.cursor.depth
        place = (path, trail, "list" if opener == OPEN_BRACKET else "members")
        cursor.keep(cursor.done)
        try:
            while (end := cursor.first(level - 1)) is None:
                if (comma := cursor.comma(level)) is not None:
                    self._batch(place, int(cursor.tokens.position[comma]))
                    cursor.consume(comma)
                cursor.drop()
                cursor.more()
        except Cut:
            self._cut(place)
            self._mend(opener)
            raise
        cursor.kept = int(cursor.tokens.position[end])
        self._batch(place, cursor.kept)
        cursor.consume(end)
        _match(opener, int(cursor.tokens.byte[end]))

    def _lines(self) -> NoReturn:
        """The rest of the stream, every root of it a record."""
        cursor, place = self.cursor, ("", (), "roots")
        try:
            while True:
                if (end := cursor.root()) is not None:
                    self._batch(place, int(cursor.tokens.position[end]) + 1)
                    cursor.consume(end)
                cursor.drop()
                cursor.more()
        except Cut:
            self._cut(place)
            raise

    def _batch(self, place: tuple[str, Trail, str], stop: int) -> None:
        """Whole records from where the cursor stands up to `stop`, if there are any."""
        cursor = self.cursor
        if cursor.buffer[cursor.done : stop].strip():
            self.batches.append(Batch(*place, cursor.base + cursor.done, cursor.base + stop))

    def _cut(self, place: tuple[str, Trail, str]) -> None:
        """Note the record that the report breaks off in."""
        cursor = self.cursor
        if cursor.rest.strip():
            self.tail = Batch(*place, cursor.base + cursor.done, cursor.base + len(cursor.buffer))

    def _mend(self, opener: int) -> None:
        """Close a container that was cut off after its last whole member; a key without its value gets null."""
        cursor = self.cursor
        cursor.keep(cursor.done)
        head = bytes(cursor.head).rstrip().removesuffix(b",")
        cursor.head[:] = head + (b"null" if head.endswith(b":") else b"") + bytes([_CLOSER[opener]])


def _root(plan: Node, opener: int) -> Node:
    """Where the paths lead from a root. A list that they do not speak of is one of whole documents (`jq -s`)."""
    return Node({"[]": plan}) if opener == OPEN_BRACKET and "[]" not in plan.children else plan


def _match(opener: int, closer: int) -> None:
    if _CLOSER[opener] != closer:
        raise broken("brackets do not match")


def _key(text: bytes) -> str:
    try:
        return str(lax.loads(text))
    except ValueError:
        raise broken("a key of an object cannot be read") from None


def outline(stream: BinaryIO, paths: Iterable[str], limits: Limits = LIMITS, chunk: int = CHUNK) -> Outline:
    """Read `stream` once from its start. Raises DetenteError where the outer structure is broken or a limit crossed."""
    cursor = Cursor(stream, limits, chunk)
    walk = _Walk(cursor, plan(paths))
    try:
        walk.roots()
    except Cut:
        truncated = cursor.depth > 0 or walk.tail is not None
        if not truncated:
            truncated = walk.count > 0 and bool(cursor.rest.strip())  # a log line, a document of another kind
            cursor.keep(cursor.done if truncated else len(cursor.buffer))
    return Outline(_decode(bytes(cursor.head)), walk.batches, walk.tail, truncated)


def _decode(head: bytes) -> list[Any]:
    try:
        return list(lax.loads(b"[" + head + b"]"))
    except ValueError as error:
        raise broken(str(error)) from None
