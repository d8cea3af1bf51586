"""`detente gateway learn`: fingerprints of the company's repositories, so that the gateway knows its own code."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from detente.edge.cli.options import HOME, Json, Workspace, say


def learn(
    repos: Annotated[list[Path], typer.Argument(metavar="REPO...", help="Checkouts of repositories.")],
    workspace: Workspace = HOME,
    label: Annotated[str, typer.Option("--label", help="internal, crown_jewels or public_repos.")] = "internal",
    public: Annotated[list[Path] | None, typer.Option("--public", help="Folders of code that everybody has.")] = None,
    as_json: Json = False,
) -> None:
    """Add repositories to the index of own code, or learn them anew: keyed hashes only, nothing that could be read back.

    Code of the standard library and of --public is left out.
    """
    from secrets import randbits

    from detente.flows.learn import learn as make

    made = make(workspace, repos, label, public or (), randbits(63))
    if as_json:
        say(asdict(made))
    else:
        print(
            f"{made.files} files, {made.bytes / 1e6:.1f} MB; the index: {made.fingerprints} fingerprints, {made.index_bytes / 1e6:.1f} MB"
        )
        print("\n".join(made.repos))
