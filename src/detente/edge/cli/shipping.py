"""The chapters of `detente demo` on shipping: a rollout that is taken back, the plan, what else could be had, and the gate."""

from math import exp
from typing import TYPE_CHECKING

from detente.model.count import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from detente.edge.cli.told import Told
    from detente.model.change import Answer
    from detente.plan.gate import Ask
    from detente.plan.rollout import Rollout

_WEEKS = 2  # of the plan
_BAR = 24  # columns of the odds at which a canary is taken back


def taken_back(console: "Console", told: "Told") -> None:
    """The rehearsed rollout, look by look."""
    from rich.table import Table

    one = told.rollout
    change, zone = one.order.change, told.zone
    console.print(
        f"{change.id} ({change.kind}) on {change.service}, canary from {one.began.astimezone(zone):%a %d %b %H:%M}: a tenth "
        f"of 50 requests a second. It fails five times as often as it should; nobody has told Détente."
    )
    table = Table("minute", box=None, pad_edge=False, header_style="dim")
    for name in ("canary", "control", "odds that it is worse"):
        table.add_column(name, justify="right" if name != "odds that it is worse" else "left")
    for seen in _looks(told):
        total, against = seen.evidence.total, seen.evidence.against
        odds = f"{exp(against):,.0f} to 1" if against > 0 else "none yet"
        bar = "█" * round(_BAR * min(1.0, max(0.0, against / seen.evidence.design.bar)))
        cells = (f"{total.x} of {total.n:,}", f"{total.z} of {total.m:,}", f"{bar} {odds}".strip())
        table.add_row(str(seen.evidence.looks), *cells)
    console.print(table)
    console.print(f"{one.state.capitalize()}: {one.why}.")
    console.print(
        f"Its kind learns from it: a {change.kind} is now expected to break in {told.odds.mean:.1%} of rollouts. "
        f"This test takes a healthy canary back in at most {one.order.alpha:.0%} of rollouts, however often it is looked at.",
        style="dim",
    )


def _looks(told: "Told") -> "Iterator[Rollout]":
    from detente.model.change import Step
    from detente.plan import rollout

    for end, event in enumerate(told.events, start=1):
        if event.step is Step.OBSERVED:
            yield rollout.fold(told.rollout.id, told.events[:end])


def what_ships(console: "Console", told: "Told") -> None:
    """The first weeks of the plan, and what it comes to."""
    from detente.edge.cli.drawn import calendar, fate

    weeks = "\n".join(calendar(told.sheet)).split("\n\n")
    for week in weeks[:_WEEKS]:
        console.print(week, markup=False, soft_wrap=True)
    console.print()
    objective, plan = told.sheet.plan.objective, told.sheet.plan
    for line in list(fate(told.sheet))[:2]:
        console.print(line)
    console.print(
        f"{counted(objective.releases, 'release')}, {objective.outage_minutes:.0f} minutes of outage expected. Proven: no plan is more than "
        f"{plan.gap:.1%} cheaper."
    )
    console.print("All of it, as a calendar too: `detente plan --ics plan.ics`.", style="dim")


def what_else(console: "Console", told: "Told") -> None:
    """The frontier both officers choose from."""
    from detente.edge.cli.drawn import frontier

    console.print("Each line is the best plan for one exchange rate; * is the signed one. Less outage is more breach:")
    console.print("\n".join(frontier(told.frontier, told.queue.currency)), markup=False, soft_wrap=True)


def may_it_ship(console: "Console", told: "Told") -> None:
    """Four questions at the gate."""
    for question, ask, at, answer in told.asked:
        until = f" {answer.until.astimezone(told.zone):%a %d %b %H:%M}" if answer.until else ""
        console.print(f"[bold]{answer.word}{until}[/bold]: {question}, asked {at.astimezone(told.zone):%a %d %b %H:%M}")
        for line in _reasons(ask, answer):
            console.print(f"  {line}", style="dim")


def _reasons(ask: "Ask", answer: "Answer") -> "Iterator[str]":
    for reason in answer.reasons[:3]:
        yield f"{reason.rule}: {reason.fact}"
    if len(answer.reasons) > 3:
        yield f"and {len(answer.reasons) - 3} more: detente gate {ask.service}"
