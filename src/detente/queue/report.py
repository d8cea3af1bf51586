"""A report and the ways to read it: the contract between a format's parser and the intake that drives it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from xml.etree.ElementTree import Element

from detente.model.finding import Coverage, Rejected
from detente.queue import markup, sheet
from detente.queue.source import Items, Record, Skip, Source

__all__ = [
    "BundleParser",
    "CsvParser",
    "Head",
    "Items",
    "JsonParser",
    "Parser",
    "Record",
    "Skip",
    "Source",
    "XmlParser",
]

SNIFF_BYTES = 1 << 16


@dataclass(frozen=True)
class Head:
    """The first bytes of a report, for recognition by content. A look costs one read of 64 KiB."""

    data: bytes
    name: str = ""
    members: tuple[str, ...] = ()

    @cached_property
    def json(self) -> Any:
        """The beginning of the first JSON value, mended where it was cut; None when it is not JSON."""
        from detente.queue.peek import peek  # the JSON reader brings numpy: who reads no JSON does not wait for it

        return peek(self.data)

    @property
    def object(self) -> dict[str, Any]:
        """The first JSON value when it is an object, or the first object of a list; else empty."""
        value = self.json
        if isinstance(value, list) and value:
            value = value[0]
        return value if isinstance(value, dict) else {}

    def first(self, *path: str) -> dict[str, Any]:
        """The first object of the list that these keys lead to from `object`; empty where there is none."""
        value: Any = self.object
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        found = value[0] if isinstance(value, list) and value else None
        return found if isinstance(found, dict) else {}

    @cached_property
    def root(self) -> tuple[str, str, dict[str, str]]:
        """Namespace, local name and attributes of the XML root element; empty when it is not XML."""
        return markup.root(self.data)

    @cached_property
    def columns(self) -> tuple[frozenset[str], ...]:
        """The cells of each of the first CSV lines: the header may follow a preamble."""
        return sheet.columns(self.data)

    def has_columns(self, *names: str) -> bool:
        """Whether one of the first lines is a header with all these columns."""
        return any(line.issuperset(names) for line in self.columns)


def _seen(context: Any) -> datetime | None:
    """The `seen` of a context that has one: what most parsers call the time of the scan."""
    when = getattr(context, "seen", None)
    return when if isinstance(when, datetime) else None


@dataclass(frozen=True, kw_only=True)
class Parser:
    """One report format. Bump `version` whenever the same bytes would now be read differently.

    `sniff` recognises the format by content. `observe` turns one record into observations (and Skip or Coverage); it may
    raise ValueError, TypeError or LookupError for a record it cannot read, which is then quarantined, alone. `prepare`
    makes of the document without its records whatever `observe` needs as context (rule tables, the asset). `cover` says
    from that context what the scan looked at even where it found nothing, and whether it succeeded (and counts what is not read), `dated` when it was
    made: the order of reports, and with it what an empty one closes, hangs on that. `secrets` says that
    records may hold a secret, all of them or those of some paths: they are then never kept, not even in quarantine.
    """

    name: str
    version: int = 1
    sniff: Callable[[Head], bool]
    observe: Callable[[Record, Any], Items]
    prepare: Callable[[Any], Any] = lambda head: head
    cover: Callable[[Any], Iterable[Coverage | Skip]] = lambda context: ()
    dated: Callable[[Any], datetime | None] = _seen
    secrets: bool | frozenset[str] = False

    def outline(self, source: Source) -> tuple[Any, Iterator[Record | Rejected], bool]:
        """The document without its records, the records, and whether the file broke off."""
        raise NotImplementedError

    def documents(self, outline: Any) -> list[Any]:
        """The outlines of the documents that stand in one file, each with a context of its own; nearly always one."""
        return [outline]


@dataclass(frozen=True, kw_only=True)
class JsonParser(Parser):
    """A JSON format: `records` maps each record path to the type its records decode into (None: read over).

    `tables` are the record paths read before all others, because the others refer to them.
    """

    records: Mapping[str, Any]
    tables: tuple[str, ...] = ()

    def outline(self, source: Source) -> tuple[Any, Iterator[Record | Rejected], bool]:
        """Head: the list of the document's roots (one, but for JSON Lines)."""
        from detente.queue.records import read

        return read(source, self.records, self.tables)

    def documents(self, outline: Any) -> list[Any]:
        """Each root by itself, or in a list of them (`jq -s`), unless they are records or the format is itself a list."""
        if not isinstance(outline, list) or any(path == "" or path.startswith("[]") for path in self.records):
            return [outline]
        found = [document for root in outline for document in (root if isinstance(root, list) else [root])]
        return [[document] for document in found] or [found]


@dataclass(frozen=True, kw_only=True)
class XmlParser(Parser):
    """An XML format: `records` are the local names of record elements, `skip` those of subtrees nobody needs.

    `groups` are elements that hold records by the thousand (a host): left out of the head, they come as records of their
    own after the records inside them, which see them among their parents.
    """

    records: frozenset[str]
    skip: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()

    def outline(self, source: Source) -> tuple[Element | None, Iterator[Record | Rejected], bool]:
        """Head: the root element without its records."""
        return markup.read(source, self.records, self.skip, self.groups)


@dataclass(frozen=True, kw_only=True)
class CsvParser(Parser):
    """A CSV format: the header is the first line that has all `header` columns; `delimiter` None means: find out."""

    header: tuple[str, ...]
    delimiter: str | None = None

    def outline(self, source: Source) -> tuple[dict[str, Any], Iterator[Record | Rejected], bool]:
        """Head: {"columns": [...], "preamble": [[...], ...]}."""
        return sheet.read(source, self.header, self.delimiter)


@dataclass(frozen=True, kw_only=True)
class BundleParser(Parser):
    """An archive whose files belong together: `load` joins its members into records."""

    load: Callable[[Source], tuple[Any, Iterator[Record | Rejected], bool]]

    def outline(self, source: Source) -> tuple[Any, Iterator[Record | Rejected], bool]:
        """Head and records as `load` gives them."""
        return self.load(source)
