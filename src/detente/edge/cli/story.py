"""The chapters of `detente demo`: what came in, what it costs, what matters, what ships when, and the record."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from detente.edge.cli.shipping import may_it_ship, taken_back, what_else, what_ships
from detente.edge.cli.talking import through_the_gateway
from detente.model.count import counted
from detente.model.intel import ATTRIBUTION, STALE_DAYS

if TYPE_CHECKING:
    from rich.console import Console

    from detente.edge.cli.told import Told
    from detente.flows.intake import Outcome
    from detente.model.fix import Fix

_WIDTH = 120  # where no terminal says otherwise
_SHOWN = 5
_CENT = Decimal("0.01")
_COUNTS = ("results", "findings", "merged", "quarantined")


def tell(told: "Told") -> None:
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


def _came(console: "Console", told: "Told") -> None:
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


def _merged(console: "Console", told: "Told") -> None:
    found, formats = sum(one.findings for one in told.outcomes), {one.format for one in told.outcomes}
    console.print(
        f"{_counted(found)} findings in {len(formats)} formats are {_counted(told.ever)} weaknesses: other tools and later "
        "scans saw the same ones again."
    )
    console.print(
        f"{_counted(told.ever - told.queue.findings)} of them are closed: a later scan no longer shows them, or a VEX "
        "statement rules them out."
    )
    for waiting in told.rejected:
        console.print(f"Quarantined from {told.files[waiting.segment]}: {waiting.reason}.")
    console.print("What is quarantined waits for `detente ingest --retry`; a report that breaks off closes nothing.")
    for one in told.queue.services:
        if one.name == "unowned":
            console.print(
                f"{counted(one.assets, 'asset')} belong{'s' if one.assets == 1 else ''} to nobody: "
                f"{counted(one.findings, 'finding')}, {told.money(one.loss_month)} a month "
                "until somebody claims it."
            )


def _cost(console: "Console", told: "Told") -> None:
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


def _top(console: "Console", told: "Told") -> None:
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
    return f"due in {counted(days, 'day')} ({fix.due:%d %b})" if days >= 0 else f"overdue since {fix.due}"


def _why(console: "Console", told: "Told") -> None:
    for fix in told.queue.fixes[:1]:
        console.print(f"{fix.id}: {fix.action}")
        for reason in (*fix.reasons, f"SSVC says {fix.urgency}; {fix.clock}"):
            console.print(f"- {reason}")
        console.print("Each of its findings taken apart, factor by factor: `detente why`.", style="dim")


def _record(console: "Console", told: "Told") -> None:
    if told.ledger.first_bad is None:
        root = told.ledger.root.hex()
        console.print(f"{_counted(told.ledger.entries)} entries, every one as it was written. Root {root[:16]}...")
    else:
        console.print(f"The ledger was tampered with: {told.ledger.what}.", style="bold red")


def _next(console: "Console", told: "Told") -> None:
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


_STEPS: "tuple[tuple[str, Callable[[Console, Told], None]], ...]" = (
    ("What came in", _came),
    ("What it comes down to", _merged),
    ("What waiting costs", _cost),
    ("What matters", _top),
    ("Why the first one is first", _why),
    ("A rollout that went wrong", taken_back),
    ("What ships when", what_ships),
    ("What else could be had", what_else),
    ("May it ship?", may_it_ship),
    ("An assistant, safely", through_the_gateway),
    ("The record", _record),
    ("Try next", _next),
)
