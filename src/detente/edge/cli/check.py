"""`detente check`: a pull request is told what it brings before it is merged."""

import subprocess
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from detente.edge.cli.options import HOME, Database, Json, Workspace, say
from detente.model.count import counted
from detente.model.errors import DetenteError

if TYPE_CHECKING:
    from detente.flows.check import Checked


def check(
    paths: Annotated[list[Path] | None, typer.Argument(help="Reports in a repository, for --base.")] = None,
    base: Annotated[
        str, typer.Option("--base", help="The revision to compare with; its reports are read from git.")
    ] = "",
    before: Annotated[
        list[str] | None, typer.Option("--before", help="A report from before the change; repeatable.")
    ] = None,
    after: Annotated[list[str] | None, typer.Option("--after", help="A report with the change; repeatable.")] = None,
    format: Annotated[str, typer.Option("--format", help="The format, where content does not tell.")] = "",  # noqa: A002
    asset: Annotated[str, typer.Option("--asset", help="The asset all records speak of, as kind:name.")] = "",
    workspace: Workspace = HOME,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Say whether a change brings a finding that would be escalated: exit code 1 when it does."""
    from detente.edge.clock import now
    from detente.flows.check import check as checked
    from detente.flows.intake import Order
    from detente.flows.workspace import open_workspace

    if bool(paths and base) == bool(after) or (base and before):
        do = "Give --base REV and the paths of reports, or --before and --after."
        raise DetenteError(
            "Nothing to compare", "It takes a base with reports, or reports before and after.", do, code="usage"
        )
    place, order = open_workspace(workspace, database), Order(now, format, asset)
    with TemporaryDirectory(prefix="detente-") as folder:
        old = _committed(base, paths or [], Path(folder)) if base else before or []
        found = checked(place, old, after or [str(path) for path in paths or []], order)
    say(_document(found)) if as_json else _print(found)
    raise typer.Exit(1 if found.brought else 0)


def _committed(revision: str, paths: Sequence[Path], folder: Path) -> list[str]:
    """The reports at these paths as they were at `revision`; what was not there yet is left out."""
    found: list[str] = []
    for path in paths:
        where = path if path.is_dir() else path.parent
        inside = "." if path.is_dir() else path.name
        commit = (
            _git(where, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
            .decode()
            .strip()
        )
        names = _git(where, "ls-tree", "-r", "-z", "--name-only", commit, "--", inside).decode().split("\0")
        for name in filter(None, names):
            copy = folder / str(len(found)) / Path(name).name
            copy.parent.mkdir()
            copy.write_bytes(_git(where, "show", f"{commit}:./{name}"))
            found.append(str(copy))
    return found


def _git(where: Path, *arguments: str) -> bytes:
    try:
        done = subprocess.run(["git", "-C", str(where), *arguments], capture_output=True, check=True)  # noqa: S603, S607 - git of the path
    except (OSError, subprocess.CalledProcessError) as error:
        told = (
            error.stderr.decode(errors="replace").strip()
            if isinstance(error, subprocess.CalledProcessError)
            else str(error)
        )
        why = told or "The revision is not there."
        do = "Name a revision that is fetched (`git fetch`), and reports inside the repository."
        raise DetenteError("git cannot give the reports of the base", why, do, code="git") from error
    return done.stdout


def _document(found: "Checked") -> dict[str, Any]:
    return {
        "answer": "escalates" if found.brought else "fine",
        "new": found.new,
        "gone": found.gone,
        "bar": str(found.bar) if found.bar else None,
        "notes": list(found.notes),
        "brought": [
            {
                "fix": one.fix.id,
                "action": one.fix.action,
                "service": one.fix.service,
                "squad": one.fix.squad,
                "why": one.why,
                "reasons": list(one.fix.reasons),
                "findings": [
                    {"vulnerability": each.vulnerability, "component": each.component, "version": each.version, "severity": each.severity, "location": each.location}
                    for each in one.findings
                ],
            }
            for one in found.brought
        ],
    }  # fmt: skip


def _print(found: "Checked") -> None:
    new, brought = counted(found.new, "new finding"), counted(len(found.brought), "fix", "fixes")
    typer.echo(f"{new}, {found.gone} gone; {brought} would be escalated.")
    for one in found.brought:
        typer.echo(f"{one.fix.action} ({one.fix.squad}): {one.why}")
        for each in one.findings:
            typer.echo(f"  {each.vulnerability} in {each.component or each.location} {each.version} ({each.severity})")
