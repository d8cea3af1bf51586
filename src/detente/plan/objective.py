"""What a plan costs, part by part, reckoned from the problem itself rather than from the solver's arrays."""

from math import exp

from detente.model.plan import Costs, Job, Objective, Problem
from detente.plan.columns import Ints, hurried


def objective(problem: Problem, days: Ints) -> Objective:
    """The parts of a plan's cost; days[j] is -1 for never."""
    costs, services = problem.costs, {service.id: service for service in problem.services}
    planned = [(job, int(day)) for job, day in zip(problem.jobs, days, strict=True)]
    done = [(job, day) for job, day in planned if day >= 0]
    releases = [services[service] for service, _ in sorted({(job.service, day) for job, day in done})]
    fast = hurried(problem)
    broken = [
        (risk(costs, job, day, express=bool(fast[place, day])), services[job.service].minute_cost)
        for place, (job, day) in enumerate(planned)
        if day >= 0
    ]
    downtime = [(each.release_minutes, each.minute_cost) for each in releases]
    return Objective(
        breach=sum(job.breach_day * open_days(problem, day) for job, day in planned),
        outage=sum(minutes * price for minutes, price in broken),
        lateness=sum(job.late_day * late_days(problem, job, day) for job, day in planned),
        labour=costs.labour_hour * sum(job.effort_hours for job, _ in done),
        downtime=sum(minutes * price for minutes, price in downtime),
        release_labour=costs.labour_hour * sum(each.release_hours for each in releases),
        outage_minutes=sum(minutes for minutes, _ in (*broken, *downtime)),
        done=len(done),
        on_time=sum(job.due is not None and day <= job.due for job, day in done),
        releases=len(releases),
    )


def risk(costs: Costs, job: Job, day: int, *, express: bool = False) -> float:
    """Minutes that users are expected to lose when the job ships on that day."""
    age = job.patch_age_days + day
    fresh = job.express_minutes if express else job.risk_minutes
    return fresh * (costs.age_floor + (1 - costs.age_floor) * exp(-age / costs.age_tau_days))


def open_days(problem: Problem, day: int) -> int:
    """How long a fix shipped on `day` stays open; never is longer than the horizon."""
    return day if day >= 0 else problem.days + problem.costs.never_days


def late_days(problem: Problem, job: Job, day: int) -> int:
    """By how many days it misses its clock."""
    if job.due is None:
        return 0
    overdue = max(0, (day if day >= 0 else problem.days) - job.due)
    return overdue if day >= 0 else overdue + problem.costs.never_days
