"""The clocks that a plan misses: which could still be met, and what would have to give for that."""

from dataclasses import dataclass

import numpy as np

from detente.model.plan import Job, Problem, Relief
from detente.plan.columns import Ints, columns
from detente.plan.explain import reliefs


@dataclass(frozen=True, slots=True)
class Missed:
    """A fix that ships on `day` (None: not within the horizon) though its clock ends before; `relief` is the cheapest way to meet it."""

    job: Job
    day: int | None
    relief: Relief | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Counts of fixes: `overdue` were late before the plan began, `late` miss a clock that still runs; `idle` cost more than they save,
    `stuck` have no day at all.
    """

    planned: int
    in_time: int
    overdue: int
    late: int
    idle: int
    stuck: int


def missed(problem: Problem, days: Ints, most: int) -> tuple[Missed, ...]:
    """The dearest fixes that miss a clock which still runs, at most so many."""
    late = [
        (job, int(day)) for job, day in zip(problem.jobs, days, strict=True) if _late(job, int(day)) and not _over(job)
    ]
    dearest = sorted(late, key=lambda pair: (-pair[0].breach_day - pair[0].late_day, pair[0].id))[:most]
    return tuple(
        Missed(job, day if day >= 0 else None, next(iter(reliefs(problem, days, job.id)), None)) for job, day in dearest
    )


def tally(problem: Problem, days: Ints) -> Tally:
    """How the fixes fare."""
    jobs = list(zip(problem.jobs, days.tolist(), strict=True))
    can = (columns(problem).start >= 0).any(axis=1)
    return Tally(
        planned=int(np.count_nonzero(days >= 0)),
        in_time=sum(job.due is not None and 0 <= day <= job.due for job, day in jobs),
        overdue=sum(_over(job) for job, _ in jobs),
        late=sum(_late(job, day) and not _over(job) for job, day in jobs),
        idle=int(np.count_nonzero((days < 0) & can)),
        stuck=int(np.count_nonzero(~can)),
    )


def _over(job: Job) -> bool:
    return job.due is not None and job.due < 0


def _late(job: Job, day: int) -> bool:
    return job.due is not None and not 0 <= day <= job.due
