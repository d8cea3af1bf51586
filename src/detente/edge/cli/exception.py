"""`detente exception`: a fix may wait until a day, because two people signed for the reason and the price of it."""

import getpass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from detente.edge.cli import vex
from detente.edge.cli.options import HOME, Database, Json, Workspace, say
from detente.model.count import counted
from detente.model.errors import DetenteError

if TYPE_CHECKING:
    from detente.accord.exceptions import Standing
    from detente.flows.exceptions import Wish
    from detente.flows.settle import Listed
    from detente.model.exception import Request, Safeguard

NO = frozenset({"exception-refused", "own-request", "two-people"})
"""The accord says no: exit code 1."""

Id = Annotated[str, typer.Argument(help="The exception's id, or the beginning of it.")]
Key = Annotated[Path | None, typer.Option("--key", help="Your private key; ~/.ssh/id_ed25519 by default.")]
Role = Annotated[str, typer.Option("--role", help="Your role; found by your key when left out.")]
Due = Annotated[datetime, typer.Option("--until", formats=["%Y-%m-%d"], help="Its last day.")]


class Judged(TyperGroup):
    """What the accord does not allow is an answer, not a mistake: exit code 1."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command; see the class."""
        try:
            return super().invoke(ctx)
        except DetenteError as error:
            if error.code not in NO:
                raise
            typer.echo(f"{error.what}.\n{error.why}\n{error.do}", err=True)
            raise typer.Exit(1) from error


app = typer.Typer(cls=Judged, no_args_is_help=True, help="What may wait, because both signed for it.")
app.command()(vex.vex)


