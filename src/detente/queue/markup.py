"""XML reports: their outline and their record elements, in flat memory, without ever resolving an entity."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO
from xml.etree.ElementTree import Element, tostring
from xml.parsers import expat

from detente.model.errors import DetenteError
from detente.model.finding import Rejected
from detente.queue.limits import LIMITS, exceeded
from detente.queue.source import Record, Source

_CHUNK = 1 << 18


def local(tag: str) -> str:
    """`{namespace}name` or expat's `namespace name` to `name`."""
    return tag.rsplit(" ", 1)[-1]


def root(data: bytes) -> tuple[str, str, dict[str, str]]:
    """Namespace, local name and attributes of the root element in the first bytes of a document; empty if none."""
    seen: list[tuple[str, dict[str, str]]] = []
    parser = _parser(lambda tag, attributes: seen.append((tag, attributes)) if not seen else None)
    with contextlib.suppress(expat.ExpatError, DetenteError):  # cut off or hostile: what came before is all there is
        parser.Parse(data, False)
    tag, attributes = seen[0] if seen else ("", {})
    return tag.rpartition(" ")[0], local(tag), attributes


def _parser(start: Callable[[str, dict[str, str]], Any]) -> expat.XMLParserType:
    parser = expat.ParserCreate(namespace_separator=" ")
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
class _Reader:
    """Builds the outline, or (given one) walks along it and builds the records."""

    records: frozenset[str]
    skip: frozenset[str]
    outline: Element | None = None
    stack: list[Element] = field(default_factory=list)
    cursor: list[int] = field(default_factory=list)
    depth: int = 0
    ignored: int = 0  # levels inside a subtree nobody needs, or (outline pass) inside a record
    building: int = 0  # levels inside a record (record pass)
    done: list[tuple[tuple[Element, ...], Element]] = field(default_factory=list)
    root: Element | None = None
    collect: bool = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > LIMITS.depth:
            raise exceeded("The nesting of the report", f"more than {LIMITS.depth} levels", f"{LIMITS.depth} levels")
        name = local(tag)
        is_record = name in self.records and not self.building
        if self.ignored or name in self.skip or (is_record and not self.collect):
            self.ignored += 1
            return
        element = Element(name, {local(key): value for key, value in attributes.items()})
        if self.building or is_record:
            self.building += 1
            if not is_record:
                self.stack[-1].append(element)
            self.stack.append(element)
            return
        self._enter(element)

    def _enter(self, element: Element) -> None:
        """An element of the outline: new in the first pass, the next known one in the second."""
        if self.collect:
            known = self.stack[-1][self.cursor[-1]] if self.stack else self.outline
            assert known is not None
            if self.cursor:
                self.cursor[-1] += 1
            element = known
        elif self.stack:
            self.stack[-1].append(element)
        else:
            self.root = element
        self.stack.append(element)
        self.cursor.append(0)

    def end(self, _tag: str) -> None:
        self.depth -= 1
        if self.ignored:
            self.ignored -= 1
            return
        element = self.stack.pop()
        if not self.building:
            self.cursor.pop()
            return
        self.building -= 1
        if not self.building:
            self.done.append((tuple(self.stack), element))

    def text(self, data: str) -> None:
        if self.ignored or not self.stack or (self.collect and not self.building):
            return
        parent = self.stack[-1]
        if len(parent):
            parent[-1].tail = (parent[-1].tail or "") + data
        else:
            parent.text = (parent.text or "") + data


def _feed(stream: BinaryIO, reader: _Reader) -> Iterator[list[tuple[tuple[Element, ...], Element]]]:
    parser = _parser(reader.start)
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    while chunk := stream.read(_CHUNK):
        parser.Parse(chunk, False)
        done, reader.done = reader.done, []
        yield done
    parser.Parse(b"", True)
    yield reader.done


def read(
    source: Source, records: frozenset[str], skip: frozenset[str]
) -> tuple[Element | None, Iterator[Record | Rejected], bool]:
    """Outline first, then a lazy pass over the record elements; a document that breaks off yields what came before."""
    reader, truncated = _Reader(records, skip), False
    with source.open() as stream:
        try:
            for _ in _feed(stream, reader):
                pass
        except expat.ExpatError as error:
            truncated = True
            if reader.root is None:
                raise _malformed(error) from None
    return reader.root, _records(source, records, skip, reader.root), truncated


def _records(
    source: Source, records: frozenset[str], skip: frozenset[str], outline: Element | None
) -> Iterator[Record | Rejected]:
    reader = _Reader(records, skip, outline=outline, collect=True)
    with source.open() as stream:
        try:
            for done in _feed(stream, reader):
                for parents, element in done:
                    yield Record(element.tag, parents, "", element)
        except expat.ExpatError as error:
            for parents, element in reader.done:
                yield Record(element.tag, parents, "", element)
            yield Rejected(0, f"the report breaks off: {error}", tostring(reader.stack[-1]) if reader.building else b"")


def raw(record: Record) -> bytes:
    """A small document with just this record inside copies of its ancestors."""
    inner: Element = record.value
    for parent in reversed(record.parents):
        copy = Element(parent.tag, dict(parent.attrib))
        copy.text = parent.text
        copy.extend([child for child in parent if not len(child)])
        copy.append(inner)
        inner = copy
    return tostring(inner)


def _malformed(error: expat.ExpatError) -> DetenteError:
    return DetenteError(
        "The report is not well-formed XML",
        f"{error}.",
        "Write the report again with the scanner, or check that the transfer was complete.",
        code="malformed",
    )
