"""`detente evidence`: what an auditor asks for, from the queue and its clocks, each line with the ledger entries it rests on."""

import csv
import io
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from detente.edge.cli import forms
from detente.edge.cli.options import HOME, Database, Json, Workspace, say
from detente.model.errors import DetenteError

if TYPE_CHECKING:
    from detente.model.evidence import Item, Report

POAM = "fedramp-legacy"
FORMATS = ("text", "json", "csv", "xlsx")


def evidence(
    regime: Annotated[str, typer.Argument(help="A regime the accord names, such as fedramp-vdr.")],
    output: Annotated[str, typer.Option("--output", "-o", help=f"One of {', '.join(FORMATS)}.")] = "text",
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="What was closed from this day on.")
    ] = None,
    to: Annotated[Path | None, typer.Option("--to", help="The file to write; standard output by default.")] = None,
    workspace: Workspace = HOME,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Print what is open under one regime, what was closed (in the last month, unless --since says otherwise), by which rule, and which ledger entries say so."""
    from detente.edge.clock import now
    from detente.flows.evidence import evidence as gathered
    from detente.flows.workspace import open_workspace

    chosen = "json" if as_json else output
    if chosen not in FORMATS or (chosen == "xlsx") > (to is not None):
        why = "Evidence has no such form, or a workbook was to be printed."
        raise DetenteError(
            f"Unknown output {chosen!r}", why, f"Use {', '.join(FORMATS)}; xlsx with --to FILE.", code="usage"
        )
    report = gathered(open_workspace(workspace, database), regime, now(), since.date() if since else None)
    if chosen == "json" and to is None:
        say(document(report))
    else:
        _write(render(report, chosen), to)


def render(report: "Report", form: str) -> bytes:
    """The report as a file of that form."""
    shape = forms.shape(report.regime)
    rows, closed = ([shape(item, report) for item in items] for items in (report.items, report.closed))
    if form == "xlsx":
        return _workbook(rows, closed, report)
    if form == "csv":
        return _table(rows if report.regime == POAM else [*rows, *closed])  # the template has a sheet for each
    if form == "json":
        import json

        return json.dumps(document(report), ensure_ascii=False, indent=2, default=str).encode()
    return _prose(report).encode()


def document(report: "Report") -> dict[str, Any]:
    """The report as JSON: open items, accepted and closed ones apart, as VER-RPT-VDT and VER-RPT-AVI ask."""
    shape = forms.shape(report.regime)
    return {
        "regime": report.regime,
        "version": report.version,
        "organisation": report.organisation,
        "accord": report.accord,
        "at": report.at.isoformat(),
        "accord_ledger": list(report.signed),
        "ledger_head": report.head,
        "open": [shape(item, report) for item in report.items if not forms.acceptance(item)],
        "accepted": [shape(item, report) | why for item in report.items if (why := forms.acceptance(item))],
        "since": report.since.isoformat(),
        "closed": [shape(item, report) for item in report.closed],
    }


def _table(rows: list[dict[str, Any]]) -> bytes:
    from detente.edge.cli.csv import harmless

    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]) if rows else ["nothing"])
    writer.writeheader()
    writer.writerows({name: harmless(value) for name, value in row.items()} for row in rows)
    return text.getvalue().encode()


def _workbook(rows: list[dict[str, Any]], closed: list[dict[str, Any]], report: "Report") -> bytes:
    try:
        from xlsxwriter import Workbook
    except ModuleNotFoundError as error:
        why = f"its library is not installed ({error.name})."
        raise DetenteError("No workbook can be written", why, "Install detente[xlsx].", code="no-workbook") from error
    held = io.BytesIO()
    with Workbook(held, {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}) as book:
        book.set_properties({"title": f"{report.title}, {report.version}", "created": report.at.replace(tzinfo=None)})
        bold = book.add_format({"bold": True, "text_wrap": True})
        for title, listed in (("Open", rows), ("Closed", closed)):
            _sheet(book.add_worksheet(f"{title} POA&M Items" if report.regime == POAM else title), listed, bold)
    return held.getvalue()


def _sheet(sheet: Any, rows: list[dict[str, Any]], bold: Any) -> None:
    sheet.freeze_panes(1, 1)
    for column, name in enumerate(rows[0] if rows else ["nothing"]):
        sheet.write_string(0, column, name, bold)
        for line, row in enumerate(rows, 1):
            sheet.write_string(line, column, "" if row[name] is None else str(row[name]))


def _prose(report: "Report") -> str:
    """For people, once a month (VER-TFR-MHR)."""
    late = sum(item.overdue and not item.accepted for item in report.items)
    waits = sum(bool(forms.acceptance(item)) for item in report.items)
    ended = f"{len(report.closed)} closed since {report.since:%Y-%m-%d}"
    lines = [
        f"{report.title} ({report.version}): {report.organisation}, {report.at:%Y-%m-%d}",
        f"{len(report.items)} open, {late} overdue, {waits} accepted; {ended}. Accord {report.accord}. Ledger up to entry {report.head}.",
    ]
    lines += [line for item in (*report.items, *report.closed) for line in ("", *_lines(item))]
    return "\n".join(lines) + "\n"


def _lines(item: "Item") -> Iterator[str]:
    from detente.accord.clocks import binding

    clock = binding(item.clocks)
    due = f"due {clock.due:%Y-%m-%d %H:%M}" if clock and clock.due else "no date"
    yield f"{item.fix.id}  {item.fix.action}"
    yield f"    {_state(item)}, {due}: {clock.rule if clock else ''}"
    yield f"    detected {item.detected:%Y-%m-%d}; {forms.vulnerabilities(item)}; ledger {forms.entries(item)}"
    if clock and clock.assumed:
        yield f"    assumed: {'; '.join(clock.assumed)}"


def _state(item: "Item") -> str:
    if item.ending:
        return f"{forms.disposition(item)} {item.ending.at:%Y-%m-%d}{', late' if item.overdue else ''}"
    if item.accepted:
        return f"accepted until {item.accepted.until}"
    likely = f"likely to be late ({item.forecast.why})" if item.forecast.late else "open"
    return f"{'OVERDUE' if item.overdue else likely}{', counted as accepted' if item.outstayed else ''}"


def _write(content: bytes, to: Path | None) -> None:
    if to is None:
        return typer.echo(content.decode(), nl=False)
    aside = to.with_name(f"{to.name}.new")
    aside.write_bytes(content)
    aside.replace(to)
    return typer.echo(f"{to}: written", err=True)
