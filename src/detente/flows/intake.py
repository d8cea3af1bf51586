"""From a report's bytes to a visible segment: once, whole, with every record accounted for."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, cast

from sqlalchemy import Engine

from detente.flows.sources import expand, sources
from detente.model.errors import DetenteError
from detente.model.finding import Rejected
from detente.queue import intake
from detente.queue.parsers import registry
from detente.queue.report import BundleParser, Parser, Source
from detente.store import ledger, segments

if TYPE_CHECKING:
    from detente.flows.writing import Writer
    from detente.store.lake import Lake


@dataclass(frozen=True, slots=True)
class Order:
    """The clock that dates arrivals, and what the caller says of the reports: their format and asset, if known.

    Reports that are not `is_whole` are single records of others, tried again: they close nothing.
    """

    now: Callable[[], datetime]
    format: str = ""
    asset: str = ""
    is_whole: bool = True


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one report: results = findings + merged + quarantined; the rest compares with what was known."""

    file: str
    format: str = ""
    results: int = 0
    findings: int = 0
    merged: int = 0
    quarantined: int = 0
    new: int = 0
    seen: int = 0
    reopened: int = 0
    fixed: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    truncated: bool = False
    known: bool = False
    error: DetenteError | None = None


@dataclass(frozen=True)
class Intake:
    """Takes reports into one workspace."""

    engine: Engine
    lake: "Lake"

    def take(self, paths: Sequence[str], order: Order) -> Iterator[Outcome]:
        """One outcome per report. A file that cannot be read is an outcome with an error; the others go on."""
        for text in paths:
            try:
                for path in expand([text]):
                    yield from self._file(path, order)
            except DetenteError as error:
                yield Outcome(text, error=error)

    def _file(self, path: Path, order: Order) -> Iterator[Outcome]:
        with ExitStack() as spool:
            try:
                for source in sources(path, spool):
                    yield from self._source(source, str(path), order)
            except DetenteError as error:
                yield Outcome(str(path), error=error)
            except OSError as error:
                yield Outcome(str(path), error=unreadable(path, error))

    def again(self, order: Order) -> Iterator[Outcome]:
        """Try every quarantined record again, each as the small report it was kept as."""
        for one in segments.quarantined(self.engine):
            told = replace(order, format=one.format, asset=order.asset or one.asset, is_whole=False)
            outcome = self._retry(Source(one.file, partial(BytesIO, one.raw)), f"quarantine-{one.id}", told)
            with self.engine.begin() as connection:
                waits = outcome.quarantined or outcome.error
                segments.retried(connection, [one.id], order.now(), None if waits else one.segment)
            yield outcome

    def _retry(self, source: Source, file: str, order: Order) -> Outcome:
        """A record that still cannot be read stays where it is; one that can becomes a report of its own."""
        try:
            tried = intake.read(registry.parser(order.format), source)
            is_bad = any(isinstance(item, Rejected) for item in tried.items)
        except DetenteError:  # so broken that it breaks the small report around it
            is_bad = True
        if is_bad:
            return Outcome(file, order.format, results=1, quarantined=1)
        return next(self._source(source, file, order))

    def _source(self, source: Source, file: str, order: Order) -> Iterator[Outcome]:
        bundle = source.members and self._bundle(source, order)
        if source.members and not bundle:
            for name, member in source.members.items():
                yield from self._source(member, f"{file}!{name}" if name else file, order)
            return
        try:
            yield self._report(source, file, order)
        except DetenteError as error:
            yield Outcome(file, error=error)

    def _bundle(self, source: Source, order: Order) -> bool:
        name, _ = intake.resolve(source, order.format)
        return name is not None and isinstance(registry.parser(name), BundleParser)

    def _report(self, source: Source, file: str, order: Order) -> Outcome:
        report, formats = digest(source), registry.family(order.format) if order.format else registry.names()
        for known in segments.by_report(self.engine, report):
            if known.format in formats and known.digest == _named(report, registry.parser(known.format), order):
                return _repeated(known, file)
        name, begun = intake.resolve(source, order.format)
        if name is None:
            raise unrecognised(file, source)
        return self._write(registry.parser(name), begun, file, report, order)

    def _write(self, parser: Parser, source: Source, file: str, report: str, order: Order) -> Outcome:
        from detente.flows import changes  # a report that is here already needs none of these
        from detente.flows.writing import Writer
        from detente.queue import rows

        named = _named(report, parser, order)
        origin = rows.Origin(_number(named), parser.name, order.asset, f"file:{Path(source.name or file).stem}")
        reading = intake.read(parser, source)
        writer = Writer(origin, order.is_whole)
        with self.lake.writing(named) as sink:
            writer.drain(reading, sink)
            if order.format and not (writer.count or reading.tally.rejected or reading.tally.skipped):
                _unlike(parser.name, source, file)
        findings = writer.findings()
        results, arrived = writer.count + reading.tally.rejected, order.now()
        segment = segments.Segment(
            digest=named,
            report=report,
            parser=parser.name,
            parser_version=parser.version,
            format=parser.name,
            file=file,
            tool=parser.name,
            seen_at=_made(reading, source, arrived),
            ingested_at=arrived,
            results=results,
            findings=findings,
            merged=results - findings - reading.tally.rejected,
            quarantined=reading.tally.rejected,
            skipped=dict(reading.tally.skipped),
            rows=writer.count,
            path=str(self.lake.path(named).relative_to(self.lake.folder)),
            truncated=reading.tally.truncated,
            asset=order.asset,
        )
        self._publish(segment, writer)
        counted = changes.count(self.engine, self.lake, segment, findings)
        outcome = replace(_repeated(segment, file), known=False)
        return replace(outcome, new=counted.new, seen=counted.seen, reopened=counted.reopened, fixed=counted.fixed)

    def _publish(self, segment: segments.Segment, writer: "Writer") -> None:
        body = {
            name: getattr(segment, name)
            for name in ("report", "format", "results", "findings", "merged", "quarantined")
        }
        entry = ledger.Entry("ingest", segment.digest, body)
        with self.engine.begin() as connection:
            new = segments.record(
                connection, segment, rejected=writer.rejected, assets=sorted(writer.assets), aliases=writer.aliases
            )
            if new:
                ledger.append(connection, [entry], segment.ingested_at)


