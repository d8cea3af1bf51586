"""`detente accord`: read, compare, sign and verify the policy both officers sign."""

import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from detente.edge.cli.calibrate import calibrate, simulate
from detente.edge.cli.options import Database
from detente.edge.cli.signer import signer
from detente.model.errors import DetenteError

if TYPE_CHECKING:
    from detente.accord.document import Accord
    from detente.accord.signatures import Standing

Workspace = Annotated[
    Path, typer.Option("--workspace", envvar="DETENTE_HOME", help="The folder that holds accord and estate.")
]
File = Annotated[Path | None, typer.Option("--accord", help="Another accord than the workspace's accord.yaml.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
HOME = Path(".detente")


class Told(TyperGroup):
    """Tells people what happened, why, and what to do; exit code 2, or 3 when part of the work was done."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command; see the class."""
        try:
            return super().invoke(ctx)
        except DetenteError as error:
            typer.echo(f"{error.what}.\n{error.why}\n{error.do}", err=True)
            raise typer.Exit(3 if error.partly else 2) from error


app = typer.Typer(cls=Told, no_args_is_help=True, help="The policy both officers sign.")
app.command()(calibrate)
app.command()(simulate)


@app.command()
def check(workspace: Workspace = HOME, accord: File = None, as_json: Json = False) -> None:
    """Say whether accord and estate can be used, and every mistake with its line."""
    from detente.accord import signatures
    from detente.accord.problems import InvalidError

    path = accord or workspace / "accord.yaml"
    try:
        loaded = _load(path)
        signatures.two(loaded)
        warnings = [*loaded.warnings, *_strangers(path.with_name("estate.yaml"), loaded), *_reading(workspace, accord)]
    except InvalidError as error:
        if not as_json:
            raise
        _print_json({"file": str(path), "valid": False, "errors": [asdict(problem) for problem in error.problems]})
        raise typer.Exit(2) from error
    facts = {"file": str(path), "valid": True, **_facts(loaded, _standing(path, loaded)), "warnings": warnings}
    if as_json:
        return _print_json(facts | {"errors": []})
    typer.echo(f"{path}: valid, version {loaded.version}, {facts['status']}")
    for warning in warnings:
        typer.echo(f"  note: {warning}")
    return None


@app.command()
def show(workspace: Workspace = HOME, accord: File = None, as_json: Json = False) -> None:
    """Print every value in effect, the defaults marked as such."""
    from detente.accord.leaves import leaves

    path = accord or workspace / "accord.yaml"
    loaded = _load(path)
    values = leaves(loaded)
    facts = _facts(loaded, _standing(path, loaded))
    if as_json:
        return _print_json(facts | {"values": [asdict(leaf) for leaf in values]})
    typer.echo(f"accord {loaded.version} of {loaded.organisation}: {facts['status']}\nsha256 {loaded.digest}\n")
    width = max(len(leaf.key) for leaf in values)
    for leaf in values:
        typer.echo(f"{leaf.key:<{width}}  {leaf.text}{'  (default)' if leaf.default else ''}")
    return None


@app.command()
def diff(
    before: Annotated[Path, typer.Argument(help="The accord to compare with.")],
    after: Annotated[Path | None, typer.Argument(help="The new one; the workspace's by default.")] = None,
    workspace: Workspace = HOME,
    accord: File = None,
    as_json: Json = False,
) -> None:
    """Print what changes in meaning between two accords."""
    from detente.accord.leaves import diff as differences

    old, new = _load(before), _load(after or accord or workspace / "accord.yaml")
    changes = differences(old, new)
    if as_json:
        changed = [asdict(change) for change in changes]
        return _print_json({"before": old.digest, "after": new.digest, "changes": changed})
    for change in changes:
        typer.echo(f"{change.key}: {change.before or '(not there)'} -> {change.after or '(not there)'}")
    if not changes:
        typer.echo("No change in meaning.")
    return None


@app.command()
def sign(
    workspace: Workspace = HOME,
    accord: File = None,
    key: Annotated[Path | None, typer.Option("--key", help="Your private key; ~/.ssh/id_ed25519 by default.")] = None,
    role: Annotated[str, typer.Option("--role", help="Your role; found by your key when left out.")] = "",
    database: Database = None,
) -> None:
    """Sign the accord as it is written now; the signature is put beside it."""
    from detente.accord import signatures

    path = accord or workspace / "accord.yaml"
    loaded = _load(path)
    signatures.two(loaded)
    holder = signer(loaded, key, role)
    signing, beside = holder.role, _beside(path, holder.role)
    armoured = signatures.sign(loaded.source, holder.private, holder.passphrase)
    if accord is None:  # a text elsewhere is not this workspace's accord: its signature stays a file
        _record(workspace, database, loaded, signing, armoured)
    _write(beside, armoured)
    typer.echo(f"{loaded.parties[signing].name} ({signing}) signed version {loaded.version}, sha256 {loaded.digest}")
    typer.echo(f"{beside}: now {_facts(loaded, _standing(path, loaded))['status']}")


@app.command()
def verify(workspace: Workspace = HOME, accord: File = None, as_json: Json = False) -> None:
    """Say whether the accord is in force: exit code 0 when both have signed exactly this text, else 1."""
    path = accord or workspace / "accord.yaml"
    loaded = _load(path)
    standing = _standing(path, loaded)
    if as_json:
        _print_json(_facts(loaded, standing))
    else:
        typer.echo(f"{path}: {_facts(loaded, standing)['status']}")
        for who, name in standing.signed.items():
            typer.echo(f"  signed: {name} ({who})")
        for problem in standing.problems:
            typer.echo(f"  problem: {problem}")
    raise typer.Exit(0 if standing.in_force else 1)


def _record(workspace: Path, database: str | None, accord: "Accord", role: str, armoured: str) -> None:
    """The database and the ledger learn of the signature first: they refuse one person in two roles."""
    from detente.edge.clock import now
    from detente.flows.signing import sign as record
    from detente.flows.workspace import open_workspace

    record(open_workspace(workspace, database), accord, role, armoured, now)


def _load(path: Path) -> "Accord":
    from detente.accord.document import load

    do = "Write one with `detente init`, or name another with --accord."
    return load(_bytes(path, "accord", do), path.name)


def _bytes(path: Path, what: str, do: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DetenteError(f"No {what} at {path}", f"{error.strerror}.", do, code="no-file") from error


def _write(path: Path, text: str) -> None:
    aside = path.with_name(path.name + ".new")
    aside.write_text(text, "utf-8")
    aside.replace(path)


def _beside(path: Path, role: str) -> Path:
    return path.with_name(f"{path.name}.{role}.sig")


def _standing(path: Path, accord: "Accord") -> "Standing":
    from detente.accord.signatures import status

    files = {role: _beside(path, role) for role in accord.parties}
    return status(accord, {role: file.read_text("utf-8", "replace") for role, file in files.items() if file.is_file()})


def _facts(accord: "Accord", standing: "Standing") -> dict[str, Any]:
    missing = f" (not signed by {', '.join(standing.missing)})" if standing.missing else ""
    facts = {"version": accord.version, "digest": accord.digest, "in_force": standing.in_force}
    return facts | {
        "status": "in force" if standing.in_force else f"draft{missing}",
        "signed": dict(standing.signed),
        "missing": list(standing.missing),
        "problems": list(standing.problems),
    }


def _strangers(path: Path, accord: "Accord") -> tuple[str, ...]:
    from detente.accord import estate

    return estate.strangers(estate.load(path.read_bytes(), path.name), accord) if path.is_file() else ()


def _reading(workspace: Path, accord: Path | None) -> Iterator[str]:
    """The implied beside the stated breach rate, where findings are at hand and the two disagree."""
    if not (workspace / "detente.db").is_file():
        return
    from detente.edge.clock import now
    from detente.flows.calibrate import calibrate
    from detente.flows.workspace import open_workspace

    found = calibrate(replace(open_workspace(workspace), accord_file=accord), now())
    if found.implied and found.reading():
        yield f"{found.reading()}; `detente accord calibrate` proposes a scale"


def _print_json(document: dict[str, Any]) -> None:
    typer.echo(json.dumps(document, ensure_ascii=False, indent=2))
