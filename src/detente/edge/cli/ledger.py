"""`detente ledger`: check, read and export the record neither side can rewrite."""

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from detente.edge.cli.options import HOME, Database, Json, Workspace, opened, say

if TYPE_CHECKING:
    from detente.store.audit import Checkpoint, Report
    from detente.store.ledger import Record

app = typer.Typer(help="The record neither side can rewrite: verify, show, export.", no_args_is_help=True)


@app.command()
def verify(
    checkpoint: Annotated[
        Path | None, typer.Option(help="A checkpoint kept elsewhere; finds a missing end too.")
    ] = None,
    workspace: Workspace = HOME,
    database: Database = None,
    json: Json = False,
) -> None:
    """Read the whole ledger again, and the gateway's records it stands for. Exit code 1 when one was changed, removed, added or moved."""
    from detente.store import audit, exchanges

    known = _checkpoint(checkpoint) if checkpoint else None
    with opened(workspace, database) as engine:
        report = audit.verify(engine, checkpoint=known)
        records = exchanges.verify(engine) if report.first_bad is None else exchanges.Report(0)
    if json:
        say(_verdict(report, records.wrong) | {"exchanges": records.exchanges})
    elif report.first_bad is not None:
        typer.echo(f"The ledger was tampered with: {report.what}. The {report.entries:,} entries before are whole.")
    elif records.wrong:
        typer.echo(f"The gateway's records were tampered with: {records.wrong}. The ledger itself is whole.")
    else:
        typer.echo(f"{report.entries:,} entries, every one as it was written. Root {report.root.hex()}")
        typer.echo(f"{records.exchanges:,} exchanges, as their entries say.")
    raise typer.Exit(1 if report.first_bad is not None or records.wrong else 0)


@app.command()
def show(
    after: Annotated[int, typer.Option(min=0, help="Begin behind this entry.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many entries at most.")] = 50,
    subject: Annotated[str | None, typer.Option(help="Only entries about this id.")] = None,
    kind: Annotated[str | None, typer.Option(help="Only entries of this kind.")] = None,
    workspace: Workspace = HOME,
    database: Database = None,
    json: Json = False,
) -> None:
    """Print entries, oldest first; `next` is what to give to --after for the following page."""
    from detente.store import ledger

    with opened(workspace, database) as engine:
        found = ledger.records(engine, after=after, limit=limit, subject=subject, kind=kind)
    following = found[-1].seq if len(found) == limit else None
    if json:
        say({"entries": [_plain(record) for record in found], "next": following})
        return
    for record in found:
        typer.echo(f"{record.seq:>8}  {record.at:%Y-%m-%d %H:%M:%S}Z  {record.kind}  {record.subject}")
    if following:
        typer.echo(f"More with --after {following}", err=True)


@app.command()
def export(
    output: Annotated[Path | None, typer.Option(help="File for the entries; standard output if not given.")] = None,
    checkpoint: Annotated[Path | None, typer.Option(help="File for the checkpoint; keep it elsewhere.")] = None,
    workspace: Workspace = HOME,
    database: Database = None,
    json: Json = False,
) -> None:
    """Write every entry as one line of JSON, checked on the way. Exit code 1 at the first that is not what was written."""
    from detente.store import audit

    if json and not output:
        raise typer.BadParameter("the entries would mix with the JSON document; give --output", param_hint="--json")
    with opened(workspace, database) as engine, _writing(output) as stream:
        report = audit.verify(engine, sink=lambda line: stream.write(line + b"\n"))
    if checkpoint and report.first_bad is None:
        with _writing(checkpoint) as stream:
            stream.write(str(audit.Checkpoint(report.entries, report.root)).encode())
    if json:
        say(_verdict(report))
    elif report.first_bad is not None:
        typer.echo(f"The ledger was tampered with: {report.what}. The export ends before that.", err=True)
    raise typer.Exit(0 if report.first_bad is None else 1)


def _checkpoint(path: Path) -> "Checkpoint":
    from detente.store.audit import Checkpoint

    try:
        return Checkpoint.parse(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise _file(path, "read", error) from error


def _writing(path: Path | None) -> Any:
    """The open file, or standard output, which stays open."""
    if path is None:
        return nullcontext(sys.stdout.buffer)
    try:
        return path.open("wb")
    except OSError as error:
        raise _file(path, "written", error) from error


def _file(path: Path, how: str, error: Exception) -> Exception:
    from detente.model.errors import DetenteError

    why = getattr(error, "strerror", None) or "it is not text"
    return DetenteError(f"{path} cannot be {how}", f"{why}.", "Give another file.", code="file")


def _verdict(report: "Report", wrong: str = "") -> dict[str, Any]:
    return {
        "entries": report.entries,
        "root": report.root.hex(),
        "head": report.head.hex(),
        "tampered": report.first_bad is not None or bool(wrong),
        "first_bad": report.first_bad,
        "what": report.what or wrong or None,
    }


def _plain(record: "Record") -> dict[str, Any]:
    return {
        "seq": record.seq,
        "at": record.at.isoformat().replace("+00:00", "Z"),
        "kind": record.kind,
        "subject": record.subject,
        "body": record.body,
        "leaf": record.leaf.hex(),
    }
