"""CSV reports: preambles, other delimiters, multi-line cells and blank rows, row by row."""

import contextlib
import csv
import io
from collections.abc import Iterator
from typing import Any

from detente.model.errors import DetenteError
from detente.model.finding import Rejected
from detente.queue.limits import LIMITS
from detente.queue.source import Record, Source

_PREAMBLE = 50  # rows a tool may write before its header (Qualys VMDR writes three, a scan report a dozen)
_DELIMITERS = (",", ";", "\t", "|")


def columns(data: bytes) -> tuple[frozenset[str], ...]:
    """The stripped cells of the first rows, under every delimiter that splits them."""
    csv.field_size_limit(LIMITS.record)
    lines = data.decode("utf-8-sig", "replace").splitlines()[:_PREAMBLE]
    rows = (row for mark in _DELIMITERS for row in _split(lines, mark) if len(row) > 1)
    return tuple(frozenset(cell.strip() for cell in row) for row in rows)


def _split(lines: list[str], delimiter: str) -> Iterator[list[str]]:
    with contextlib.suppress(csv.Error):  # no CSV at all: whatever came before is all there is
        yield from csv.reader(lines, delimiter=delimiter)


def read(
    source: Source, header: tuple[str, ...], delimiter: str | None
) -> tuple[dict[str, Any], Iterator[Record | Rejected], bool]:
    """The header row with its preamble, then a lazy pass over the rows below it."""
    for mark in (delimiter,) if delimiter else _DELIMITERS:
        preamble: list[list[str]] = []
        for row, _ in zip(_rows(source, mark), range(_PREAMBLE), strict=False):
            cells = [cell.strip() for cell in row]
            if set(header) <= set(cells):
                head = {"columns": cells, "preamble": preamble}
                return head, _records(source, cells, len(preamble), mark), False
            preamble.append(row)
    raise DetenteError(
        "The report has no header this format knows",
        f"None of its first {_PREAMBLE} rows has the columns {', '.join(header)}.",
        "Export it again with headers, or name another --format.",
        code="malformed",
    )


def _rows(source: Source, delimiter: str) -> Iterator[list[str]]:
    csv.field_size_limit(LIMITS.record)
    with io.TextIOWrapper(source.open(), encoding="utf-8-sig", errors="replace", newline="") as text:
        yield from csv.reader(text, delimiter=delimiter)


def _records(source: Source, names: list[str], skip: int, delimiter: str) -> Iterator[Record | Rejected]:
    rows = _rows(source, delimiter)
    for _ in range(skip + 1):
        next(rows)
    try:
        for row in rows:
            if not any(cell.strip() for cell in row):
                continue
            if len(row) > len(names):
                yield Rejected(0, f"{len(row)} cells under {len(names)} columns", raw(names, row))
                continue
            cells = dict(zip(names, row + [""] * (len(names) - len(row)), strict=True))
            yield Record("", (), "", cells)
    except csv.Error as error:
        yield Rejected(0, f"the rest cannot be read as CSV: {error}", b"")


def raw(names: list[str], row: list[str]) -> bytes:
    """A small report with the header and this one row."""
    text = io.StringIO()
    csv.writer(text).writerows([names, row])
    return text.getvalue().encode()
