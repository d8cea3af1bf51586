"""`detente accord calibrate` and `simulate`: what the numbers in the accord mean on the findings at hand."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from detente.edge.cli.options import HOME, Database, Json, Workspace, say

if TYPE_CHECKING:
    from detente.flows.calibrate import Simulation


def calibrate(workspace: Workspace = HOME, database: Database = None, as_json: Json = False) -> None:
    """Propose the scale at which the open findings would imply the stated breach rate. Exit 1 when the two disagree."""
    from detente.edge.clock import now
    from detente.flows.calibrate import calibrate as compare
    from detente.flows.workspace import open_workspace

    found = compare(open_workspace(workspace, database), now())
    if as_json:
        say(asdict(found) | {"plausible": found.plausible, "reading": found.reading()})
    else:
        typer.echo(f"implied {found.implied:.2%} a year, stated {found.stated:.2%}, at scale {found.scale:g}")
        typer.echo(found.reading() or "The two readings agree within a third and seven times.")
        if found.proposed is None:
            typer.echo("No scale makes the open findings imply the stated rate.")
        else:
            typer.echo(
                f"prices.hazard.scale: {found.proposed:.6g} would make them equal; both officers sign it, or neither."
            )
    raise typer.Exit(0 if found.plausible else 1)


def simulate(
    other: Annotated[Path, typer.Argument(help="The accord to try.")],
    workspace: Workspace = HOME,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Replay the same reports under another accord: what would cost more, what would enter or leave the queue."""
    from detente.edge.clock import now
    from detente.flows.calibrate import simulate as replay
    from detente.flows.workspace import open_workspace

    found = replay(open_workspace(workspace, database), other, now())
    say(asdict(found)) if as_json else _print(found)


def _print(found: "Simulation") -> None:
    from detente.model.money import Money

    before, after = Money(found.now_loss, found.currency), Money(found.then_loss, found.currency)
    typer.echo(f"{found.findings} open findings: {before} a month now, {after} under the other accord")
    typer.echo(f"implied breach probability a year: {found.now_implied:.2%} now, {found.then_implied:.2%} then")
    typer.echo(f"escalated: {found.staying} stay, {len(found.entering)} enter, {len(found.leaving)} leave")
    for sign, actions in (("+", found.entering), ("-", found.leaving)):
        for action in actions[:20]:
            typer.echo(f"  {sign} {action}")
