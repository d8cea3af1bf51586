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
    from detente.edge.connectors.oidc import Claims
    from detente.flows.workspace import Workspace as Opened
    from detente.model.key import VirtualKey

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
    workspace: Workspace = HOME,
    database: Database = None,
) -> None:
    """Sign in, get a key for as long as the accord says, and keep it in your own configuration (readable by you alone)."""
    from detente.edge.clock import now
    from detente.flows.login import admit, terms
    from detente.flows.workspace import open_workspace

    file = place()
    kept = saved(file, now()) if only else ""
    if not kept:
        opened = open_workspace(workspace, database)
        terms(opened)
        kept, key = admit(opened, _claims(opened, by_code=code), now(), tool=tool)
        _keep(file, kept, key)
        _told(key, file)
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


def _claims(opened: "Opened", *, by_code: bool) -> "Claims":
    from detente.edge.clock import now
    from detente.edge.connectors import oidc
    from detente.flows.login import terms

    login = terms(opened)
    provider = oidc.discover(login.issuer, login.client)
    if by_code:
        return oidc.by_code(provider, _shown, sleep, lambda: int(now().timestamp()))
    return oidc.by_browser(provider, _opened, lambda: int(now().timestamp()))


def _opened(url: str) -> None:
    typer.echo(f"Sign in here, if no browser opens by itself:\n{url}", err=True)
    webbrowser.open(url)


def _shown(url: str, code: str) -> None:
    typer.echo(f"Go to {url}\nand type the code {code}", err=True)


def _keep(file: Path, text: str, key: "VirtualKey") -> None:
    """Written aside and moved into place, never readable by others for a moment."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    aside = file.with_name(f".{key.name}")
    aside.touch(mode=0o600)
    aside.write_text(json.dumps({"key": text, "name": key.name, "expires": key.expires.isoformat()}), "utf-8")
    aside.replace(file)


def _told(key: "VirtualKey", file: Path) -> None:
    squad = f"of squad {key.grant.squad}" if key.grant.squad else "of no squad the estate names"
    typer.echo(
        f"{key.grant.person}, {squad}: key {key.name} until {key.expires:%Y-%m-%d %H:%M %Z}, kept in {file}", err=True
    )
