"""`detente intel rank` and `refit`: the order in which CVEs deserve a look, and the weights behind it."""

import csv
import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from detente.edge.cli.options import HOME, Database, Day, Json, Workspace, opened, today
from detente.model.errors import DetenteError
from detente.model.intel import ATTRIBUTION

if TYPE_CHECKING:
    from detente.queue.coefficients import Coefficients


def rank(
    *,
    cves: Annotated[
        Path, typer.Option("--cves", exists=True, help="One id per line, a CSV with a cve column, or a JSON list.")
    ],
    workspace: Workspace = HOME,
    database: Database = None,
    as_of: Day = None,
    coefficients: Annotated[
        Path | None, typer.Option(exists=True, help="A set written by refit, instead of the shipped ones.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Order CVEs by the chance of becoming known exploited, with reasons; those known exploited come first."""
    import msgspec

    from detente.flows import intel
    from detente.queue.coefficients import SETS

    day, ids = as_of.date() if as_of else today(), listed(cves)
    with opened(workspace, database) as engine:
        rows = intel.ranking(workspace, engine, day, ids, (read(coefficients), *SETS) if coefficients else SETS)
    if as_json:
        ranking = [{"cve": row.cve, "score": row.score, "p30": row.p30, "reasons": row.reasons()} for row in rows]
        print(msgspec.json.encode({"as_of": str(day), "ranking": ranking, "attribution": ATTRIBUTION}).decode())
        return
    for place, row in enumerate(rows, 1):
        print(f"{place:>6}  {row.cve:<16} {row.score:>8.3f}  p30 {row.p30:.2e}  {'; '.join(row.reasons())}")
    print(ATTRIBUTION)


def listed(path: Path) -> list[str]:
    """The ids of a file, in capitals and in its order."""
    text = path.read_text("utf-8-sig")
    if text.lstrip().startswith("["):
        found = [str(item) for item in json.loads(text)]
    elif "cve" in (header := [cell.strip().lower() for cell in text.split("\n", 1)[0].split(",")]):
        found = [row[header.index("cve")] for row in list(csv.reader(text.splitlines()))[1:] if row]
    else:
        found = [line.split(",")[0] for line in text.splitlines() if not line.startswith("#")]
    return [name.strip().upper() for name in found if name.strip()]


def refit(
    *,
    at: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Day of the features.")],
    labels_to: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Last day of the labels.")],
    out: Annotated[Path, typer.Option(help="Where to write the set, for rank --coefficients.")],
    features: Annotated[str, typer.Option(help="Name of a shipped set whose features to fit.")] = "lean",
    workspace: Workspace = HOME,
    database: Database = None,
) -> None:
    """Fit the ranker on this workspace's own intelligence."""
    from detente.flows import intel
    from detente.queue.coefficients import PUBLIC, SETS

    shapes = {shape.name: shape for shape in (*SETS, PUBLIC)}
    if features not in shapes:
        raise DetenteError(
            f"There is no feature set {features!r}", f"The sets are {', '.join(shapes)}.", "Name one of them."
        )
    names = list(shapes[features].weights)
    with opened(workspace, database) as engine:
        made = intel.refit(workspace, engine, at.date(), labels_to.date(), names=names, name=f"refit_{features}")
    out.write_text(json.dumps(asdict(made), default=str, indent=1) + "\n")
    print(f"{made.version}: {made.positives} of {made.population} CVEs, written to {out}")


def read(path: Path) -> "Coefficients":
    """A coefficient set as `refit` wrote it."""
    import msgspec

    from detente.queue.coefficients import Coefficients

    try:
        return msgspec.json.decode(path.read_bytes(), type=Coefficients)
    except msgspec.MsgspecError as error:
        raise DetenteError(
            f"{path} is no coefficient set", f"{error}.", "Write one with detente intel refit."
        ) from None
