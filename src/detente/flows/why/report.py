"""What a report was, what became of its records, and where the ledger holds its arrival."""

from detente.flows.why.desk import Desk
from detente.model.chain import Chain, Link, Part
from detente.model.count import counted
from detente.store.segments import Segment

_SHORTEST = 6  # fewer digits of a digest name too much


def answer(desk: Desk, name: str) -> Chain | None:
    """The chain behind a segment's digest, or the first digits of it, or the newest report of a file name."""
    newest = sorted(desk.reports.values(), key=lambda one: one.ingested_at, reverse=True)
    found = next((one for one in newest if _is(one, name)), None)
    if found is None:
        return None
    parts = (Part("What it is", _facts(desk, found)), Part("What became of its records", _counts(found)))
    rest = "ingesting it again changes nothing; a newer parser version reads it anew"
    headline = f"{found.file}: {counted(found.findings, 'finding')} of {found.tool or found.format}, dated {found.at:%Y-%m-%d %H:%M}"
    return Chain(name, headline, parts, (rest,))


def _is(one: Segment, name: str) -> bool:
    by_digest = len(name) >= _SHORTEST and (one.digest.startswith(name) or one.report.startswith(name))
    return by_digest or one.file == name or one.file.endswith(f"/{name}")


def _facts(desk: Desk, one: Segment) -> tuple[Link, ...]:
    dated = "the report, or its file" if one.seen_at else "its arrival: neither report nor file has a date"
    return (
        Link("file", one.file, "as it was handed in"),
        Link("sha256", one.report, "of the report"),
        Link("format", one.format, f"parser {one.parser}, version {one.parser_version}"),
        Link("dated", f"{one.at:%Y-%m-%d %H:%M}", dated),
        Link("taken in", f"{one.ingested_at:%Y-%m-%d %H:%M}", desk.entry(one)),
        Link("segment", one.digest, "in the lake: report and parser version"),
    )


def _counts(one: Segment) -> tuple[Link, ...]:
    told = f"{one.results} = {one.findings} findings + {one.merged} merged + {one.quarantined} quarantined"
    skipped = ", ".join(f"{count} {reason}" for reason, count in one.skipped.items()) or "none"
    return Link("results", told, "counted by the parser"), Link(
        "by nature no findings", skipped, "counted by the parser"
    )
