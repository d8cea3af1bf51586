"""`detente`: one file per verb; every import of a room waits inside its command, so that `--help` costs nothing."""

from typing import Any

import typer
from typer.core import TyperGroup

from detente.edge.cli import (
    accord,
    check,
    demo,
    evidence,
    exception,
    gate,
    gateway,
    ingest,
    init,
    inspect,
    intel,
    ledger,
    login,
    plan,
    queue,
    rollout,
    why,
)
from detente.model.errors import DetenteError

EXIT_NO, EXIT_BAD, EXIT_PARTLY = 1, 2, 3


class Told(TyperGroup):
    """Tells people what happened, why, and what to do; exit code 2, or 3 when part of the work was done."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command; see the class."""
        try:
            return super().invoke(ctx)
        except DetenteError as error:
            raise _told(error) from error
        except OSError as error:
            if error.filename is None:
                raise
            why, do = f"{error.strerror}.", "Check the path, its permissions and its disk."
            raise _told(DetenteError(f"{error.filename} cannot be used", why, do, code="file")) from error


def _told(error: DetenteError) -> typer.Exit:
    typer.echo(f"{error.what}.\n{error.why}\n{error.do}", err=True)
    return typer.Exit(EXIT_PARTLY if error.partly else EXIT_BAD)


app = typer.Typer(
    cls=Told,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help starts twice as fast
    help="One accord both sign, one queue both trust.",
)
app.command()(init.init)
app.command()(demo.demo)
app.add_typer(accord.app, name="accord")
app.add_typer(intel.app, name="intel")
app.command()(ingest.ingest)
app.command()(queue.queue)
app.command()(why.why)
app.command()(plan.plan)
app.add_typer(exception.app, name="exception")
app.command()(evidence.evidence)
app.command()(check.check)
app.command()(gate.gate)
app.command()(inspect.inspect)
app.add_typer(gateway.app, name="gateway")
app.command()(login.login)
app.add_typer(rollout.app, name="rollout")
app.add_typer(ledger.app, name="ledger")


def main() -> None:
    """The console script."""
    app(prog_name="detente")
