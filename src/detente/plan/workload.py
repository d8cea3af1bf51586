"""How many hours a plan asks of every squad in every week."""

from collections.abc import Mapping

import numpy as np

from detente.model.plan import Problem
from detente.plan.columns import Ints, columns


def workload(problem: Problem, days: Ints) -> Mapping[str, tuple[float, ...]]:
    """Hours by squad and week: preparation when the pipeline starts, the rest and the release on the day itself."""
    arrays = columns(problem)
    hours = np.zeros_like(arrays.hours)
    done = np.flatnonzero(days >= 0)
    early = problem.rules.prep_share * arrays.effort[done]
    np.add.at(hours, (arrays.squad[done], arrays.week[arrays.start[done, days[done]]]), early)
    np.add.at(hours, (arrays.squad[done], arrays.week[days[done]]), arrays.effort[done] - early)
    for service, day in {(int(arrays.service[job]), int(days[job])) for job in done}:
        hours[arrays.squad_of[service], arrays.week[day]] += arrays.release_hours[service]
    return {squad.id: tuple(row) for squad, row in zip(problem.squads, hours.tolist(), strict=True)}
