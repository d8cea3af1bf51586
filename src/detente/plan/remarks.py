"""What a reader of a plan must know: what nobody stated, what contradicts itself, and what can never ship as things are."""

from collections import Counter
from collections.abc import Iterator

from detente.model.change import Purpose
from detente.model.count import counted
from detente.model.errors import DetenteError
from detente.model.plan import Problem
from detente.plan import known
from detente.plan.budget import Level
from detente.plan.columns import columns
from detente.plan.compose import UNOWNED
from detente.plan.ground import Ground
from detente.plan.sequence import circles

MOST = 10
"""How many known faults are told; each is said with its fix, too."""


def remarks(ground: Ground, problem: Problem) -> tuple[str, ...]:
    """The remarks as sentences, what weighs most first."""
    return (
        *_closed(ground, problem),
        *_hours(ground, problem),
        *_budgets(ground, problem),
        *_known(ground),
        *_circles(ground),
        *_below(ground),
    )


def _closed(ground: Ground, problem: Problem) -> Iterator[str]:
    """Services on which nothing can be planned, and why."""
    waiting = Counter(job.service for job in problem.jobs)
    begins = columns(problem).start
    for service in problem.services:
        waits = counted(waiting[service.id], "fix", "fixes")
        if service.id not in ground.services:
            yield f"On assets that no service claims, where nobody can ship: {waits}. Add the service to estate.yaml."
            continue
        try:
            ground.windows.check(service.id, Purpose.FIX)
        except DetenteError as error:
            yield f"{error.what}, which holds up {waits}. {error.why} {error.do}"
            continue
        if not any((begins[place] >= 0).any() for place, job in enumerate(problem.jobs) if job.service == service.id):
            yield _too_long(ground, service.id)


def _too_long(ground: Ground, service: str) -> str:
    canary = ground.accord.change.pipeline.canary
    return (
        f"The pipeline never fits {service} within {ground.days} days: its canary takes {canary}, and its windows and the freezes leave "
        "no day for production right behind one for the canary (a day counts with an hour in one piece). Widen its windows, or shorten the canary."
    )


def _hours(ground: Ground, problem: Problem) -> Iterator[str]:
    stated = {each.id: each.capacity_hours_week for each in ground.estate.squads}
    for squad in problem.squads:
        if squad.id == UNOWNED:
            continue
        if stated.get(squad.id) is None:
            yield f"The capacity of {squad.id} is unknown, so its hours bind nothing: state it in estate.yaml."
        elif not any(squad.hours):
            yield f"{squad.id} has no hours for fixes, so none of its fixes ships: raise its capacity in estate.yaml."


def _budgets(ground: Ground, problem: Problem) -> Iterator[str]:
    unmeasured = []
    for service in problem.services:
        promise = ground.promises.get(service.id)
        if promise is not None and promise.budget.level is Level.UNKNOWN:
            unmeasured.append(service.id)
        elif promise is not None and promise.budget.gone:
            yield f"{service.id}: {promise.budget.fact}. Until next month it ships what `change.budgets.uptime_spent` lets pass."
    if unmeasured:
        yield f"Nobody measures the uptime of {', '.join(unmeasured)}: its error budget counts as whole."


def _circles(ground: Ground) -> Iterator[str]:
    pairs = {(first.service, then.service) for first, then in circles(ground.fixes, ground.estate.services)}
    for first, then in sorted(pairs):
        yield f"{first} and {then} need each other, so their fixes of one component have no order: see `depends` in estate.yaml."


def _known(ground: Ground) -> Iterator[str]:
    """Releases that break something, by their makers' own word."""
    found = [(fix, fault) for fix in ground.fixes for fault in known.about(fix, ground.faults)]
    for fix, fault in found[:MOST]:
        yield f"{fix.action}: {known.told(fault)}. That raises its odds of breaking."
    if len(found) > MOST:
        yield f"{len(found) - MOST} more faults that makers know of; `detente why` of a fix names its own."


def _below(ground: Ground) -> Iterator[str]:
    if ground.quiet:
        quiet = counted(ground.quiet, "fix", "fixes")
        yield f"To ship by now, and no scan has looked since: {quiet}. For a week that counts as shipped."
    if ground.below:
        below = counted(ground.below, "fix", "fixes")
        yield f"Not escalated by the accord, but with a clock that ends in time: {below}. `--all` plans them too."
