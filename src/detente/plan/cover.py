"""Cover inequalities: of jobs that do not fit together one must wait, where the linear program ships a part of each.

Wolsey 1975, "Faces for linear inequalities in 0-1 variables"; Gu, Nemhauser and Savelsbergh 1998, "Lifted cover inequalities for 0-1
integer programs: computation".
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from detente.plan.columns import Columns, Floats, Ints
from detente.plan.solver import Row

_BROKEN = 1e-3  # a row that is broken by less is not worth its place
_SLACK = 1e-6  # hours, minutes: what no longer fits does so by more than rounding adds up to


@dataclass(frozen=True)
class Sack:
    """Jobs that share a `limit`: shipping one by an option from `first` to before `last` takes `weight` of it, at least."""

    limit: float
    weight: Floats
    first: Ints
    last: Ints


def sacks(columns: Columns, job: Ints, day: Ints) -> list[Sack]:
    """The limits that some options, in order of job and day, may not fit into: hours by the end of a week, minutes of a month."""
    jobs, place = np.unique(job, return_inverse=True)
    found = (*_hours(columns, jobs, place, day), *_minutes(columns, jobs, place, day))
    return [sack for sack in found if sack.limit > 0 and sack.weight.sum() > sack.limit + _SLACK]


def covers(sacks: list[Sack], point: Floats) -> list[Row]:
    """Rows that every plan keeps and `point` (by option) breaks, one a sack."""
    shipped = np.concatenate([[0.0], np.cumsum(point)])
    found = (_cover(sack, shipped[sack.last] - shipped[sack.first]) for sack in sacks)
    return [row for row in found if row is not None]


def _hours(columns: Columns, jobs: Ints, place: Ints, day: Ints) -> Iterator[Sack]:
    """What a squad has done by the end of each week; with the first job comes a release."""
    first, last = _ranges(place, columns.week[day], len(jobs), columns.hours.shape[1])
    had, squad = np.cumsum(columns.hours, axis=1), columns.squad[jobs]
    for each in np.unique(squad):
        mine, release = np.flatnonzero(squad == each), columns.release_hours[columns.squad_of == each].min()
        for week, hours in enumerate(had[each]):
            there = mine[last[mine, week] > first[mine, 0]]
            yield Sack(float(hours - release), columns.effort[jobs[there]], first[there, 0], last[there, week])


def _minutes(columns: Columns, jobs: Ints, place: Ints, day: Ints) -> Iterator[Sack]:
    """What a service may lose in each month; with the first job comes a release."""
    months, service = columns.budget.shape[1], columns.service[jobs]
    first, last = _ranges(place, columns.month[day], len(jobs), months)
    least = np.full((len(jobs), months), np.inf)
    np.minimum.at(least, (place, columns.month[day]), columns.minutes[jobs[place], day])
    for each in np.unique(service):
        mine = np.flatnonzero(service == each)
        for month, budget in enumerate(columns.budget[each] - columns.release_minutes[each]):
            there = mine[last[mine, month] > first[mine, month]]
            yield Sack(float(budget), least[there, month], first[there, month], last[there, month])


def _ranges(place: Ints, period: Ints, jobs: int, periods: int) -> tuple[Ints, Ints]:
    """The first option of each job in each period, and the one after the last."""
    count = np.bincount(place * periods + period, minlength=jobs * periods)
    last = np.cumsum(count)
    return (last - count).reshape(jobs, periods), last.reshape(jobs, periods)


def _cover(sack: Sack, share: Floats) -> Row | None:
    """The cover that greed finds, with every job as heavy as its heaviest; None where the shares keep it."""
    order = np.argsort((1 - share) / np.maximum(sack.weight, _SLACK), kind="stable")
    reach = int(np.searchsorted(np.cumsum(sack.weight[order]), sack.limit + _SLACK, side="right"))
    chosen = _least(sack, order[: reach + 1], share)
    members = np.union1d(chosen, np.flatnonzero(sack.weight >= sack.weight[chosen].max()))
    if share[members].sum() <= len(chosen) - 1 + _BROKEN:
        return None
    options = [np.arange(sack.first[each], sack.last[each]) for each in members]
    return Row(np.concatenate(options), float(len(chosen) - 1))


def _least(sack: Sack, cover: Ints, share: Floats) -> Ints:
    """The cover without whom it is still one, least shares first."""
    kept, spare = set(cover.tolist()), float(sack.weight[cover].sum()) - sack.limit - _SLACK
    for each in cover[np.argsort(share[cover], kind="stable")].tolist():
        if sack.weight[each] < spare:
            kept.discard(each)
            spare -= float(sack.weight[each])
    return np.array(sorted(kept), np.int64)
