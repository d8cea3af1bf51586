"""XML reports: their outline and their record elements, in flat memory, without ever resolving an entity.

Record elements are found as byte ranges, because searching for their tags is far cheaper than an event per tag. The
outline around them is read event by event; the records are built a batch at a time at the speed of the C tree builder,
and one that is not well-formed is set aside alone.
"""

import contextlib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO
from xml.etree.ElementTree import XML, Element, ParseError, tostring
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from detente.model.errors import DetenteError
from detente.model.finding import Rejected
from detente.queue.limits import LIMITS, exceeded
from detente.queue.source import Record, Source
from detente.queue.tags import Piece, apart, pieces

_ENCODING = re.compile(rb"""^\s*<\?xml[^>]*?encoding=["']([\w.:-]+)""")


def local(tag: str) -> str:
    """`{namespace}name` or expat's `namespace name` to `name`."""
    return tag.rsplit(" ", 1)[-1].rpartition("}")[2]


def root(data: bytes) -> tuple[str, str, dict[str, str]]:
    """Namespace, local name and attributes of the root element in the first bytes of a document; empty if none.

    Raises DetenteError for a document that declares an entity.
    """
    seen: list[tuple[str, dict[str, str]]] = []
    parser = _parser(_encoding(data), lambda tag, attributes: seen.append((tag, attributes)) if not seen else None)
    with contextlib.suppress(expat.ExpatError):  # cut off: what came before is all there is
        parser.Parse(data, False)
    tag, attributes = seen[0] if seen else ("", {})
    return tag.rpartition(" ")[0], local(tag), attributes


def _encoding(data: bytes) -> str:
    """The declared encoding; UTF-8 for UTF-16, which the intake transcodes and leaves declared as it was."""
    found = _ENCODING.match(data[:1024].removeprefix(b"\xef\xbb\xbf"))
    name = found[1].decode() if found else "utf-8"
    return "utf-8" if name.lower().startswith(("utf-16", "ucs-2")) else name


