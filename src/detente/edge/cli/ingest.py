"""`detente ingest`: scanner reports in, findings out, nothing lost in silence."""

import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from detente.edge.cli.options import HOME, Database, Json, Workspace, say
from detente.model.errors import DetenteError

if TYPE_CHECKING:
    from detente.flows.intake import Outcome

COUNTS = ("results", "findings", "merged", "quarantined", "new", "seen", "reopened", "fixed")
_LEAST = 80  # columns that the counts need beside a name


def ingest(
    paths: Annotated[
        list[str] | None, typer.Argument(help="Files, folders, globs, .gz, .zip, or - for standard input.")
    ] = None,
    workspace: Workspace = HOME,
    database: Database = None,
    format: Annotated[str, typer.Option("--format", help="The format, where content does not tell.")] = "",  # noqa: A002
    asset: Annotated[str, typer.Option("--asset", help="The asset all records speak of, as kind:name.")] = "",
    retry: Annotated[bool, typer.Option("--retry", help="Try the quarantined records again.")] = False,
    as_json: Json = False,
) -> None:
    """Read reports of any scanner. The same report twice changes nothing; one bad record or file never stops the rest."""
    from detente.edge.clock import now
    from detente.flows.intake import Intake, Order
    from detente.flows.workspace import open_workspace

    if not paths and not retry:
        raise DetenteError("Nothing to ingest", "No path was given.", "Name reports, or pass --retry.", code="usage")
    place = open_workspace(workspace, database)
    intake, order = Intake(place.engine, place.lake), Order(now, format, asset)
    outcomes = list(_progress(intake.again(order) if retry else intake.take(paths or [], order)))
    files = [_file(outcome) for outcome in outcomes]
    totals = {name: sum(file[name] for file in files) for name in COUNTS} | {"files": len(files)}
    say({"files": files, "totals": totals}) if as_json else _print(outcomes, totals)
    if code := _code(outcomes):
        raise typer.Exit(code)


def _file(outcome: "Outcome") -> dict[str, Any]:
    """One file in the shape of the contract (DESIGN section 7)."""
    told = {"file": outcome.file, "format": outcome.format} | {name: getattr(outcome, name) for name in COUNTS}
    error = outcome.error
    return told | {
        "skipped": outcome.skipped,
        "truncated": outcome.truncated,
        "known": outcome.known,
        "error": {"code": error.code, "what": error.what, "why": error.why, "do": error.do} if error else None,
    }


def _progress(outcomes: "Iterable[Outcome]") -> "Iterator[Outcome]":
    """Files and findings so far, on standard error, where a person looks."""
    if not sys.stderr.isatty():  # nobody looks, and what draws for people costs memory
        yield from outcomes
        return
    from rich.console import Console

    console, files, results = Console(stderr=True), 0, 0
    with console.status("reading ...") as status:
        for outcome in outcomes:
            files, results = files + 1, results + outcome.results
            status.update(f"{files} reports, {results} results; last {outcome.file}")
            yield outcome


def _print(outcomes: "list[Outcome]", totals: dict[str, int]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 1), collapse_padding=True, header_style="bold")
    for name in ("file", "format"):
        table.add_column(name, overflow="fold")
    for name in COUNTS:
        table.add_column(name, justify="right", min_width=len(name))
    for outcome in outcomes:
        table.add_row(outcome.file, outcome.format, *(str(getattr(outcome, name)) for name in COUNTS))
    table.add_row("total", "", *(str(totals[name]) for name in COUNTS), style="bold")
    console = Console()
    Console(width=max(console.width, _LEAST)).print(table)
    for outcome in outcomes:
        if outcome.error is not None:
            typer.echo(f"{outcome.error.what}.\n{outcome.error.why}\n{outcome.error.do}", err=True)
        if outcome.quarantined:
            text = f"{outcome.file}: {outcome.quarantined} records could not be read; it closes nothing, for they may be findings."
            typer.echo(text, err=True)
        if outcome.truncated:
            typer.echo(f"{outcome.file} breaks off: what came before is kept, and it closes nothing.", err=True)
        if outcome.skipped:
            reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(outcome.skipped.items()))
            typer.echo(f"{outcome.file}: no findings by nature: {reasons}", err=True)


def _code(outcomes: "list[Outcome]") -> int:
    """0 all read; 3 some of it; 2 none of it."""
    failed = sum(outcome.error is not None for outcome in outcomes)
    if failed and failed == len(outcomes):
        return 2
    return 3 if failed or any(outcome.quarantined or outcome.truncated for outcome in outcomes) else 0
