"""`detente queue`: the fixes that matter, what each costs per month of waiting, and who does them."""

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import typer

from detente.edge.cli.options import HOME, Database, Json, Workspace, say
from detente.model.errors import DetenteError

if TYPE_CHECKING:
    from detente.model.fix import Finding, Fix, Queue, Total

FORMATS = ("table", "json", "csv", "sarif", "html")


def queue(
    everything: Annotated[bool, typer.Option("--all", help="All fixes, not only the escalated ones.")] = False,
    squad: Annotated[str, typer.Option("--squad", help="Only this squad's fixes.")] = "",
    output: Annotated[str, typer.Option("--output", "-o", help=f"One of {', '.join(FORMATS)}.")] = "table",
    workspace: Workspace = HOME,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Print the ranked queue: escalated fixes first by money per month, each with its owner, its clock and its reasons."""
    from importlib import import_module

    from detente.edge.clock import now
    from detente.flows import patch
    from detente.flows.workspace import open_workspace

    chosen = "json" if as_json else output
    if chosen not in FORMATS:
        raise DetenteError(
            f"Unknown output {chosen!r}", "The queue has no such form.", f"Use {', '.join(FORMATS)}.", code="usage"
        )
    found = patch.queue(open_workspace(workspace, database), now(), everything=everything, squad=squad)
    if chosen == "json":
        say(document(found))
    elif chosen == "table":
        _print(found)
    else:
        print(import_module(f"detente.edge.cli.{chosen}").render(found), end="")


def document(found: "Queue") -> dict[str, Any]:
    """The queue in the shape of the contract (DESIGN section 7)."""
    return {
        "findings": found.findings,
        "fixes": found.fix_count,
        "escalated": found.escalated,
        "currency": found.currency,
        "accord": found.standing,
        "estate": _total(found.estate) | {"stated_year": found.stated_year},
        "services": [_total(one) for one in found.services],
        "notes": list(found.notes),
        "queue": [_fix(fix) for fix in found.fixes],
    }


def _total(total: "Total") -> dict[str, Any]:
    return {
        "name": total.name,
        "findings": total.findings,
        "assets": total.assets,
        "loss_month": amount(total.loss_month),
        "implied_year": round(total.implied_year, 6),
    }


def amount(value: Decimal) -> float:
    """Money as a JSON number; its currency stands at the top of the document."""
    return float(round(value, 6))


def _fix(fix: "Fix") -> dict[str, Any]:
    return {
        "fix": fix.id,
        "action": fix.action,
        "service": fix.service,
        "squad": fix.squad,
        "security_engineer": fix.security_engineer,
        "component": fix.component,
        "to_version": fix.to_version,
        "findings": [_finding(one) for one in fix.findings],
        "count": fix.count,
        "assets": fix.assets,
        "loss_month": amount(fix.loss_month),
        "position": fix.position,
        "due": fix.due.isoformat() if fix.due else None,
        "clock": fix.clock,
        "ssvc": fix.urgency,
        "escalated": fix.escalated,
        "reasons": list(fix.reasons),
    }


def _finding(found: "Finding") -> dict[str, Any]:
    return {
        "id": found.id,
        "vulnerability": found.vulnerability,
        "aliases": list(found.aliases),
        "component": found.component,
        "version": found.version,
        "severity": found.severity,
        "cvss": found.cvss,
        "location": found.location,
        "line": found.line,
        "asset": found.asset,
        "state": found.state,
        "tool": found.tool,
        "title": found.title,
        "first_seen": found.first_seen.isoformat() + "Z",
        "last_seen": found.last_seen.isoformat() + "Z",
        "loss_month": amount(found.loss_month),
    }


def _print(found: "Queue") -> None:
    from rich.console import Console
    from rich.table import Table

    from detente.model.money import Money

    console = Console()
    console.print(headline(found), style="bold", highlight=False)
    for note in found.notes:
        console.print(f"note: {note}", style="dim", highlight=False)
    table = Table(
        "#", "fix", "squad", f"{found.currency} a month", "due", "SSVC", "findings", "id", box=None, pad_edge=False
    )
    for name in ("#", f"{found.currency} a month", "findings"):
        next(column for column in table.columns if column.header == name).justify = "right"
    for fix in found.fixes:
        money = str(Money(fix.loss_month, fix.currency)).removesuffix(f" {fix.currency}")
        due = fix.due.isoformat() if fix.due else "-"
        table.add_row(str(fix.position), fix.action, fix.squad, money, due, fix.urgency, str(fix.count), fix.id)
    console.print(table)


def headline(found: "Queue") -> str:
    """The answer in one sentence: how many matter, what waiting costs, what that implies."""
    from detente.model.money import Money

    loss = Money(found.estate.loss_month, found.currency)
    return (
        f"{found.escalated} of {found.fix_count} fixes are escalated; {found.findings} open findings cost {loss} a month. "
        f"They imply a breach with a probability of {found.estate.implied_year:.1%} a year; the accord states {found.stated_year:.1%}. "
        f"Accord: {found.standing}."
    )
