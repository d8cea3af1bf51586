"""Does a pull request bring something that would be escalated? Its reports before and after, priced like everything else.

Both sets go into workspaces of their own that last as long as the question, under the same accord, estate and intelligence; nothing of
it enters the real queue. The bar is the real queue's: the cheapest fix that is escalated there for its price. A new image tag is no
new asset here: findings are compared by vulnerability, component and place.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import insert, select

from detente.accord.document import Accord
from detente.flows import patch
from detente.flows.intake import Intake, Order, Outcome
from detente.flows.workspace import Workspace, open_workspace
from detente.model.errors import DetenteError
from detente.model.fix import Finding, Fix
from detente.model.money import Money
from detente.store import tables
from detente.store.database import reading

Key = tuple[str, str, str]
OWN = frozenset({"lake", "derived", ".spool", "gate.key", "gate.pub"})


@dataclass(frozen=True, slots=True)
class Brought:
    """A fix that the change makes necessary and that would be escalated: the findings it brought, and why they matter."""

    fix: Fix
    findings: tuple[Finding, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What the change brings. `new` counts all findings it brings, `gone` those it closes; `bar` is None where the queue is empty."""

    new: int
    gone: int
    brought: tuple[Brought, ...]
    bar: Money | None
    notes: tuple[str, ...] = field(default=())


def check(workspace: Workspace, before: Sequence[str], after: Sequence[str], order: Order) -> Checked:
    """Compare. Errors: DetenteError for a report that cannot be read: what was not read cannot be called harmless."""
    moment = order.now()
    old, new = (_fixes(workspace, paths, order, moment) for paths in (before, after))
    known, found = ({key(each) for fix in fixes for each in fix.findings} for fixes in (old, new))
    bar = _bar(workspace, moment)
    always = {fix.id for fix in old if fix.always}
    brought = tuple(_brought(new, known, always, bar, workspace.accord))
    money = None if bar is None else Money(bar, workspace.accord.currency)
    return Checked(len(found - known), len(known - found), brought, money, workspace.notes)


def key(finding: Finding) -> Key:
    """What makes two findings the same from one build to the next."""
    return finding.vulnerability, finding.component, finding.location


def _brought(
    fixes: Iterable[Fix], known: set[Key], always: set[str], bar: Decimal | None, accord: Accord
) -> Iterator[Brought]:
    fedramp = any(regime.name.startswith("fedramp") for regime in accord.regimes)
    for fix in fixes:
        fresh = tuple(each for each in fix.findings if key(each) not in known)
        price = sum((each.loss_month for each in fresh), Decimal(0))
        if not fresh:
            continue
        listed = [each.vulnerability for each in fresh if each.kev]
        if fedramp and listed:
            why = f"VDR-CSO-AKE: nothing new goes live with {listed[0]}, which CISA lists as exploited"
            yield Brought(fix, fresh, why)
        elif fix.always and fix.id not in always:
            yield Brought(fix, fresh, "the accord always escalates it")
        elif (fix.escalated and not fix.always) if bar is None else price >= bar:
            yield Brought(fix, fresh, f"its new findings cost {Money(price, accord.currency)} of expected loss a month")


def _bar(workspace: Workspace, now: datetime) -> Decimal | None:
    """The price from which on the real queue escalates."""
    escalated = [fix.loss_month for fix in patch.queue(workspace, now).fixes if fix.escalated and not fix.always]
    return min(escalated, default=None)


def _fixes(workspace: Workspace, paths: Sequence[str], order: Order, now: datetime) -> tuple[Fix, ...]:
    with aside(workspace) as place:
        outcomes = list(Intake(place.engine, place.lake).take(paths, order))
        if bad := next((one for one in outcomes if one.error or one.quarantined or one.truncated), None):
            raise _unread(bad)
        return patch.queue(place, now, everything=True).fixes


@contextmanager
def aside(workspace: Workspace) -> Iterator[Workspace]:
    """A workspace for one question: the same accord, estate and intelligence, and nothing in its queue."""
    with TemporaryDirectory(prefix="detente-") as name:
        folder = Path(name)
        for path in workspace.folder.iterdir() if workspace.folder.is_dir() else ():
            if path.name not in OWN and not path.name.startswith("detente.db"):
                (folder / path.name).symlink_to(path.absolute())
        (folder / "intel").mkdir(exist_ok=True)
        place = open_workspace(folder)
        try:
            with reading(workspace.engine) as connection:
                rows = [dict(row) for row in connection.execute(select(tables.source)).mappings()]
            with place.engine.begin() as connection:
                if rows:
                    connection.execute(insert(tables.source), rows)
            yield Workspace(folder, place.engine, workspace.accord_file)
        finally:
            place.engine.dispose()


def _unread(outcome: Outcome) -> DetenteError:
    if outcome.error is not None:
        return outcome.error
    why = (
        f"{outcome.quarantined} of its records could not be read."
        if outcome.quarantined
        else "It breaks off before its end."
    )
    do = "Make the report again: what was not read cannot be called harmless."
    return DetenteError(f"{outcome.file} was read in part", why, do, code="partly-read")
