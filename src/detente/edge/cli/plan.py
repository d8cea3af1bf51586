"""`detente plan`: what ships on which day, what moving a day costs, and what else could be had."""

import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any

import typer

from detente.edge.cli.options import HOME, Database, Json, Workspace, say
from detente.model.errors import DetenteError

if TYPE_CHECKING:
    from detente.edge.cli.drawn import Sheet
    from detente.flows.plan import Made
    from detente.model.plan import Frontier, Objective, Plan, Problem
    from detente.plan.columns import Ints
    from detente.plan.solve import Solution

THREADS = 2  # squads solved side by side


def plan(
    *,
    days: Annotated[int, typer.Option("--days", min=7, max=366, help="How far ahead.")] = 90,
    everything: Annotated[
        bool, typer.Option("--all", help="Also what is not escalated but has a clock that ends in time.")
    ] = False,
    problem: Annotated[
        Path | None,
        typer.Option("--problem", exists=True, dir_okay=False, help="A problem as JSON instead of the workspace."),
    ] = None,
    frontier: Annotated[bool, typer.Option("--frontier", help="Also the plans of other exchange rates.")] = False,
    why: Annotated[
        str, typer.Option("--why", help="A fix: what another day costs, and what keeps it from its clock.")
    ] = "",
    on: Annotated[
        datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="With --why: what that very day costs.")
    ] = None,
    ics: Annotated[Path | None, typer.Option("--ics", help="Also write the plan as a calendar (iCalendar).")] = None,
    seconds: Annotated[
        float, typer.Option("--seconds", min=1, help="After so long the best plan so far is the answer.")
    ] = 60,
    workspace: Workspace = HOME,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Plan which fix ships on which day: breach, outage, lateness and labour in one currency, with a proven gap."""
    from detente.edge.cli.drawn import draw

    made = _posed(problem, seconds) if problem else _planned(workspace, database, days, seconds, everything=everything)
    sheet, told = written(made), document(made.plan) | {"id": made.id, "notes": list(made.notes)}
    if frontier:
        told |= rates(sheet.problem, sheet.days)
    if why:
        told["why"] = _why(sheet.problem, sheet.days, why, on)
    if ics is not None:
        _write(ics, made)
    say(told) if as_json else draw(sheet, told)


def _planned(workspace: Path, database: str | None, days: int, seconds: float, *, everything: bool) -> "Made":
    """The plan of the workspace, kept."""
    from detente.edge.clock import now
    from detente.flows.plan import make
    from detente.flows.workspace import open_workspace

    place = open_workspace(workspace, database)
    return make(place, now(), days, lambda problem: solved(problem, seconds), everything=everything)


def _posed(path: Path, seconds: float) -> "Made":
    """The plan of a problem in a file, kept nowhere."""
    from detente.edge.clock import now
    from detente.flows.plan import Made
    from detente.plan.instance import read
    from detente.plan.revise import digest
    from detente.plan.solve import plan as named

    problem = read(path.read_bytes(), path.name)
    found = named(problem, solved(problem, seconds))
    return Made(id=digest(found), at=now(), problem=problem, plan=found, names={}, notes=())


def written(made: "Made") -> "Sheet":
    """What there is to draw of a plan."""
    from detente.edge.cli.drawn import Sheet
    from detente.plan.revise import numbers

    return Sheet(made.problem, made.plan, numbers(made.problem, made.plan), made.names, made.notes)


def solved(problem: "Problem", seconds: float) -> "Solution":
    """The best solution within so many seconds; each better one is told on standard error."""
    from concurrent.futures import ThreadPoolExecutor

    from detente.plan.columns import columns
    from detente.plan.solve import Budget, Effort, steps

    began = monotonic()
    with ThreadPoolExecutor(THREADS) as pool:
        budget = Budget(seconds, lambda: monotonic() - began)
        return _told(steps(columns(problem), Effort(), budget, pool.map), began)


def _told(found: "Iterator[Solution]", began: float) -> "Solution":
    for latest in found:
        passed, cost = monotonic() - began, latest.cost
        print(f"{passed:6.1f} s  {latest.stage:<16} {cost:>16,.0f}  gap {latest.gap:.2%}", file=sys.stderr)
    return latest


def document(found: "Plan") -> dict[str, Any]:
    """The plan as its JSON document."""
    return {
        "plan": dict(found.days),
        "objective": _objective(found.objective),
        "bound": found.bound,
        "gap": found.gap,
        "parent": found.parent,
        "moves": [asdict(move) for move in found.moves],
        "frontier": [],
    }


def _objective(objective: "Objective") -> dict[str, Any]:
    return asdict(objective) | {"outage_cost": objective.outage_cost, "total": objective.total}


def rates(problem: "Problem", days: "Ints") -> dict[str, Any]:
    """The plans of other exchange rates as JSON values, and what CVSS first would give."""
    from detente.plan.frontier import frontier

    found: Frontier = frontier(problem, days)
    points = [
        {"exchange": point.exchange, "tangent": point.tangent, **_objective(point.objective)} for point in found.points
    ]
    return {"frontier": points, "severity_first": _objective(found.severity_first)}


def _why(problem: "Problem", days: "Ints", fix: str, on: datetime | None) -> dict[str, Any]:
    """What other days cost, and what to relax where the fix is late."""
    from detente.plan.explain import neighbours, reliefs, shift

    job = next((job for job in problem.jobs if job.id == fix), None)
    if job is None:
        raise DetenteError(
            f"There is no fix {fix}", "The plan does not name it.", "Take an id of the plan.", code="usage"
        )
    day = int(days[problem.jobs.index(job)])
    late = job.due is not None and not 0 <= day <= job.due
    moved = [shift(problem, days, fix, on.date())] if on else neighbours(problem, days, fix)
    return {
        "fix": fix,
        "day": problem.day0 + timedelta(day) if day >= 0 else None,
        "due": problem.day0 + timedelta(job.due) if job.due is not None and job.due >= 0 else None,
        "overdue": job.due is not None and job.due < 0,
        "shifts": [asdict(each) for each in moved],
        "reliefs": [asdict(each) for each in reliefs(problem, days, fix)] if late else [],
    }


def _write(path: Path, made: "Made") -> None:
    from detente.plan.calendar import calendar

    path.write_bytes(calendar(made.problem, made.plan, made.at, made.names))
