"""`detente why ID`: the chain of facts and rules behind any finding, fix, vulnerability, asset, service or report."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from detente.edge.cli.options import HOME, Database, Json, Workspace, say
from detente.edge.cli.terminal import styled, width, wrapped

if TYPE_CHECKING:
    from detente.model.chain import Chain, Link, Part

_LABEL = 22  # columns of what a value is called; a longer name stands in a line of its own


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
    say(asdict(found)) if as_json else typer.echo(rendered(found, width()), nl=False)


def rendered(found: "Chain", columns: int) -> str:
    """The chain as text: what a value is called, the value, and beneath it whose it is."""
    lines = [found.id, *(styled(line, bold=True) for line in wrapped(found.headline, columns, 0))]
    for part in found.parts:
        if part.links:
            lines += ["", styled(part.title, bold=True), *_part(part, columns)]
    if found.changes:
        lines += ["", styled("What would change this", bold=True)]
        lines += [line for change in found.changes for line in wrapped(f"  - {change}", columns, 4)]
    return "\n".join(lines) + "\n"


def _part(part: "Part", columns: int) -> Iterator[str]:
    label = min(_LABEL, max(len(link.what) for link in part.links))
    before = ""
    for link in part.links:
        yield from _link(link, "" if link.what == before else link.what, label, columns)
        before = link.what


def _link(link: "Link", what: str, label: int, columns: int) -> Iterator[str]:
    """A value and its source on one line where both fit, else the source beneath; the same name is said once."""
    indent = label + 4
    if len(what) > label:
        yield f"  {what}"
        what = ""
    lead = f"  {what:<{label}}  "
    source = f"[{link.source}]" if link.source else ""
    if len(lead) + len(link.value) + 2 + len(source) <= columns:
        yield f"{lead}{link.value}" + (f"  {styled(source, dim=True)}" if source else "")
        return
    yield from wrapped(lead + link.value, columns, indent)
    if source:
        yield from (styled(line, dim=True) for line in wrapped(" " * indent + source, columns, indent + 1))
