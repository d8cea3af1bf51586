"""How many hours a plan asks of every squad in every week."""

from collections.abc import Mapping

import numpy as np

from detente.model.plan import Problem
from detente.plan.columns import Ints, columns


def workload(problem: Problem, days: Ints, until: int | None = None) -> Mapping[str, tuple[float, ...]]:
    """Hours by squad and week: preparation when the pipeline starts, the rest and the release on the day itself.

    With `until` only what is spent before that day.
    """
    arrays, last = columns(problem), problem.days if until is None else until
    hours = np.zeros_like(arrays.hours)
    done = np.flatnonzero(days >= 0)
    squad, service, day = arrays.squad[done], arrays.service[done], days[done]
    early = problem.rules.prep_share * arrays.effort[done]
    own, when = np.unique(np.column_stack((service, day)), axis=0).reshape(-1, 2).T
    for crew, at, spent in (
        (squad, arrays.start[done, day], early),
        (squad, day, arrays.effort[done] - early),
        (arrays.squad_of[own], when, arrays.release_hours[own]),
    ):
        kept = at < last
        np.add.at(hours, (crew[kept], arrays.week[at[kept]]), spent[kept])
    return {each.id: tuple(row) for each, row in zip(problem.squads, hours.tolist(), strict=True)}
