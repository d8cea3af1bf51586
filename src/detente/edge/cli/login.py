"""`detente login`: a short-lived virtual key by signing in with the company's own identity provider."""

import json
import os
import webbrowser
from datetime import datetime, timedelta
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING, Annotated

import typer

from detente.edge.cli.options import HOME, Database, Workspace

if TYPE_CHECKING:
    from detente.edge.connectors.oidc import Signed
    from detente.flows.login import Given

SPARE = timedelta(minutes=10)
"""A key that ends sooner is not handed out again: an assistant asks anew only every few minutes."""


def login(
    code: Annotated[
        bool, typer.Option("--code", help="Type a code on another machine; there is no browser here.")
    ] = False,
    only: Annotated[
        bool, typer.Option("--print", help="Print the key alone, as an apiKeyHelper does; sign in only if need be.")
    ] = False,
    tool: Annotated[str, typer.Option("--tool", help="The assistant the key is for.")] = "",
    gateway: Annotated[
        str | None,
        typer.Option(
            "--gateway", envvar="DETENTE_GATEWAY_URL", help="The gateway that gives the key, instead of the workspace."
        ),
    ] = None,
    workspace: Workspace = HOME,
    database: Database = None,
) -> None:
    """Sign in, get a key for as long as the accord says, and keep it in your own configuration (readable by you alone)."""
    from detente.edge.clock import now

    file = place()
    kept = saved(file, now()) if only else ""
    if not kept:
        given = _elsewhere(gateway, tool, by_code=code) if gateway else _here(workspace, database, tool, by_code=code)
        _keep(file, given)
        _told(given, file)
        kept = given.key
    if only:
        typer.echo(kept)


def place() -> Path:
    """Where the key of this person lies."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "detente" / "login.json"


def saved(file: Path, at: datetime) -> str:
    """The key that was kept, if it counts for some time yet."""
    try:
        kept = json.loads(file.read_text("utf-8"))
        lasts = datetime.fromisoformat(kept["expires"]) - at > SPARE
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    return str(kept["key"]) if lasts else ""


def _elsewhere(gateway: str, tool: str, *, by_code: bool) -> "Given":
    """From a gateway: this machine needs neither its workspace nor its database."""
    from detente.edge.connectors.gateway import terms, trade

    asked = terms(gateway)
    return trade(gateway, _signed(asked.issuer, asked.client, by_code=by_code).id_token, tool)


def _here(workspace: Path, database: str | None, tool: str, *, by_code: bool) -> "Given":
    """From the workspace itself."""
    from detente.edge.clock import now
    from detente.flows.login import admit, terms
    from detente.flows.workspace import open_workspace

    opened = open_workspace(workspace, database)
    asked = terms(opened)
    return admit(opened, _signed(asked.issuer, asked.client, by_code=by_code).claims, now(), tool=tool)


def _signed(issuer: str, client: str, *, by_code: bool) -> "Signed":
    from detente.edge.clock import now
    from detente.edge.connectors import oidc

    provider = oidc.discover(issuer, client)
    if by_code:
        return oidc.by_code(provider, _shown, sleep, lambda: int(now().timestamp()))
    return oidc.by_browser(provider, _opened, lambda: int(now().timestamp()))


def _opened(url: str) -> None:
    typer.echo(f"Sign in here, if no browser opens by itself:\n{url}", err=True)
    webbrowser.open(url)


def _shown(url: str, code: str) -> None:
    typer.echo(f"Go to {url}\nand type the code {code}", err=True)


def _keep(file: Path, given: "Given") -> None:
    """Written aside and moved into place, never readable by others for a moment."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    aside = file.with_name(f".{given.name}")
    aside.touch(mode=0o600)
    told = {"key": given.key, "name": given.name, "expires": given.expires.isoformat()}
    aside.write_text(json.dumps(told), "utf-8")
    aside.replace(file)


def _told(given: "Given", file: Path) -> None:
    squad = f"of squad {given.squad}" if given.squad else "of no squad the estate names"
    until = f"{given.expires:%Y-%m-%d %H:%M %Z}"
    typer.echo(f"{given.person}, {squad}: key {given.name} until {until}, kept in {file}", err=True)
