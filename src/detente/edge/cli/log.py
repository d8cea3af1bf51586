"""`detente gateway log`: who asked which model for what price, and what was found; looked through, opened, removed."""

import getpass
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from detente.edge.cli.options import HOME, Database, Json, Workspace, say
from detente.model.count import counted

if TYPE_CHECKING:
    from detente.gateway.record import Ended

app = typer.Typer(help="The records of exchanges.", invoke_without_command=True)
DAYS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
_COLUMNS = ("ID", "WHEN (UTC)", "OUTCOME", "WHO", "TOOL", "MODEL", "TOKENS", "MS", "COST", "FOUND")


@app.callback()
def log(
    context: typer.Context,
    person: Annotated[str, typer.Option("--person", help="Of this person.")] = "",
    tool: Annotated[str, typer.Option("--tool", help="With this tool.")] = "",
    key: Annotated[str, typer.Option("--key", help="By the key of this name.")] = "",
    tenant: Annotated[str, typer.Option("--tenant", help="Of this tenant.")] = "",
    outcome: Annotated[
        str, typer.Option("--outcome", help="passed, redacted, blocked, refused, failed, left or cut.")
    ] = "",
    since: Annotated[datetime | None, typer.Option("--since", formats=DAYS, help="Not earlier, in UTC.")] = None,
    before: Annotated[str, typer.Option("--before", help="Older than this id: `next` of the page before.")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="How many at most.")] = 50,
    ocsf: Annotated[bool, typer.Option("--ocsf", help="Events for a SIEM, one JSON line each (OCSF 1.8).")] = False,
    workspace: Workspace = HOME,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Print the records of exchanges, newest first. No record has text of a prompt or an answer."""
    if context.invoked_subcommand:
        return
    from detente.edge.clock import now
    from detente.flows import log
    from detente.flows.workspace import open_workspace

    opened = open_workspace(workspace, database)
    log.bring(opened, now())
    asked = {"person": person, "tool": tool, "key": key, "tenant": tenant, "outcome": outcome}
    wanted = {name: value for name, value in asked.items() if value}
    found = log.find(opened, wanted, since=since and since.replace(tzinfo=UTC), before=before, limit=limit)
    following = found[-1].id if len(found) == limit else None
    if as_json:
        say({"exchanges": [_plain(one) for one in found], "next": following})
        return
    _events(found) if ocsf else _table(found)
    if following:
        typer.echo(f"More with --before {following}", err=True)


@app.command()
def show(
    name: Annotated[
        str, typer.Argument(metavar="ID", help="What clients read as x-detente-decision, or its beginning.")
    ],
    reveal: Annotated[bool, typer.Option("--reveal", help="Open the kept texts; the ledger says who looked.")] = False,
    by: Annotated[str, typer.Option("--by", help="Who looks; your login name by default.")] = "",
    workspace: Workspace = HOME,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Print one record, and the entry of the ledger that stands for it."""
    from detente.edge.clock import now
    from detente.flows import log
    from detente.flows.workspace import open_workspace

    opened = open_workspace(workspace, database)
    log.bring(opened, now())
    record, entry = log.show(opened, name)
    told = _plain(record) | {"ledger": entry}
    if reveal:
        texts = log.reveal(opened, record, person=by or getpass.getuser(), now=now())
        told |= {"sent_text": texts.sent.decode(errors="replace"), "came_text": texts.came.decode(errors="replace")}
    if as_json:
        say(told)
        return
    for what, value in told.items():
        typer.echo(f"{what:<10}  {value}")


@app.command()
def made(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file of code.")],
    since: Annotated[datetime | None, typer.Option("--since", formats=DAYS, help="Not earlier, in UTC.")] = None,
    workspace: Workspace = HOME,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Print which lines of a file stood in an answer of a model, and in which: by fingerprints, for no text is kept."""
    from detente.edge.clock import now
    from detente.flows import log
    from detente.flows.sources import missing
    from detente.flows.workspace import open_workspace

    if not file.is_file():
        raise missing(str(file))
    opened = open_workspace(workspace, database)
    log.bring(opened, now())
    found = log.made(opened, file.read_bytes(), since=since and since.replace(tzinfo=UTC))
    if as_json:
        say({"file": str(file), "lines": [[number, one.id] for number, one in found.items()]})
        return
    for name, run in groupby(found.items(), key=lambda item: item[1].id):
        numbers = [number for number, _ in run]
        one = found[numbers[0]]
        where = f"{numbers[0]}-{numbers[-1]}" if len(numbers) > 1 else str(numbers[0])
        typer.echo(f"{where:<11}  {name}  {one.at:%Y-%m-%d %H:%M}  {one.model or '-'}  {one.person or one.key}")
    typer.echo(f"{counted(len(found), 'line')} of {file} stood in an answer.", err=True)


@app.command()
def prune(workspace: Workspace = HOME, database: Database = None, as_json: Json = False) -> None:
    """Remove what is older than the accord keeps it. A running gateway does so once an hour."""
    from detente.edge.clock import now
    from detente.flows import log
    from detente.flows.workspace import open_workspace

    records, texts = log.prune(open_workspace(workspace, database), now())
    if as_json:
        say({"records": records, "texts": texts})
        return
    typer.echo(f"{records:,} records and the texts of {texts:,} exchanges removed.")


def _events(found: "Sequence[Ended]") -> None:
    from detente.edge.telemetry.ocsf import events

    for one in reversed(found):  # a SIEM reads forward in time
        for event in events(one):
            say(event)


def _table(found: "Sequence[Ended]") -> None:
    if not found:
        typer.echo("No exchange is recorded.", err=True)
        return
    rows = [_COLUMNS, *map(_row, found)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _row(one: "Ended") -> tuple[str, ...]:
    from detente.model.money import Money

    usage = one.usage
    return (
        one.id,
        f"{one.at:%Y-%m-%d %H:%M:%S}",
        one.outcome,
        one.person or one.key,
        one.tool or "-",
        one.model or "-",
        f"{usage.read} + {usage.written}" if usage.read >= 0 and usage.written >= 0 else "-",
        f"{one.took_ms:,.0f}" if one.took_ms is not None else "-",
        str(Money(one.cost, one.currency)) if one.cost is not None else "-",
        ", ".join(f"{hits.rule} x{hits.n} {hits.action}" for hits in one.hits),
    )


def _plain(one: "Ended") -> dict[str, Any]:
    """Every field, also those at their defaults; of fingerprints their number."""
    import msgspec

    from detente.gateway.lines import apart

    whole = {name: msgspec.to_builtins(getattr(one, name)) for name in one.__struct_fields__}
    names = ("kind", "rule", "action", "n", "digests")
    whole["lines"] = len(apart(one.lines))
    return whole | {"hits": [dict(zip(names, msgspec.to_builtins(hits), strict=True)) for hits in one.hits]}
