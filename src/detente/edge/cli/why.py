"""`detente why ID`: the chain of facts and rules behind any finding, fix, vulnerability, asset, service or report."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from detente.edge.cli.options import HOME, Database, Json, Workspace, say

if TYPE_CHECKING:
    from detente.model.chain import Chain


def why(
    name: Annotated[str, typer.Argument(metavar="ID", help="f-..., x-..., a CVE, an asset, a service, a report.")],
    workspace: Workspace = HOME,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Print every factor behind an id with its source, and what would change the answer."""
    from detente.edge.clock import now
    from detente.flows.why import why as answer
    from detente.flows.workspace import open_workspace

    found = answer(open_workspace(workspace, database), now(), name)
    say(asdict(found)) if as_json else print(rendered(found), end="")


def rendered(found: "Chain") -> str:
    """The chain as text: one link a line, its source behind it."""
    lines = [f"{found.id}: {found.headline}", ""]
    for part in found.parts:
        lines.append(part.title)
        width = max((len(link.what) for link in part.links), default=0)
        lines += [
            f"  {link.what:<{width}}  {link.value}{f'  [{link.source}]' if link.source else ''}" for link in part.links
        ]
        lines.append("")
    if found.changes:
        lines += ["What would change this", *(f"  - {change}" for change in found.changes), ""]
    return "\n".join(lines)
