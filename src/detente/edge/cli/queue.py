"""`detente queue`: the fixes that matter, what each costs per month of waiting, and who does them."""

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import typer

from detente.edge.cli.options import HOME, Database, Json, Workspace, say
from detente.edge.cli.terminal import styled, width, wrapped
from detente.model.count import counted
from detente.model.errors import DetenteError

if TYPE_CHECKING:
    from detente.model.fix import Accepted, Finding, Fix, Queue, Total

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
        "at": found.at.isoformat(),
        "findings": found.findings,
        "fixes": found.fix_count,
        "escalated": found.escalated,
        "currency": found.currency,
        "accord": found.standing,
        "estate": _total(found.estate) | {"stated_year": found.stated_year},
        "services": [_total(one) for one in found.services],
        "notes": list(found.notes),
        "accepted": [_accepted(one) for one in found.accepted],
        "queue": [_fix(fix) for fix in found.fixes],
    }


def _accepted(one: "Accepted") -> dict[str, Any]:
    return {
        "exception": one.exception,
        "findings": one.findings,
        "loss_month": amount(one.loss_month),
        "residual_month": amount(one.residual_month),
        "until": one.until.isoformat(),
        "reason": one.reason,
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


BAR = 12  # columns of the bar that draws a fix's share of the dearest one's price
_LEFT, _MONEY = 6, 18  # columns of the place, and of what stands under each other: price, bar, id


def _print(found: "Queue") -> None:
    """Three lines a fix: price and action; who, when and how urgent; why and under which id. Fits any terminal and a pager."""
    columns = width()
    _say(wrapped(headline(found), columns, 0), bold=True)
    for note in found.notes:
        _say(wrapped(f"note: {note}", columns, 6), dim=True)
    most = max((fix.loss_month for fix in found.fixes), default=Decimal(0)) or Decimal(1)
    escalated = True
    for fix in found.fixes:
        if escalated and not fix.escalated:
            _say(["", "Below the line: not escalated"], dim=True)
        escalated = fix.escalated
        first, rest = lines(fix, float(fix.loss_month / most), found.at.date(), columns)
        _say(["", *first], bold=True)
        _say(rest)
    if not found.fixes:
        typer.echo("Nothing is escalated. `detente queue --all` shows what waits.")
    for one in found.accepted:
        _say(["", *wrapped(waits(one, found.currency), columns, 2)])


def _say(told: list[str], **marks: bool) -> None:
    for line in told:
        typer.echo(styled(line, **marks) if line and marks else line)


def lines(fix: "Fix", share: float, today: date, columns: int) -> tuple[list[str], list[str]]:
    """What a person reads of one fix: the lines of its price and action, and those beneath; `share` is of the dearest one's."""
    from detente.model.money import Money

    bar = "\u2588" * max(1, round(share * BAR)) if fix.loss_month else ""
    who = f"{fix.squad} with {fix.security_engineer}" if fix.security_engineer else fix.squad
    count = f"{fix.count} finding{'' if fix.count == 1 else 's'}"
    told = " \u00b7 ".join([who, due(fix, today), f"SSVC {fix.urgency}", count])
    indent = _LEFT + _MONEY + 2
    lead = f"{fix.position:>{_LEFT - 2}}  {Money(fix.loss_month, fix.currency)!s:>{_MONEY}}  "
    rows = ((bar, told), (fix.id, fix.reasons[1] if len(fix.reasons) > 1 else ""))
    beneath = (wrapped(f"{'':{_LEFT}}{left:<{_MONEY}}  {text}", columns, indent) for left, text in rows)
    return wrapped(lead + fix.action, columns, indent), [line for block in beneath for line in block]


def due(fix: "Fix", today: date) -> str:
    """When a fix is due, seen from `today`."""
    if fix.due is None:
        return "no clock"
    days = (fix.due - today).days
    if days < 0:
        return f"overdue since {fix.due}"
    return f"due {fix.due} ({'today' if days == 0 else 'tomorrow' if days == 1 else f'in {days} days'})"


def waits(one: "Accepted", currency: str) -> str:
    """What an exception lets wait, in one sentence."""
    from detente.model.money import Money

    what = f"{counted(one.findings, 'finding')}, {Money(one.loss_month, currency)} a month"
    return f"Accepted until {one.until}: {what} ({one.exception}: {one.reason})"


def headline(found: "Queue") -> str:
    """The answer in one sentence: how many matter, what waiting costs, what that implies."""
    from detente.model.money import Money

    loss = Money(found.estate.loss_month, found.currency)
    fixes, findings = counted(found.fix_count, "fix", "fixes"), counted(found.findings, "open finding")
    return (
        f"{found.escalated} of {fixes} {'is' if found.escalated == 1 else 'are'} escalated; "
        f"{findings} cost{'s' if found.findings == 1 else ''} {loss} a month. "
        f"They imply a breach with a probability of {found.estate.implied_year:.1%} a year; the accord states {found.stated_year:.1%}. "
        f"Accord: {found.standing}."
    )
