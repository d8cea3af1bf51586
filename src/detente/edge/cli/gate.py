"""`detente gate`: a pipeline asks whether a deploy may go on, and can prove that it asked."""

import getpass
import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from detente.edge.cli.options import HOME, Database, Json, Workspace, say
from detente.model.errors import DetenteError

if TYPE_CHECKING:
    from detente.flows.workspace import Workspace as Place

Kind = Literal["feature", "fix"]
Until = Annotated[
    datetime | None,
    typer.Option("--override", formats=["%Y-%m-%dT%H:%M"], help="Ask both roles to let it through until then (UTC)."),
]
At = Annotated[
    datetime | None,
    typer.Option(
        formats=["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M"], help="Verify as of then (UTC): when the deploy began."
    ),
]


def gate(
    service: Annotated[str, typer.Argument(help="The service to deploy; with --stop and --resume also `all`.")] = "",
    change: Annotated[str, typer.Option("--change", help="The change or fix to deploy.")] = "",
    kind: Annotated[Kind, typer.Option("--kind", help="What it is for: feature or fix.")] = "feature",
    fresh: Annotated[bool, typer.Option("--new", help="It brings resources that do not run yet.")] = False,
    rollback: Annotated[bool, typer.Option("--rollback", help="It takes a change back: always allowed.")] = False,
    stop: Annotated[bool, typer.Option("--stop", help="Stop this service's line, or that of all.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Let a stopped line go on.")] = False,
    reason: Annotated[str, typer.Option("--reason", help="Why the line stops or goes on, or why to override.")] = "",
    override: Until = None,
    sign: Annotated[str, typer.Option("--sign", help="Sign the override of this id.")] = "",
    key: Annotated[Path | None, typer.Option("--key", help="Your private key; ~/.ssh/id_ed25519 by default.")] = None,
    verify: Annotated[Path | None, typer.Option("--verify", help="Check an answer that was kept as JSON.")] = None,
    at: At = None,
    workspace: Workspace = HOME,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Ask whether a deploy may go on: exit code 0 when it may, 1 when it has to wait or must not."""
    from detente.flows.workspace import open_workspace

    place = open_workspace(workspace, database)
    if verify is not None:
        told = _verified(place, verify, at)
    elif sign:
        _say(_signed(place, sign, key), as_json)
        return
    elif not service:
        raise DetenteError("Nothing to ask about", "No service was named.", "Name one of estate.yaml.", code="usage")
    elif stop or resume:
        _say(_halted(place, service, reason, stopped=stop), as_json)
        return
    elif override is not None:
        _say(_overridden(place, service, change, reason, override), as_json)
        return
    else:
        told = _asked(place, service, change=change, kind=kind, fresh=fresh, back=rollback)
    say(told) if as_json else _print(told)
    raise typer.Exit(0 if told["answer"] in ("allow", "allow-with-conditions") else 1)


def _asked(place: "Place", service: str, *, change: str, kind: Kind, fresh: bool, back: bool) -> dict[str, Any]:
    from detente.edge.clock import now
    from detente.flows.gate import decide
    from detente.model.change import Purpose
    from detente.plan.gate import Ask

    ask = Ask(service=service, change=change, purpose=Purpose(kind), fresh=fresh, back=back)
    return decide(place, ask, now())


def _verified(place: "Place", path: Path, at: datetime | None) -> dict[str, Any]:
    from datetime import UTC

    from detente.edge.clock import now
    from detente.flows.seal import verified

    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DetenteError(f"{path} cannot be read", f"{error}.", "Name a kept answer.", code="file") from error
    return verified(place.folder, text, at.replace(tzinfo=UTC) if at else now())


def _halted(place: "Place", scope: str, reason: str, *, stopped: bool) -> dict[str, Any]:
    """Stopping is anyone's right, going on anyone's duty to explain: both are recorded with the name and the reason."""
    from detente.edge.clock import now
    from detente.flows.gate import service_of
    from detente.store import rollouts

    if scope != "all":
        service_of(place, scope)
    if not reason.strip():
        raise DetenteError("The line stays as it is", "No reason was given.", "Say why with --reason.", code="usage")
    said = rollouts.Halt(scope, getpass.getuser(), reason.strip(), now())
    with place.engine.begin() as connection:
        rollouts.halt(connection, said, stopped=stopped)
    return {"scope": scope, "stopped": stopped, "person": said.person, "reason": said.reason}


def _overridden(place: "Place", service: str, change: str, reason: str, until: datetime) -> dict[str, Any]:
    from datetime import UTC

    from detente.edge.clock import now
    from detente.flows.gate import service_of
    from detente.flows.override import ask, roles

    service_of(place, service)
    name = ask(place, service, change, reason, until=until.replace(tzinfo=UTC), now=now())
    return {"override": name, "missing": list(roles(place.accord)), "next": f"detente gate --sign {name} --key KEY"}


def _signed(place: "Place", name: str, key: Path | None) -> dict[str, Any]:
    from detente.accord.signatures import sign as signature
    from detente.edge.cli.signer import signer
    from detente.edge.clock import now
    from detente.flows.override import NAMESPACE, find, sign

    found, holder = find(place, name, now()), signer(place.accord, key, "")
    armoured = signature(found.text.encode(), holder.private, holder.passphrase, namespace=NAMESPACE)
    missing = sign(place, found, holder.role, armoured, now())
    return {
        "override": found.digest[:12],
        "signed": holder.role,
        "missing": list(missing),
        "statement": json.loads(found.text),
    }


def _print(told: dict[str, Any]) -> None:
    until = f" {told['until']}" if told["until"] else ""
    typer.echo(f"{told['service']}: {told['answer']}{until} (asked {told['asked']}, holds until {told['expires']})")
    for one in told["reasons"]:
        typer.echo(f"  because {one['rule']}: {one['fact']} ({one['source']})")
    for condition in told["conditions"]:
        typer.echo(f"  condition: {condition}")


def _say(told: dict[str, Any], as_json: bool) -> None:
    if as_json:
        say(told)
        return
    for name, value in told.items():
        typer.echo(f"{name}: {', '.join(value) if isinstance(value, list) else value}")
