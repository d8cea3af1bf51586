"""`detente demo`: a made-up company with real weaknesses, from its scanners' reports to a queue both officers signed for."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from detente.edge.sample.stage import Stage
    from detente.flows.intake import Outcome
    from detente.flows.workspace import Workspace
    from detente.model.intel import Source

Say = Callable[[str], None]


def demo(
    serve: Annotated[bool, typer.Option("--serve/--no-serve", help="Open the web app afterwards.")] = True,
    workspace: Annotated[Path, typer.Option("--workspace", help="Where the sample lives.")] = Path(".detente-demo"),
    scale: Annotated[float, typer.Option(hidden=True, min=0.01, max=1.0)] = 1.0,
) -> None:
    """Show a sample company end to end, offline, in a workspace of its own; again changes nothing."""
    from detente.edge.cli.story import tell
    from detente.edge.cli.told import Told
    from detente.edge.clock import now
    from detente.edge.sample import rehearsal, stage
    from detente.flows.workspace import open_workspace

    at = stage.stage(workspace, now().date(), scale)
    with _progress() as say:
        say("writing the accord; two officers sign")
        place = open_workspace(at.folder)
        stage.found_company(place, now)
        known = _learn(place, at, say)
        outcomes = list(_ingest(place, at, say))
        say("a rollout of last week, and the gate")
        rehearsal.measure(place, at)
        told = Told(place, at, outcomes, known)
    tell(told)
    if serve:
        typer.echo("The web app is not part of this version yet: the story above is all of the demo.", err=True)


@contextmanager
def _progress() -> "Iterator[Say]":
    """A moving line on standard error, where a person looks; silence elsewhere."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda text: None
        return
    with console.status("") as line:
        yield line.update


def _learn(place: "Workspace", at: "Stage", say: Say) -> "list[Source]":
    """Import what of the sample's intelligence is not here yet, for it never changes; the sources that can speak now."""
    from detente.edge.clock import now
    from detente.edge.feeds import Harvest
    from detente.edge.feeds.files import harvest
    from detente.edge.sample import stage
    from detente.flows import intel

    say("importing intelligence")
    whole = Harvest()
    for path in stage.feeds(at):
        for _, got in harvest(path):
            if isinstance(got, Harvest):
                whole.merge(got)
    there = intel.latest(place.engine)
    missing = [batch for batch in whole.close() if batch.name not in there]
    list(intel.bring(place.engine, place.folder, missing, now()))
    return sorted(intel.latest(place.engine).values(), key=lambda source: source.name)


def _ingest(place: "Workspace", at: "Stage", say: Say) -> "Iterator[Outcome]":
    """Take in every report, as a pipeline would: where a report names no asset, its sender does."""
    from detente.edge.clock import now
    from detente.edge.sample import stage
    from detente.flows.intake import Intake, Order

    intake = Intake(place.engine, place.lake)
    for count, (path, asset) in enumerate(stage.files(at), start=1):
        say(f"reading report {count}: {path.name}")
        yield from intake.take([str(path)], Order(now, asset=asset))
