"""`detente init`: a workspace with a commented accord and estate."""

from pathlib import Path
from typing import Annotated

import typer

from detente.model.errors import DetenteError


def init(
    directory: Annotated[Path | None, typer.Argument(help="Where; the workspace by default.")] = None,
    workspace: Annotated[Path, typer.Option("--workspace", envvar="DETENTE_HOME", help="The workspace.")] = Path(
        ".detente"
    ),
) -> None:
    """Write accord.yaml and estate.yaml, each key explained; a file that is there already stays as it is."""
    folder = directory or workspace
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("accord.yaml", "estate.yaml"):
            typer.echo(f"{folder / name}: {_write(folder / name)}")
    except OSError as error:
        do = "Name a folder that you may write to."
        raise DetenteError(f"No workspace at {folder}", f"{error.strerror}.", do, code="no-workspace") from error
    typer.echo("Next: put your own figures in, then `detente accord check`; `detente accord sign` when both agree.")


def _write(path: Path) -> str:
    from importlib import resources

    template = resources.files("detente.accord").joinpath("templates", path.name).read_bytes()
    try:
        with path.open("xb") as file:
            file.write(template)
    except FileExistsError:
        return "kept, it was there already"
    return "written"
