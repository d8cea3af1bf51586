"""`detente inspect`: secrets, personal data and own code in files, by the rules of the gateway."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from detente.edge.cli.options import HOME, Json, Workspace, say
from detente.edge.cli.sarif import SCHEMA, uri
from detente.model.count import counted

if TYPE_CHECKING:
    from detente.flows.inspect import Inspection, Seen

_LEVELS = {"block": "error", "redact": "error", "warn": "warning"}


def inspect(
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="Files, folders, or - for standard input.")],
    workspace: Workspace = HOME,
    rules: Annotated[
        list[Path] | None, typer.Option("--rules", help="Rules of your own: YAML, or gitleaks TOML.")
    ] = None,
    sarif: Annotated[bool, typer.Option("--sarif", help="SARIF 2.1.0 on standard output.")] = False,
    as_json: Json = False,
) -> None:
    """Say where something must not leave, never what it is. Exit code 1 if the accord redacts or blocks it."""
    from detente.flows.inspect import inspect as look
    from detente.flows.scanning import policy, scanner

    found = look(paths, scanner(workspace, rules or ()), policy(workspace), sys.stdin.buffer.read)
    if sarif:
        print(json.dumps(_sarif(found), ensure_ascii=False, indent=1))
    elif as_json:
        say({"verdict": found.verdict, "hits": [_row(hit) for hit in found.hits]})
    else:
        _print(found)
    if found.verdict in ("redact", "block"):
        raise typer.Exit(1)


def _row(hit: "Seen") -> dict[str, Any]:
    row = asdict(hit)
    row.pop("coaching")
    return row


def _print(found: "Inspection") -> None:
    for hit in found.hits:
        print(f"{hit.file}:{hit.line}:{hit.rule}  {hit.action}  {hit.kind}, {hit.confidence:.0%} sure")
    for advice in sorted({f"{hit.kind}: {hit.coaching}" for hit in found.hits}):
        typer.echo(advice, err=True)
    typer.echo(f"{found.verdict}: {counted(len(found.hits), 'hit')} in {counted(found.files, 'file')}", err=True)


def _sarif(found: "Inspection") -> dict[str, Any]:
    names = sorted({hit.rule for hit in found.hits})
    driver = {
        "name": "Détente",
        "informationUri": "https://detente.example/docs",
        "rules": [{"id": name} for name in names],
    }
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": [_result(hit, names.index(hit.rule)) for hit in found.hits]}],
    }


def _result(hit: "Seen", index: int) -> dict[str, Any]:
    region = {"startLine": hit.line, "byteOffset": hit.start, "byteLength": hit.end - hit.start}
    place = {"artifactLocation": {"uri": uri(hit.file)}, "region": region}
    return {
        "ruleId": hit.rule,
        "ruleIndex": index,
        "level": _LEVELS[hit.action],
        "message": {"text": f"{hit.kind}: {hit.coaching}"},
        "locations": [{"physicalLocation": place}],
        "properties": {"confidence": hit.confidence, "action": hit.action},
    }