def digest(source: Source) -> str:
    """SHA-256 of the report's bytes, in hexadecimal."""
    with source.open() as stream:
        return hashlib.file_digest(cast("BufferedReader", stream), "sha256").hexdigest()


def _made(reading: intake.Reading, source: Source, arrived: datetime) -> datetime | None:
    """When the report was made: as it says, as its records say, as its file says. Not after it arrived: zones are guessed."""
    said = reading.dated or reading.tally.newest or source.modified
    return said and min(said, arrived)


def _named(report: str, parser: Parser, order: Order) -> str:
    """The segment's name: what was read, by which reader, as which asset."""
    return hashlib.sha256(f"{report} {parser.name} {parser.version} {order.asset}".encode()).hexdigest()


def _number(named: str) -> int:
    return int(named[:16], 16) - (1 << 63)


def _repeated(known: segments.Segment, file: str) -> Outcome:
    """The outcome of a report that is already here: everything was seen, nothing changes."""
    return Outcome(
        file=file,
        format=known.format,
        results=known.results,
        findings=known.findings,
        merged=known.merged,
        quarantined=known.quarantined,
        seen=known.findings,
        skipped=known.skipped,
        truncated=known.truncated,
        known=True,
    )


def unrecognised(file: str, source: Source) -> DetenteError:
    """The error for content that no parser claims."""
    is_empty = not intake.head(source).data.strip()
    return DetenteError(
        f"{file} has no format Détente recognises",
        "It is empty." if is_empty else "Its content is not like any of the formats in docs/formats.md.",
        "Name it with --format, or convert the report to the generic CSV or JSON.",
        code="format",
    )


def _unlike(name: str, source: Source, file: str) -> None:
    """Refuse to take a report for an empty one of the format the caller named when it is one of another format."""
    claimed = intake.recognise(source)
    if claimed not in (None, name):
        raise DetenteError(
            f"{file} is no {name} report",
            f"Nothing in it is of that format, and it looks like {claimed}.",
            "Leave --format out, or name the right one.",
            code="format",
        )


def unreadable(path: Path, error: OSError) -> DetenteError:
    """The error for a file the system would not give."""
    return DetenteError(
        f"{path} cannot be read", f"{error.strerror or error}.", "Check its permissions.", code="no-file"
    )
