"""`detente gateway key`: virtual keys, issued for a purpose and a time, rotated with an overlap, withdrawn within seconds."""

import getpass
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from detente.edge.cli.options import HOME, Database, Json, Workspace, say
from detente.model.errors import DetenteError

if TYPE_CHECKING:
    from datetime import datetime

    from detente.model.key import VirtualKey

app = typer.Typer(help="Virtual keys: who may ask through the gateway, for what, until when.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="The key's name (k-...), or the beginning of it; never the key itself.")]
Lasts = Annotated[str, typer.Option("--lasts", help="How long it counts, such as 12h or 90d; a year at most.")]
By = Annotated[str, typer.Option("--by", help="Who does this; your login name by default.")]


@app.command()
def issue(
    tenant: Annotated[
        str, typer.Option("--tenant", help="Whose data it is: nothing crosses between tenants.")
    ] = "default",
    person: Annotated[str, typer.Option("--person", help="Who uses it, as an e-mail address.")] = "",
    squad: Annotated[str, typer.Option("--squad", help="The squad that pays.")] = "",
    tool: Annotated[str, typer.Option("--tool", help="The assistant it is for.")] = "",
    repo: Annotated[str, typer.Option("--repo", help="The repository it is for, as owner/name.")] = "",
    model: Annotated[list[str] | None, typer.Option("--model", help="A model, or a shell glob of models.")] = None,
    data: Annotated[str, typer.Option("--data", help="The gravest class of data its tool may see.")] = "",
    lasts: Lasts = "90d",
    by: By = "",
    workspace: Workspace = HOME,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Issue a key. It is printed once, alone on standard output, and kept nowhere: only its SHA-256 is."""
    from detente.edge.clock import now
    from detente.flows import keys
    from detente.flows.workspace import open_workspace
    from detente.model.key import Grant

    grant = Grant(tenant=tenant, person=person, squad=squad, tool=tool, repo=repo, models=tuple(model or ()), data=data)
    opened = open_workspace(workspace, database)
    text, key = keys.issue(opened, grant, lasts=_span("--lasts", lasts), issuer=by or getpass.getuser(), at=now())
    _given(text, key, as_json)


@app.command("list")
def listed(workspace: Workspace = HOME, database: Database = None, as_json: Json = False) -> None:
    """Print every key that was ever issued: for whom, for what, until when. Keys themselves cannot be shown."""
    from detente.edge.clock import now
    from detente.flows.workspace import open_workspace
    from detente.store import keys

    at, found = now(), keys.kept(open_workspace(workspace, database).engine)
    if as_json:
        return say({"keys": [_plain(key, at) for key in found]})
    for key in found:
        told = _plain(key, at)
        scope = "  ".join(f"{name} {told[name]}" for name in ("person", "squad", "tool", "repo", "data") if told[name])
        models = f"  models {', '.join(key.grant.models)}" if key.grant.models else ""
        typer.echo(
            f"{key.name}  {told['state']:<9}  until {key.ends:%Y-%m-%d %H:%M}  {key.grant.tenant}  {scope}{models}"
        )
    if not found:
        typer.echo("No key has been issued. `detente gateway key issue` makes one.")
    return None


@app.command()
def rotate(
    name: Name,
    overlap: Annotated[str, typer.Option("--overlap", help="How long the old key still counts.")] = "24h",
    lasts: Lasts = "90d",
    by: By = "",
    workspace: Workspace = HOME,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Issue a key for the same purpose and budget; the old one ends after the overlap."""
    from detente.edge.clock import now
    from detente.flows import keys
    from detente.flows.workspace import open_workspace

    opened, spans = open_workspace(workspace, database), (_span("--lasts", lasts), _span("--overlap", overlap))
    text, key = keys.rotate(opened, name, lasts=spans[0], overlap=spans[1], issuer=by or getpass.getuser(), at=now())
    _given(text, key, as_json)


@app.command()
def withdraw(
    name: Name,
    reason: Annotated[str, typer.Option("--reason", help="Why; the ledger keeps it.")] = "",
    by: By = "",
    workspace: Workspace = HOME,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """End a key; running gateways refuse it within two seconds."""
    from detente.edge.clock import now
    from detente.flows import keys
    from detente.flows.workspace import open_workspace

    at = now()
    key = keys.withdraw(open_workspace(workspace, database), name, person=by or getpass.getuser(), reason=reason, at=at)
    if as_json:
        return say(_plain(key, at))
    typer.echo(f"{key.name} counts no more.")
    return None


def _span(option: str, text: str) -> timedelta:
    from detente.accord.quantity import duration

    try:
        return duration(text).timedelta
    except ValueError as error:
        do = f"For example {option} 30d."
        raise DetenteError(f"{option} cannot be read", f"{text!r} is not {error}.", do, code="usage") from error


def _given(text: str, key: "VirtualKey", as_json: bool) -> None:
    if as_json:
        return say({"key": text} | _plain(key, key.issued))
    typer.echo(f"{key.name}, until {key.expires:%Y-%m-%d %H:%M %Z}. The key is shown this once:", err=True)
    typer.echo(text)
    return None


def _plain(key: "VirtualKey", at: "datetime") -> dict[str, Any]:
    grant, ended = key.grant, key.ends <= at
    state = "live" if not ended else "withdrawn" if key.withdrawn else "expired"
    told = {name: getattr(grant, name) for name in ("tenant", "person", "squad", "tool", "repo", "data")}
    told |= {"name": key.name, "state": state, "models": list(grant.models), "issuer": key.issuer, "family": key.family}
    return told | {"issued": key.issued.isoformat(), "expires": key.expires.isoformat(), "ends": key.ends.isoformat()}
