"""`detente demo`: a made-up company with real weaknesses, from its scanners' reports to a queue both officers signed for."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from detente.model.intel import ATTRIBUTION, STALE_DAYS
from detente.model.money import Money

if TYPE_CHECKING:
    from rich.console import Console

    from detente.edge.sample.stage import Stage
    from detente.flows.intake import Outcome
    from detente.flows.workspace import Workspace
    from detente.model.fix import Fix, Queue
    from detente.model.intel import Source

Say = Callable[[str], None]
_WIDTH = 120  # where no terminal says otherwise
_SHOWN = 5
_CENT = Decimal("0.01")
_COUNTS = ("results", "findings", "merged", "quarantined")


def demo(
    serve: Annotated[bool, typer.Option("--serve/--no-serve", help="Open the web app afterwards.")] = True,
    workspace: Annotated[Path, typer.Option("--workspace", help="Where the sample lives.")] = Path(".detente-demo"),
    scale: Annotated[float, typer.Option(hidden=True, min=0.01, max=1.0)] = 1.0,
) -> None:
    """Show a sample company end to end, offline, in a workspace of its own; again changes nothing."""
    from detente.edge.clock import now
    from detente.edge.sample import stage
    from detente.flows.workspace import open_workspace

    at = stage.stage(workspace, now().date(), scale)
    with _progress() as say:
        say("writing the accord; two officers sign")
        place = open_workspace(at.folder)
        stage.found_company(place, now)
        known = _learn(place, at, say)
        outcomes = list(_ingest(place, at, say))
        say("pricing")
        told = _Told(place, outcomes, known)
    _tell(told)
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
    list(intel.bring(place.engine, place.folder, missing, now().date()))
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


class _Told:
    """What there is to tell: everything read once, before the first line is printed."""

    def __init__(self, place: "Workspace", outcomes: "list[Outcome]", known: "list[Source]") -> None:
        from detente.edge.clock import now
        from detente.flows import patch
        from detente.flows.changes import text
        from detente.store import audit, segments

        self.place, self.outcomes, self.known, self.today = place, outcomes, known, now().date()
        self.queue: Queue = patch.queue(place, now())
        with patch.triage(place, now()) as (engine, _):
            self.ever = engine.ask(text("known")).num_rows
        self.rejected = segments.quarantined(place.engine)
        self.files = {one.digest: Path(one.file).name for one in segments.all_segments(place.engine)}
        self.ledger = audit.verify(place.engine)

    @property
    def again(self) -> str:
        """A report that names its own assets."""
        return next(one.file for one in self.outcomes if one.format == "tenable")

    def money(self, amount: Decimal) -> str:
        """An amount with its currency."""
        return str(Money(amount, self.queue.currency))


def _tell(told: _Told) -> None:
    """The story, step by step."""
    from rich.console import Console

    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_WIDTH)
    console.print("[bold]Pebblewick Stores[/bold], a made-up shop: 4 squads, 12 services. The CVEs in it are real.")
    for number, (title, step) in enumerate(_STEPS, start=1):
        console.print(f"\n[bold]{number}. {title}[/bold]")
        step(console, told)


def _counted(number: int) -> str:
    """Thousands apart by a thin space, as in amounts of money."""
    return f"{number:,}".replace(",", "\u202f")


def _came(console: "Console", told: _Told) -> None:
    from rich.table import Table

    table = Table("format", box=None, pad_edge=False, header_style="dim")
    for name in ("reports", *_COUNTS):
        table.add_column(name, justify="right")
    for name in sorted({outcome.format for outcome in told.outcomes}):
        table.add_row(name, *_sums([outcome for outcome in told.outcomes if outcome.format == name]))
    table.add_row("all", *_sums(told.outcomes), style="bold")
    console.print(table)
    console.print("Every result is a finding, merged with one, or quarantined: nothing is lost in silence.")


def _sums(outcomes: "list[Outcome]") -> list[str]:
    return [_counted(len(outcomes)), *(_counted(sum(getattr(one, name) for one in outcomes)) for name in _COUNTS)]


def _merged(console: "Console", told: _Told) -> None:
    found, formats = sum(one.findings for one in told.outcomes), {one.format for one in told.outcomes}
    console.print(
        f"{_counted(found)} findings in {len(formats)} formats are {_counted(told.ever)} weaknesses: other tools and later "
        "scans saw the same ones again."
    )
    console.print(
        f"{_counted(told.ever - told.queue.findings)} of them are closed: a later scan no longer shows them, or a VEX "
        "statement rules them out."
    )
    for _, segment, _, reason, _ in told.rejected:
        console.print(f"Quarantined from {told.files[segment]}: {reason}.")
    console.print("What is quarantined waits for `detente ingest --retry`; a report that breaks off closes nothing.")
    for one in told.queue.services:
        if one.name == "unowned":
            console.print(
                f"{one.assets} asset belongs to nobody: {one.findings} findings, {told.money(one.loss_month)} a month "
                "until somebody claims it."
            )


def _cost(console: "Console", told: _Told) -> None:
    queue = told.queue
    console.print(
        f"{_counted(queue.findings)} open findings cost {told.money(queue.estate.loss_month)} a month in expected breach "
        f"loss. The accord is {queue.standing}: both officers signed its prices."
    )
    console.print(
        f"That implies a breach with a probability of {queue.estate.implied_year:.1%} a year; the accord states "
        f"{queue.stated_year:.1%}. Both stand here; neither is bent to fit the other."
    )
    for note in queue.notes:
        console.print(f"note: {note}", style="dim")
    days = {source.name: f"{source.name} {source.as_of}" for source in told.known}
    console.print(f"Intelligence of {', '.join(days.values())}. {ATTRIBUTION}.", style="dim")
    if any((told.today - source.refreshed()).days > STALE_DAYS for source in told.known):
        console.print("The sample's intelligence is old, and is used as such: `detente intel update`.", style="dim")


def _top(console: "Console", told: _Told) -> None:
    queue = told.queue
    ended = sum((fix.loss_month for fix in queue.fixes), Decimal(0))
    console.print(
        f"{_counted(queue.escalated)} of {_counted(queue.fix_count)} fixes reach engineering; they end "
        f"{ended / max(queue.estate.loss_month, _CENT):.0%} of that loss. The first {_SHOWN}:"
    )
    for fix in queue.fixes[:_SHOWN]:
        who = f"{fix.squad} with {fix.security_engineer}" if fix.security_engineer else "nobody yet"
        console.print(f"- {fix.action}")
        console.print(f"  {told.money(fix.loss_month)} a month, {who}, {_due(fix, told.today)}", style="dim")


def _due(fix: "Fix", today: date) -> str:
    """How far away the day is, and which it is."""
    if fix.due is None:
        return "no clock runs"
    days = (fix.due - today).days
    return f"due in {days} days ({fix.due:%d %b})" if days >= 0 else f"{-days} days late"


def _why(console: "Console", told: _Told) -> None:
    for fix in told.queue.fixes[:1]:
        console.print(f"{fix.id}: {fix.action}")
        for reason in (*fix.reasons, f"SSVC says {fix.urgency}; {fix.clock}"):
            console.print(f"- {reason}")
        console.print("Each of its findings taken apart, factor by factor: `detente why`.", style="dim")


def _record(console: "Console", told: _Told) -> None:
    if told.ledger.first_bad is None:
        root = told.ledger.root.hex()
        console.print(f"{_counted(told.ledger.entries)} entries, every one as it was written. Root {root[:16]}...")
    else:
        console.print(f"The ledger was tampered with: {told.ledger.what}.", style="bold red")


def _next(console: "Console", told: _Told) -> None:
    squad = next((fix.squad for fix in told.queue.fixes), "payments")
    folder = told.place.folder
    console.print(f"  export DETENTE_HOME={folder}", markup=False)
    for command, answers in (
        *((f"detente why {fix.findings[0].id}", "every factor of the first price") for fix in told.queue.fixes[:1]),
        (f"detente queue --squad {squad}", "what one squad sees"),
        ("detente accord show", "every number both signed"),
        ("detente accord calibrate", "what would make the implied rate and the stated one agree"),
        (f"detente ingest {told.again}", "a report it knows: nothing changes"),
    ):
        console.print(f"  {command}", markup=False)
        console.print(f"      {answers}", style="dim")


_STEPS: "tuple[tuple[str, Callable[[Console, _Told], None]], ...]" = (
    ("What came in", _came),
    ("What it comes down to", _merged),
    ("What waiting costs", _cost),
    ("What matters", _top),
    ("Why the first one is first", _why),
    ("The record", _record),
    ("Try next", _next),
)