def _parser(encoding: str, start: Callable[[str, dict[str, str]], Any]) -> expat.XMLParserType:
    parser = expat.ParserCreate(encoding, namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EntityDeclHandler = _refuse
    parser.ExternalEntityRefHandler = _refuse
    parser.UnparsedEntityDeclHandler = _refuse
    return parser


def _refuse(*_: Any) -> int:
    raise DetenteError(
        "The report declares an XML entity",
        "Entities can expand without bound or read files, and no scanner needs them.",
        "Export the report again without a custom document type.",
        code="entity",
    )


@dataclass(slots=True)
class _Walk:
    """Builds the outline, or (given one) walks along it and builds only the groups, which it hands over as they close."""

    skip: frozenset[str]
    groups: frozenset[str]
    known: Element | None = None
    root: Element | None = None
    stack: list[Element] = field(default_factory=list)
    cursor: list[int] = field(default_factory=list)
    ignored: int = 0  # levels inside a subtree nobody needs
    grouped: int = 0  # levels inside a group
    size: int = 0  # bytes kept, about
    closed: list[tuple[tuple[Element, ...], Element]] = field(default_factory=list)
    prefixes: dict[str, str] = field(default_factory=dict)
    tail: bytes = b""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = local(tag)
        if len(self.stack) + self.ignored >= LIMITS.depth:
            raise _deep()
        if self.ignored or name in self.skip or (self.known is None and name in self.groups):
            self.ignored += 1
        elif self.grouped or name in self.groups:
            element = Element(name, {local(key): value for key, value in attributes.items()})
            if self.grouped:
                self.stack[-1].append(element)
            self.grouped += 1
            self.stack.append(element)
        else:
            self._enter(name, attributes)

    def _enter(self, name: str, attributes: dict[str, str]) -> None:
        """An element of the outline: new in the first pass, the next known one in the second."""
        if self.known is not None:
            element = self.stack[-1][self.cursor[-1]] if self.stack else self.known
            if self.cursor:
                self.cursor[-1] += 1
        else:
            element = Element(name, {local(key): value for key, value in attributes.items()})
            self._weigh(100 + sum(map(len, attributes.values())))
            if self.stack:
                self.stack[-1].append(element)
            else:
                self.root = element
        self.stack.append(element)
        self.cursor.append(0)

    def _weigh(self, size: int) -> None:
        self.size += size
        if self.size > LIMITS.head:
            what = "The part of the report outside its records"
            raise exceeded(what, f"more than {LIMITS.head} bytes", f"{LIMITS.head} bytes")

    def end(self, _tag: str) -> None:
        if self.ignored:
            self.ignored -= 1
            return
        element = self.stack.pop()
        if not self.grouped:
            self.cursor.pop()
            return
        self.grouped -= 1
        if not self.grouped:
            self.closed.append((tuple(self.stack), element))

    def text(self, data: str) -> None:
        if self.ignored or not self.stack or (self.known is not None and not self.grouped):
            return
        if not self.grouped:
            self._weigh(len(data))
        parent = self.stack[-1]
        if len(parent):
            parent[-1].tail = (parent[-1].tail or "") + data
        else:
            parent.text = (parent.text or "") + data

    def follow(self, found: Iterable[Piece], encoding: str) -> Iterator[Piece]:
        """Walk the outline, and stop wherever records stand: `stack` holds their parents then."""
        parser = _parser(encoding, self.start)
        parser.EndElementHandler, parser.CharacterDataHandler = self.end, self.text
        parser.StartNamespaceDeclHandler = lambda prefix, uri: self.prefixes.update({prefix: uri} if prefix else {})
        for piece in found:
            parser.Parse(piece.outline, False)
            self.tail = piece.tail
            yield Piece(b"") if self.ignored else piece
        parser.Parse(b"", True)
        yield Piece(b"")


@dataclass(frozen=True, slots=True)
class _Way:
    """How the first pass read a report, so that the second need not look for records again."""

    names: frozenset[str]
    encoding: str
    lengths: list[tuple[int, int, int]] = field(default_factory=list)

    def found(self, stream: BinaryIO) -> Iterator[Piece]:
        """The pieces, which are noted in passing."""
        for piece in pieces(stream, self.names):
            self.lengths.append((len(piece.outline), len(piece.records), len(piece.tail)))
            yield piece

    def again(self, stream: BinaryIO) -> Iterator[Piece]:
        """The same pieces, read by their noted lengths."""
        for outline, records, tail in self.lengths:
            yield Piece(stream.read(outline), stream.read(records), tail=stream.read(tail))


def read(
    source: Source, records: frozenset[str], skip: frozenset[str], groups: frozenset[str] = frozenset()
) -> tuple[Element | None, Iterator[Record | Rejected], bool]:
    """Outline first, then a lazy pass over the record elements; a document that breaks off yields what came before.

    `groups` hold records by the thousand (a host): they are no part of the outline, but handed over as records of their
    own when they close, without the records inside, which saw as parent as much of it as stood before them.
    """
    walk, truncated = _Walk(skip, groups), False
    with source.open() as stream:
        way = _Way(records, _encoding(stream.read(1024)))
        stream.seek(0)
        try:
            for piece in walk.follow(way.found(stream), way.encoding):
                if piece.deep:
                    _fathom(piece.records, way.encoding, walk.prefixes)
        except (expat.ExpatError, LookupError) as error:
            truncated = True
            if walk.root is None:
                raise _malformed(error) from None
    return walk.root, _records(source, _Walk(skip, groups, known=walk.root), way), truncated


def _records(source: Source, walk: _Walk, way: _Way) -> Iterator[Record | Rejected]:
    with source.open() as stream:
        try:
            for piece in walk.follow(way.again(stream), way.encoding):
                yield from _closed(walk)
                if piece.records:
                    yield from _batch(piece.records, tuple(walk.stack), way, walk.prefixes)
        except expat.ExpatError as error:
            yield from _closed(walk)
            yield Rejected(0, f"the report breaks off: {_words(error)}", walk.tail)


def _closed(walk: _Walk) -> Iterator[Record]:
    closed, walk.closed = walk.closed, []
    for parents, element in closed:
        yield Record(element.tag, parents, "", element)


def _batch(
    records: bytes, parents: tuple[Element, ...], way: _Way, prefixes: dict[str, str]
) -> Iterator[Record | Rejected]:
    try:
        for element in _built(records, way.encoding, prefixes):
            yield Record(element.tag, parents, "", element)
        return
    except ParseError:
        pass  # one of them is bad: take them one by one
    for piece in apart(records, way.names):
        try:
            (element,) = _built(piece, way.encoding, prefixes)
            yield Record(element.tag, parents, "", element)
        except ParseError as error:
            yield Rejected(0, f"cannot be read as XML: {_words(error)}", _enclosed(piece, parents, way.encoding))


def _built(records: bytes, encoding: str, prefixes: dict[str, str]) -> list[Element]:
    """The elements of a run of records, under their local names. Raises ParseError."""
    known = "".join(f" xmlns:{prefix}={quoteattr(uri)}" for prefix, uri in prefixes.items())
    opener = f'<?xml version="1.0" encoding="{encoding}"?><r{known}>'
    elements = list(XML(b"".join((opener.encode(), records, b"</r>"))))
    if b"xmlns" in records or any(f"{prefix}:".encode() in records for prefix in prefixes):
        for element in elements:
            _strip(element)
    return elements


def _strip(element: Element) -> None:
    for inner in element.iter():
        inner.tag = local(inner.tag)
        if any("{" in key for key in inner.attrib):
            inner.attrib = {local(key): value for key, value in inner.attrib.items()}


def _fathom(records: bytes, encoding: str, prefixes: dict[str, str]) -> None:
    """Refuse records that nest too deep, counted breadth first: recursion is what they would break."""
    with contextlib.suppress(ParseError):
        level = _built(records, encoding, prefixes)
        for _ in range(LIMITS.depth):
            level = [child for element in level for child in element]
        if level:
            raise _deep()


def raw(record: Record) -> bytes:
    """A small document with just this record inside copies of its ancestors."""
    return tostring(_within(record.value, record.parents))


def _within(inner: Element, parents: tuple[Element, ...]) -> Element:
    """An element inside copies of its ancestors, which keep their leaves and their lists of leaves."""
    below: Element | None = None
    for parent in reversed(parents):
        copy = Element(parent.tag, dict(parent.attrib))
        copy.text = parent.text
        copy.extend([child for child in parent if child is not below and not any(map(len, child))])
        copy.append(inner)
        inner, below = copy, parent
    return inner


def _enclosed(piece: bytes, parents: tuple[Element, ...], encoding: str) -> bytes:
    """The same for a record that is not well-formed and thus can only be kept as it stands."""
    text = piece.decode(encoding, "replace").encode("ascii", "xmlcharrefreplace")
    return tostring(_within(Element("record"), parents)).replace(b"<record />", text)


def _words(error: expat.ExpatError | ParseError) -> str:
    """What is wrong, without the position, which counts in the part of the document that was looked at."""
    return expat.errors.messages.get(error.code, "not XML")


def _deep() -> DetenteError:
    return exceeded("The nesting of the report", f"more than {LIMITS.depth} levels", f"{LIMITS.depth} levels")


def _malformed(error: Exception) -> DetenteError:
    return DetenteError(
        "The report is not well-formed XML",
        f"{error}.",
        "Write the report again with the scanner, or check that the transfer was complete.",
        code="malformed",
    )
