"""Drive a parser over a report: recognise it, isolate bad records, count everything that was in it."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from detente.model.errors import DetenteError
from detente.model.finding import Coverage, Observation, Rejected
from detente.queue import markup, sheet
from detente.queue.parsers import registry
from detente.queue.report import SNIFF_BYTES, CsvParser, Head, Parser, Record, Skip, Source, XmlParser

_UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError)
"""How a value shows that a parser expected another: it costs the record, never the file (law 3)."""
_RAW_LIMIT = 1 << 20
_BEGINNING = re.compile(rb"^(?:\{\s*[\"}]|\[\s*[\[{\]]|<[?!A-Za-z])", re.MULTILINE)
_LOG_BYTES, _TRIES = 1 << 20, 64  # a report is looked for in as many bytes, on as many lines that might begin one


@dataclass(slots=True)
class Tally:
    """What a reading has met so far. `skipped` counts by reason records that are by nature no findings.

    `newest` is the latest time that anything in the report was seen: it dates one that does not date itself.
    """

    rejected: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    truncated: bool = False
    newest: datetime | None = None

    def date(self, seen: datetime | None) -> None:
        """Take note of when something was seen."""
        if seen is not None and (self.newest is None or seen > self.newest):
            self.newest = seen


@dataclass(frozen=True, slots=True)
class Reading:
    """A report being read: consume `items` once; `tally` and `coverage` are complete when it is exhausted."""

    parser: Parser
    items: Iterator[Observation | Rejected]
    tally: Tally
    coverage: dict[Coverage, None]
    dated: datetime | None


def head(source: Source, size: int = SNIFF_BYTES) -> Head:
    """The first `size` bytes of a report."""
    with source.open() as stream:
        return Head(stream.read(size), source.name, tuple(source.members))


def recognise(source: Source, among: Iterable[str] = ()) -> str | None:
    """The one format that claims this content, by looking at 64 KiB, then at 1 MiB; None when none of `among` (or all) does.

    The first claim is the only one (a test holds every parser to that), so the others need not even be loaded.
    """
    for size in (SNIFF_BYTES, 1 << 20):
        found = head(source, size)
        claim = _claim(found, among)
        if claim is not None:
            return claim
        if len(found.data) < size:
            break
    return None


def _claim(found: Head, among: Iterable[str]) -> str | None:
    return next((name for name in tuple(among) or registry.names() if registry.parser(name).sniff(found)), None)


def resolve(source: Source, name: str = "") -> tuple[str | None, Source]:
    """The format to read a source by, and the source from where its report begins.

    Of the family that `name` means it is the one that claims the source, else its first; without a name the one that claims
    it, if any. Raises DetenteError for a name that means no format.
    """
    family = registry.family(name) if name else ()
    claim = recognise(source, family)
    return (claim, source) if claim else _behind(source, family) or (next(iter(family), None), source)


def _behind(source: Source, among: tuple[str, ...]) -> tuple[str, Source] | None:
    """A report behind what its tool logged to the same stream: it begins on a line of its own. None where there is none."""
    data = head(source, _LOG_BYTES).data
    for found in islice(_BEGINNING.finditer(data), _TRIES) if b"\0" not in data else ():
        log, beginning = data[: found.start()], data[found.start() : found.start() + SNIFF_BYTES]
        if log.strip() and (claim := _claim(Head(beginning, source.name), among)):
            return claim, source.after(log)
    return None


def read(parser: Parser, source: Source) -> Reading:
    """Begin to read a report. Raises DetenteError when its outer structure cannot be read at all."""
    outline, found, truncated = parser.outline(source)
    tally, coverage = Tally(truncated=truncated), dict[Coverage, None]()
    tally.skipped.update({"log line before the report": source.logged} if source.logged else {})
    try:
        documents = parser.documents(outline)
        contexts = [parser.prepare(document) for document in documents]
        dated = max(filter(None, map(parser.dated, contexts)), default=None)
        for scope in (scope for context in contexts for scope in parser.cover(context)):
            if isinstance(scope, Skip):
                tally.skipped[scope.reason] += scope.count
                continue
            tally.date(scope.seen)
            coverage[Coverage(scope.asset, scope.target, scope.succeeded and not truncated)] = None
    except _UNREADABLE as error:
        raise DetenteError(
            f"The {parser.name} report cannot be read",
            f"its outer structure is not that of the format ({error}).",
            "Check the --format, or export the report again.",
            code="malformed",
        ) from error
    return Reading(
        parser, _items(parser, found, _context(documents, contexts), tally, coverage), tally, coverage, dated
    )


def _context(documents: list[Any], contexts: list[Any]) -> Callable[[Record], Any]:
    """Which context a record is read in: that of the document it stands in."""
    if len(documents) == 1:
        return lambda record: contexts[0]
    known = {id(document[0]): context for document, context in zip(documents, contexts, strict=True)}
    return lambda record: known[id(record.parents[0])]


def _items(
    parser: Parser,
    found: Iterator[Record | Rejected],
    context: Callable[[Record], Any],
    tally: Tally,
    coverage: dict[Coverage, None],
) -> Iterator[Observation | Rejected]:
    for ordinal, record in enumerate(found):
        if isinstance(record, Rejected):
            tally.rejected += 1
            yield Rejected(
                ordinal, record.reason, b"" if _may_hold_secret(parser, record.path) else record.raw, record.path
            )
            continue
        try:
            items = list(parser.observe(record, context(record)))
        except _UNREADABLE as error:
            tally.rejected += 1
            raw = b"" if _may_hold_secret(parser, record.path) else _raw(parser, record)
            yield Rejected(ordinal, _reason(error), raw, record.path)
            continue
        for item in items:
            if isinstance(item, Skip):
                tally.skipped[item.reason] += item.count
                continue
            tally.date(item.seen)
            if isinstance(item, Observation):
                yield item
            else:
                coverage[Coverage(item.asset, item.target, item.succeeded and not tally.truncated)] = None
    for scope in [
        scope for scope in coverage if not scope.succeeded
    ]:  # last word wins, and what failed anywhere has failed
        coverage[scope] = coverage.pop(scope)


def _may_hold_secret(parser: Parser, path: str) -> bool:
    """Whether a record of this path may carry a secret: such a record is never stored, not even in quarantine."""
    return parser.secrets if isinstance(parser.secrets, bool) else path in parser.secrets


def _reason(error: Exception) -> str:
    return f"missing {error}" if isinstance(error, KeyError) else str(error) or type(error).__name__


def _raw(parser: Parser, record: Record) -> bytes:
    """The record as a small report of its own, for a later retry."""
    if isinstance(parser, XmlParser):
        raw = markup.raw(record)
    elif isinstance(parser, CsvParser):
        raw = sheet.raw(list(record.value), list(record.value.values()))
    else:
        from detente.queue import records

        raw = records.raw(record)
    return raw if len(raw) <= _RAW_LIMIT else b""
