"""Hours by week, against an adding machine."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.plan.revise import numbers
from detente.plan.solve import QUICK, solve
from detente.plan.workload import workload
from plan import oracle, shop


@given(st.integers(0, 1000))
@settings(max_examples=10, deadline=None)
def test_all_work_is_somewhere(seed: int) -> None:
    problem = shop.problem(seed, jobs=12, days=28)
    found = solve(problem, QUICK)
    days = {
        job.id: (day - problem.day0).days if day else None
        for job, day in zip(problem.jobs, found.days.values(), strict=True)
    }
    load = workload(problem, numbers(problem, found))
    for squad in problem.squads:
        work = [
            entry
            for service in problem.services
            if service.squad == squad.id
            for entry in oracle.hours(problem, service, days)
        ]
        slow = [
            sum(hours for day, hours in work if day // problem.rules.week_days == week)
            for week in range(len(squad.hours))
        ]
        assert np.allclose(load[squad.id], slow)
