"""The rules of a plan once more, slow and obvious: a checker, a price, and the best of all plans by trying each."""

from collections.abc import Iterator, Mapping
from itertools import product
from math import exp

from detente.model.plan import Job, Problem, Service

Days = Mapping[str, int | None]
TOLERANCE = 1e-6


def start(problem: Problem, job: Job, service: Service, day: int, *, express: bool = False) -> int | None:
    """First pipeline day in its own lane or the express one, or None where the job may not ship."""
    lane = problem.rules.lanes[(job.express or job.lane) if express else job.lane]
    frozen = {day for day in {*problem.frozen, *service.frozen} if day >= job.override}
    if day in frozen or day not in service.open or not 0 <= day < problem.days:
        return None
    for canary in range(day - lane.canary, day - lane.lookback - 1, -1):
        if canary >= 0 and not any(canary + more in frozen for more in range(max(1, lane.canary))):
            first = canary - lane.lead
            return first if first >= job.earliest else None
    return None


def begun(problem: Problem, job: Job, service: Service, day: int) -> int | None:
    """First pipeline day, through the express lane only where its own is too slow."""
    usual = start(problem, job, service, day)
    return start(problem, job, service, day, express=True) if usual is None else usual


def minutes(problem: Problem, job: Job, day: int) -> float:
    """Expected outage of a change."""
    service = next(each for each in problem.services if each.id == job.service)
    fresh = job.express_minutes if start(problem, job, service, day) is None else job.risk_minutes
    floor = problem.costs.age_floor
    return fresh * (floor + (1 - floor) * exp(-(job.patch_age_days + day) / problem.costs.age_tau_days))


def broken(problem: Problem, days: Days) -> list[str]:
    """Every rule the plan breaks."""
    return [*closed(problem, days), *overspent(problem, days), *crowded(problem, days), *disordered(problem, days)]


def closed(problem: Problem, days: Days) -> Iterator[str]:
    """Jobs on days that windows, freezes or the pipeline forbid."""
    services = {each.id: each for each in problem.services}
    for job in problem.jobs:
        day = days[job.id]
        if day is not None and begun(problem, job, services[job.service], day) is None:
            yield f"{job.id} on a closed day {day}"


def overspent(problem: Problem, days: Days) -> Iterator[str]:
    """Squads out of hours by the end of a week, services out of error budget in a month."""
    rules = problem.rules
    for squad in problem.squads:
        own = [each for each in problem.services if each.squad == squad.id]
        work = [entry for service in own for entry in hours(problem, service, days)]
        for week in range(len(squad.hours)):
            if (
                sum(each for day, each in work if day // rules.week_days <= week)
                > sum(squad.hours[: week + 1]) + TOLERANCE
            ):
                yield f"{squad.id} in week {week}"
    for service in problem.services:
        for month, budget in enumerate(service.budget_minutes):
            lost = (each for day, each in outages(problem, service, days) if day // rules.month_days == month)
            if sum(lost) > budget + TOLERANCE:
                yield f"{service.id} in month {month}"


def hours(problem: Problem, service: Service, days: Days) -> Iterator[tuple[int, float]]:
    """The work of one service: on which day, how many hours."""
    for job in problem.jobs:
        day = days[job.id]
        first = begun(problem, job, service, day) if day is not None and job.service == service.id else None
        if day is not None and first is not None:
            yield first, problem.rules.prep_share * job.effort_hours
            yield day, (1 - problem.rules.prep_share) * job.effort_hours
    yield from ((day, service.release_hours) for name, day in releases(problem, days) if name == service.id)


def outages(problem: Problem, service: Service, days: Days) -> Iterator[tuple[int, float]]:
    """The minutes one service loses: on which day, how many."""
    for job in problem.jobs:
        day = days[job.id]
        if day is not None and job.service == service.id:
            yield day, minutes(problem, job, day)
    yield from ((day, service.release_minutes) for name, day in releases(problem, days) if name == service.id)


def crowded(problem: Problem, days: Days) -> Iterator[str]:
    """Days with more releases than the fleet bears."""
    for day in range(problem.days):
        if sum(each == day for _, each in releases(problem, days)) > problem.releases[day]:
            yield f"releases on day {day}"


def disordered(problem: Problem, days: Days) -> Iterator[str]:
    """Pairs in the wrong order."""
    jobs = {each.id: each for each in problem.jobs}
    for one, other in problem.precedence:
        gap = 0 if jobs[one].service == jobs[other].service else problem.rules.gap_days
        first, then = days[one], days[other]
        if then is not None and (first is None or first + gap > then):
            yield f"{one} before {other}"


def releases(problem: Problem, days: Days) -> set[tuple[str, int]]:
    """The distinct release days of services."""
    return {(job.service, day) for job in problem.jobs if (day := days[job.id]) is not None}


def cost(problem: Problem, days: Days) -> float:
    """The money of a plan at the exchange rate."""
    services = {each.id: each for each in problem.services}
    costs, total = problem.costs, 0.0
    for job in problem.jobs:
        day = days[job.id]
        open_days = problem.days + costs.never_days if day is None else day
        total += job.breach_day * open_days
        if job.due is not None:
            overdue = max(0, (problem.days if day is None else day) - job.due)
            total += job.late_day * (overdue + (costs.never_days if day is None else 0))
        if day is not None:
            price = services[job.service].minute_cost / costs.exchange
            total += job.effort_hours * costs.labour_hour + minutes(problem, job, day) * price
    for service_id, _ in releases(problem, days):
        service = services[service_id]
        total += service.release_minutes * service.minute_cost / costs.exchange
        total += service.release_hours * costs.labour_hour
    return total


def cheapest(problem: Problem) -> float:
    """The cost of the best plan, by trying all of them."""
    services = {each.id: each for each in problem.services}
    choices = [
        [None, *(day for day in range(problem.days) if begun(problem, job, services[job.service], day) is not None)]
        for job in problem.jobs
    ]
    names = [job.id for job in problem.jobs]
    plans = (dict(zip(names, days, strict=True)) for days in product(*choices))
    priced = sorted(((cost(problem, days), place, days) for place, days in enumerate(plans)), key=lambda each: each[:2])
    return next(price for price, _, days in priced if not broken(problem, days))