@app.command()
def request(
    until: Due,
    reason: Annotated[str, typer.Option("--reason", help="Why it may wait.")],
    finding: Annotated[str, typer.Option("--finding", help="For one finding.")] = "",
    fix: Annotated[str, typer.Option("--fix", help="For all findings of one fix.")] = "",
    service: Annotated[str, typer.Option("--service", help="For all findings of one service.")] = "",
    rule: Annotated[
        str, typer.Option("--rule", help="For what a rule selects: `component openssl* and service wiki`.")
    ] = "",
    by: Annotated[str, typer.Option("--by", help="Who asks; your login name by default.")] = "",
    control: Annotated[str, typer.Option("--control", help="A compensating control.")] = "",
    effect: Annotated[str, typer.Option("--effect", help="The share of attacks it stops, such as `80 %`.")] = "0 %",
    control_until: Annotated[
        datetime | None,
        typer.Option("--control-until", formats=["%Y-%m-%d"], help="How long it lasts; --until by default."),
    ] = None,
    only: Annotated[bool, typer.Option("--preview", help="Say what it would cover and cost; ask for nothing.")] = False,
    workspace: Workspace = HOME,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Ask that something may wait; says what it covers and what waiting costs per month."""
    from detente.edge.clock import now
    from detente.flows import exceptions
    from detente.flows.workspace import open_workspace

    ends = control_until or until
    wish = _wish(
        {"finding": finding, "fix": fix, "service": service, "rule": rule},
        reason=reason,
        until=until,
        by=by or getpass.getuser(),
        safeguard=_safeguard(control, effect, ends) if control else None,
    )
    opened = open_workspace(workspace, database)
    asked = exceptions.preview(opened, wish, now())
    name = "" if only else exceptions.ask(opened, asked)
    _asked(asked, name, as_json)


@app.command()
def show(name: Id, workspace: Workspace = HOME, database: Database = None) -> None:
    """Print the text that is signed, byte by byte."""
    from detente.accord.exceptions import text
    from detente.flows import exceptions
    from detente.flows.workspace import open_workspace

    typer.echo(text(exceptions.find(open_workspace(workspace, database), name)[1].request), nl=False)


@app.command()
def sign(
    name: Id,
    key: Key = None,
    role: Role = "",
    workspace: Workspace = HOME,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Sign an exception in your role; the second signature makes it active."""
    from detente.accord.exceptions import NAMESPACE, text
    from detente.accord.signatures import sign as signature
    from detente.edge.cli.signer import signer
    from detente.edge.clock import now
    from detente.flows import exceptions
    from detente.flows.workspace import open_workspace

    opened = open_workspace(workspace, database)
    whole, case = exceptions.find(opened, name)
    holder = signer(opened.accord, key, role)
    armoured = signature(text(case.request), holder.private, holder.passphrase, namespace=NAMESPACE)
    _told(whole, exceptions.signed(opened, whole, holder.role, armoured, now()), as_json)


@app.command()
def deny(
    name: Id,
    reason: Annotated[str, typer.Option("--reason", help="Why not.")],
    key: Key = None,
    role: Role = "",
    workspace: Workspace = HOME,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Say no in your role; an active exception ends at once."""
    from detente.edge.cli.signer import signer
    from detente.edge.clock import now
    from detente.flows import exceptions
    from detente.flows.workspace import open_workspace

    opened = open_workspace(workspace, database)
    whole, _ = exceptions.find(opened, name)
    denying = signer(opened.accord, key, role).role
    _told(whole, exceptions.denied(opened, whole, denying, reason, now()), as_json)


@app.command("list")
def listed(workspace: Workspace = HOME, database: Database = None, as_json: Json = False) -> None:
    """Print every exception with its state, its price, and who has yet to sign."""
    from detente.edge.clock import now
    from detente.flows import exceptions
    from detente.flows.workspace import open_workspace

    found = exceptions.listed(open_workspace(workspace, database), now())
    if as_json:
        return say({"exceptions": [_listed(one) for one in found]})
    for one in found:
        typer.echo(f"{one.id}  {one.standing.state:<9}  until {one.request.until}  {_price(one.request)} a month")
        waits = f"waits for {', '.join(one.standing.missing)}" if one.standing.missing else one.standing.reason
        typer.echo(
            f"    {one.request.reach} {one.request.of}: {one.request.reason} ({one.request.requester}) {waits}".rstrip()
        )
    if not found:
        typer.echo("Nobody has asked for an exception.")
    return None


def _wish(named: dict[str, str], *, reason: str, until: datetime, by: str, safeguard: "Safeguard | None") -> "Wish":
    from detente.flows.exceptions import Wish
    from detente.model.exception import Reach

    chosen = [(reach, of) for reach, of in named.items() if of]
    if len(chosen) != 1:
        why = "it must be for exactly one of a finding, a fix, a service or a rule."
        do = "Give one of --finding, --fix, --service and --rule."
        raise DetenteError("The exception cannot be asked for", why, do, code="exception-terms")
    ((reach, of),) = chosen
    return Wish(Reach(reach), of, reason, until.date(), by, safeguard)


def _safeguard(name: str, effect: str, until: datetime) -> "Safeguard":
    from detente.accord.quantity import share
    from detente.model.exception import Safeguard

    try:
        return Safeguard(name, share(effect).value, until.date())
    except ValueError as error:
        raise DetenteError(
            "The exception cannot be asked for",
            f"--effect must be {error}.",
            "For example --effect '80 %'.",
            code="exception-terms",
        ) from error


def _asked(asked: "Request", name: str, as_json: bool) -> None:
    """What was asked for, or, without a name, would be."""
    if as_json:
        return say(_request(asked) | {"id": name, "state": "requested" if name else "preview"})
    what, findings = f"Asked as {name}" if name else "Would ask", counted(len(asked.findings), "finding")
    typer.echo(f"{what}: {findings} may wait until {asked.until}; {_price(asked)} a month")
    return None


def _price(asked: "Request") -> str:
    from detente.accord.exceptions import residual
    from detente.model.money import Money

    price = str(Money(asked.loss_month, asked.currency))
    if asked.safeguard is None:
        return price
    left = Money(residual(asked, asked.loss_month), asked.currency)
    return f"{price} ({left} with {asked.safeguard.name})"


def _request(asked: "Request") -> dict[str, Any]:
    from detente.accord.exceptions import residual

    guard = asked.safeguard
    return {
        "reach": asked.reach.value,
        "of": asked.of,
        "findings": list(asked.findings),
        "reason": asked.reason,
        "until": asked.until.isoformat(),
        "requester": asked.requester,
        "loss_month": float(asked.loss_month),
        "residual_month": float(residual(asked, asked.loss_month)),
        "currency": asked.currency,
        "control": {"name": guard.name, "effect": float(guard.effect), "until": str(guard.until)} if guard else None,
    }


def _listed(one: "Listed") -> dict[str, Any]:
    return {"id": one.id, **_standing(one.standing), **_request(one.request)}


def _standing(stands: "Standing") -> dict[str, Any]:
    missing = list(stands.missing)
    return {"state": stands.state.value, "signed": dict(stands.signed), "missing": missing, "why": stands.reason}


def _told(name: str, stands: "Standing", as_json: bool) -> None:
    if as_json:
        return say({"id": name, **_standing(stands)})
    waits = f"; waits for {', '.join(stands.missing)}" if stands.missing else ""
    typer.echo(f"{name}: {stands.state}{waits}{f' ({stands.reason})' if stands.reason else ''}")
    return None
