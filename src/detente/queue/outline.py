"""Split a JSON report, in one pass and flat memory, into its outline and the byte ranges of its records.

A parser names where records lie (`Results[].Vulnerabilities[]`, `advisories{}`, `` for JSON Lines). The outline is the
rest of the document with those containers left empty; it is small, complete and available before the first record,
whatever order the keys came in.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO, TypeAlias

import msgspec
import numpy as np

from detente.model.errors import DetenteError
from detente.queue.limits import LIMITS, Limits, exceeded
from detente.queue.tokens import CLOSE_BRACE, CLOSE_BRACKET, COLON, COMMA, OPEN_BRACE, OPEN_BRACKET, Tokens, scan

CHUNK = 1 << 19
_CLOSER = {OPEN_BRACE: b"}", OPEN_BRACKET: b"]"}
Trail: TypeAlias = tuple[int | str, ...]


@dataclass(slots=True)
class Node:
    """One step of the record paths: children by `.key`, `[]` or `{}`; `record` is the path that ends here."""

    children: dict[str, "Node"] = field(default_factory=dict)
    record: str | None = None

    def inside(self, opener: int) -> "Node | None":
        """The node of the elements when this container is entirely made of records."""
        child = self.children.get("[]" if opener == OPEN_BRACKET else "{}")
        return child if child is not None and child.record is not None else None


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


def plan(paths: Iterator[str] | tuple[str, ...]) -> Node:
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
class _Frame:
    node: Node
    opener: int
    name: int | str
    depth: int
    index: int = 0
    key: str = ""

    def child(self) -> Node | None:
        if self.opener == OPEN_BRACKET:
            return self.node.children.get("[]")
        return self.node.children.get("." + self.key) or self.node.children.get("{}")


@dataclass(slots=True)
class _Splitter:
    """Walks the punctuation: descends where a record path leads, jumps over everything else."""

    plan: Node
    limits: Limits
    frames: list[_Frame] = field(default_factory=list)
    head: bytearray = field(default_factory=bytearray)
    batches: list[Batch] = field(default_factory=list)
    roots: int = 0
    skip: int | None = None  # jumping over a value until the depth is back at this
    skip_head: int = 0  # length of the head when the jump began: a value cut off by the end is dropped from there
    record: tuple[str, Trail, str, int] | None = None  # path, trail, shape, depth inside the container
    copied: int = 0  # bytes of the present buffer that are in the head already

    def depth(self) -> int:
        """The nesting at the start of the next buffer."""
        if self.record is not None:
            return self.record[3]
        return self._depth

    _depth: int = 0

    def feed(self, buffer: bytes, base: int) -> int:
        """Consume whole tokens of `buffer` (which starts at file offset `base`); returns how many bytes are done with."""
        tokens = scan(buffer, self.depth())
        self._guard(tokens)
        self.copied, at, done, count = 0, 0, 0, len(tokens.position)
        while at < count:
            if self.record is not None:
                at, done, more = self._records(tokens, at, done, base, buffer)
            elif self.skip is not None:
                at, done, more = self._jump(tokens, at)
            else:
                at, done, more = self._step(tokens, at, done, buffer)
            if not more:
                break
        if self.record is None:
            self._copy(buffer, done)
        if at and self.record is None:
            self._depth = int(tokens.depth[min(at, count) - 1])
        return done

    def _guard(self, tokens: Tokens) -> None:
        if not len(tokens.depth):
            return
        if (deepest := int(tokens.depth.max())) > self.limits.depth:
            raise exceeded("The nesting of the report", f"{deepest} levels deep", f"{self.limits.depth} levels")
        if int(tokens.depth.min()) < 0:
            raise broken("a bracket closes that was never opened")

    def _copy(self, buffer: bytes, end: int) -> None:
        if end > self.copied:
            self.head += buffer[self.copied : end]
            self.copied = end
        if len(self.head) > self.limits.head:
            raise exceeded(
                "The part of the report outside its records",
                f"more than {self.limits.head} bytes",
                f"{self.limits.head} bytes",
            )

    def _step(self, tokens: Tokens, at: int, done: int, buffer: bytes) -> tuple[int, int, bool]:
        byte, position = int(tokens.byte[at]), int(tokens.position[at])
        frame = self.frames[-1] if self.frames else None
        if byte == COLON and frame is not None:
            frame.key = _key(buffer[done:position])
        elif byte == COMMA and frame is not None:
            frame.index += 1
        elif byte in {CLOSE_BRACE, CLOSE_BRACKET}:
            self._close(frame, byte)
        elif byte in _CLOSER:
            self._open(frame, byte, int(tokens.depth[at]), position, buffer)
            if self.record is not None and self.record[2] == "roots":
                return at, position, True
        return at + 1, position + 1, True

    def _close(self, frame: _Frame | None, byte: int) -> None:
        if frame is None or _CLOSER[frame.opener][0] != byte:
            raise broken("brackets do not match")
        self.frames.pop()
        self.roots += not self.frames

    def _open(self, frame: _Frame | None, byte: int, depth: int, position: int, buffer: bytes) -> None:
        node: Node | None = frame.child() if frame else self.plan
        name: int | str = self.roots if frame is None else frame.index if frame.opener == OPEN_BRACKET else frame.key
        if frame is None and self.roots:
            self._copy(buffer, position)
            self.head += b","
        if frame is None and self.plan.record is not None and byte == OPEN_BRACE:
            self.record = (self.plan.record, (), "roots", 0)
            return
        if node is None:
            self._copy(buffer, position)
            self.skip, self.skip_head = depth - 1, len(self.head)
            return
        self.frames.append(_Frame(node, byte, name, depth))
        if (element := node.inside(byte)) is not None:
            self._copy(buffer, position + 1)
            shape = "list" if byte == OPEN_BRACKET else "members"
            self.record = (element.record or "", tuple(f.name for f in self.frames), shape, depth)

    def _jump(self, tokens: Tokens, at: int) -> tuple[int, int, bool]:
        level = self.skip if self.skip is not None else 0
        end = first(tokens, at, level)
        if end is None:
            return len(tokens.depth), int(tokens.position[-1]) + 1, False
        self.skip = None
        return end + 1, int(tokens.position[end]) + 1, True

    def _records(self, tokens: Tokens, at: int, done: int, base: int, buffer: bytes) -> tuple[int, int, bool]:
        assert self.record is not None
        path, trail, shape, depth = self.record
        if shape == "roots":
            return self._roots(tokens, at, done, base)
        end = first(tokens, at, depth - 1)
        if end is not None:
            stop = int(tokens.position[end])
            if buffer[done:stop].strip():
                self.batches.append(Batch(path, trail, shape, base + done, base + stop))
            self.record, self.copied = None, stop
            return end, stop, True
        commas = np.flatnonzero((tokens.depth[at:] == depth) & (tokens.byte[at:] == COMMA))
        if not len(commas):
            return at, done, False
        stop = int(tokens.position[at + int(commas[-1])])
        self.batches.append(Batch(path, trail, shape, base + done, base + stop))
        return at, stop + 1, False

    def _roots(self, tokens: Tokens, at: int, done: int, base: int) -> tuple[int, int, bool]:
        closers = np.flatnonzero(tokens.depth[at:] == 0)
        if not len(closers):
            return at, done, False
        stop = int(tokens.position[at + int(closers[-1])]) + 1
        self.batches.append(Batch("", (), "roots", base + done, base + stop))
        return at, stop, False

    def close(self) -> bytes:
        """The head as a JSON array of roots, mended where the file broke off."""
        if self.skip is not None:
            del self.head[self.skip_head :]
        text = bytes(self.head).rstrip()
        if self.frames:
            text = text.removesuffix(b",") + (b"null" if text.endswith(b":") else b"")
            text += b"".join(_CLOSER[frame.opener] for frame in reversed(self.frames))
        return b"[" + text.removesuffix(b",") + b"]"


def first(tokens: Tokens, at: int, level: int) -> int | None:
    """Index of the first token from `at` on whose depth is at or under `level`; looks in growing windows."""
    width, count = 64, len(tokens.depth)
    while at < count:
        hit = tokens.depth[at : at + width] <= level
        if hit.any():
            return at + int(hit.argmax())
        at, width = at + width, width * 4
    return None


def _key(text: bytes) -> str:
    try:
        return str(msgspec.json.decode(text))
    except msgspec.DecodeError:
        raise broken("a key of an object cannot be read") from None


def broken(why: str) -> DetenteError:
    """The error for a report whose outer structure is not JSON."""
    return DetenteError(
        "The report is not well-formed JSON",
        f"{why}.",
        "Write the report again with the scanner, or check that the transfer was complete.",
        code="malformed",
    )


def outline(stream: BinaryIO, paths: tuple[str, ...], limits: Limits = LIMITS) -> Outline:
    """Read `stream` once from its start. Raises DetenteError where the outer structure is broken or a limit crossed."""
    splitter, base, rest = _Splitter(plan(paths), limits), 0, b""
    while chunk := stream.read(max(CHUNK, len(rest))):
        buffer = rest + chunk
        done = splitter.feed(buffer, base)
        base, rest = base + done, buffer[done:]
        if len(rest) > limits.record:
            raise exceeded("One record of the report", f"more than {limits.record} bytes", f"{limits.record} bytes")
    tail = None
    if splitter.record is not None and rest.strip():
        path, trail, shape, _ = splitter.record
        tail = Batch(path, trail, shape, base, base + len(rest))
    truncated = bool(splitter.frames) or splitter.skip is not None or tail is not None
    if not splitter.frames and splitter.record is None:
        splitter.head += rest
    return Outline(_decode(splitter.close()), splitter.batches, tail, truncated)


def _decode(text: bytes) -> list[Any]:
    try:
        roots = msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise broken(str(error)) from None
    return list(roots)
