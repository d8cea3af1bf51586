"""The time-indexed integer program of a problem, as sparse rows that can be cut apart by squad.

Columns: x[j, t] (job j ships on day t), y[s, t] (service s releases on day t), carry[k, w] (hours squad k takes over into the next
week). Rows are all `<=`. The strong link x <= y and the release rows that bind a day's break minutes to its release make the bound.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from detente.plan.columns import EPSILON, Columns, Floats, Ints, summed
from detente.plan.solver import Row

COUPLING = -1


@dataclass(frozen=True)
class Program:
    """min cost x, rows (row, column, value) <= limit, 0 <= x <= upper, `whole` columns integer; plus `offset`.

    `job`, `day` describe x; `site`, `when` describe y; `row_squad` and `column_squad` say who owns a row or column, COUPLING rows
    belong to several squads.
    """

    cost: Floats
    upper: Floats
    whole: NDArray[np.bool_]
    row: Ints
    column: Ints
    value: Floats
    limit: Floats
    row_squad: Ints
    column_squad: Ints
    offset: float
    job: Ints
    day: Ints
    release: Ints
    site: Ints
    when: Ints

    @property
    def options(self) -> int:
        """How many x there are; the y follow them."""
        return len(self.job)

    def together(self) -> "Program":
        """The same program as if one squad did everything: nothing is shared."""
        return replace(self, row_squad=np.zeros_like(self.row_squad), column_squad=np.zeros_like(self.column_squad))

    def extended(self, rows: list[Row], squads: list[int]) -> "Program":
        """The same program with more rows, each of one squad."""
        sizes = [len(row.column) for row in rows]
        new = np.arange(len(self.limit), len(self.limit) + len(rows))
        return replace(
            self,
            row=np.concatenate([self.row, np.repeat(new, sizes)]),
            column=np.concatenate([self.column, *(row.column for row in rows)]),
            value=np.concatenate([self.value, np.ones(sum(sizes))]),
            limit=np.concatenate([self.limit, [row.limit for row in rows]]),
            row_squad=np.concatenate([self.row_squad, np.array(squads, np.int64)]),
        )

    def hour_rows(self, columns: Columns) -> Ints:
        """The rows that bound hours, week by week for one squad after the other."""
        first = len(columns.service) + self.options
        return np.arange(first, first + columns.hours.size)

    def vector(self, columns: Columns, days: Ints) -> Floats:
        """The point of a plan (days[j], -1 for never)."""
        point = np.zeros(len(self.cost))
        chosen = np.flatnonzero(days[self.job] == self.day)
        point[chosen] = 1
        point[self.options + self.release[chosen]] = 1
        spent = summed(self.row, self.value * point[self.column], len(self.limit))
        squads, weeks = columns.hours.shape
        left = np.cumsum((self.limit - spent)[self.hour_rows(columns)].reshape(squads, weeks), axis=1)
        point[self.options + len(self.site) :] = np.maximum(left, 0).ravel()
        return point


class _Rows:
    """Rows being collected."""

    def __init__(self) -> None:
        self.parts: list[tuple[Ints, Ints, Floats]] = []
        self.limits: list[Floats] = []
        self.squads: list[Ints] = []
        self.top = 0

    def block(self, limit: Floats, squad: Ints, *parts: tuple[Ints, Ints, Floats]) -> None:
        """A block of rows, numbered from 0 within the block."""
        self.parts += [(self.top + row, column, np.broadcast_to(value, len(row))) for row, column, value in parts]
        self.limits.append(np.asarray(limit, float))
        self.squads.append(np.broadcast_to(squad, len(limit)))
        self.top += len(limit)

    def merged(self, count: int) -> tuple[Ints, Ints, Floats]:
        """All entries in row order; entries of one place are added."""
        row, column, value = (np.concatenate(part) for part in zip(*self.parts, strict=True))
        place, inverse = np.unique(row * count + column, return_inverse=True)
        return place // count, place % count, summed(inverse, value, len(place))


def program(columns: Columns) -> Program:
    """The whole program of a problem."""
    job, day = np.nonzero(columns.worthwhile)
    place, release = np.unique(columns.service[job] * columns.days + day, return_inverse=True)
    site, when = place // columns.days, place % columns.days
    squads, weeks = columns.hours.shape
    count = len(job) + len(site) + squads * weeks
    rows = _Rows()
    one = np.ones(1)
    x, y = np.arange(len(job)), len(job) + np.arange(len(site))
    squad, site_squad = columns.squad[job], columns.squad_of[site]
    rows.block(np.ones(len(columns.service)), columns.squad, (job, x, one))
    rows.block(np.zeros(len(job)), squad, (x, x, one), (x, len(job) + release, -one))
    _hours(rows, columns, (job, day), (site, when))
    _minutes(rows, columns, (job, day), (site, when), release)
    rows.block(columns.fleet.astype(float), np.array([COUPLING]), (when, y, one))
    _order(rows, columns, job, day)
    row, column, value = rows.merged(count)
    return Program(
        cost=np.concatenate(
            [columns.cost[job, day] - columns.never[job], columns.release_cost[site], np.zeros(squads * weeks)]
        ),
        upper=np.concatenate([np.ones(len(job) + len(site)), np.full(squads * weeks, np.inf)]),
        whole=np.arange(count) < len(job) + len(site),
        row=row,
        column=column,
        value=value,
        limit=np.concatenate(rows.limits),
        row_squad=np.concatenate(rows.squads),
        column_squad=np.concatenate([squad, site_squad, np.repeat(np.arange(squads), weeks)]),
        offset=float(columns.never.sum()),
        job=job,
        day=day,
        release=release,
        site=site,
        when=when,
    )


def _hours(rows: _Rows, columns: Columns, options: tuple[Ints, Ints], releases: tuple[Ints, Ints]) -> None:
    """Hours of a week, with what the week before left over: work may be done early."""
    (job, day), (site, when) = options, releases
    squads, weeks = columns.hours.shape
    squad, site_squad = columns.squad[job], columns.squad_of[site]
    prepared = columns.problem.rules.prep_share * columns.effort[job]
    x, y = np.arange(len(job)), len(job) + np.arange(len(site))
    carry = np.arange(squads * weeks)
    later = carry[carry % weeks > 0]
    first = len(job) + len(site)
    one = np.ones(1)
    rows.block(
        columns.hours.ravel(),
        np.repeat(np.arange(squads), weeks),
        (squad * weeks + columns.week[day], x, columns.effort[job] - prepared),
        (squad * weeks + columns.week[columns.start[job, day]], x, prepared),
        (site_squad * weeks + columns.week[when], y, columns.release_hours[site]),
        (carry, first + carry, one),
        (later, first + later - 1, -one),
    )


def _minutes(
    rows: _Rows, columns: Columns, options: tuple[Ints, Ints], releases: tuple[Ints, Ints], release: Ints
) -> None:
    """Error budgets by month, and by release day as well where they could bind: without these the bound is useless."""
    (job, day), (site, when) = options, releases
    minutes = columns.minutes[job, day]
    months = columns.budget.shape[1]
    x, y = np.arange(len(job)), len(job) + np.arange(len(site))
    place, own = columns.service[job] * months + columns.month[day], site * months + columns.month[when]
    most = np.zeros((len(columns.service), months))
    np.maximum.at(most, (job, columns.month[day]), minutes)
    worst = np.zeros(columns.budget.shape)
    np.add.at(worst, columns.service, most)
    worst += summed(own, columns.release_minutes[site], columns.budget.size).reshape(worst.shape)
    binds = (worst > columns.budget - EPSILON).ravel()
    number = np.cumsum(binds) - 1
    kept, kept_y = binds[place], binds[own]
    squad = np.repeat(columns.squad_of, months)[binds]
    rows.block(
        columns.budget.ravel()[binds],
        squad,
        (number[place[kept]], x[kept], minutes[kept]),
        (number[own[kept_y]], y[kept_y], columns.release_minutes[site[kept_y]]),
    )
    number = np.cumsum(kept_y) - 1
    spare = columns.release_minutes[site] - columns.budget[site, columns.month[when]]
    rows.block(
        np.zeros(int(kept_y.sum())),
        columns.squad_of[site[kept_y]],
        (number[release[kept]], x[kept], minutes[kept]),
        (number[kept_y], y[kept_y], spare[kept_y]),
    )


def _order(rows: _Rows, columns: Columns, job: Ints, day: Ints) -> None:
    """A successor has shipped by day t only if its predecessor has by t - gap."""
    edges = np.searchsorted(job, np.arange(len(columns.service) + 1))
    for first, then in columns.pairs:
        before, after = (np.arange(edges[each], edges[each + 1]) for each in (first, then))
        gap = columns.gap(first, then)
        for count, option in enumerate(after, 1):
            early = before[day[before] <= day[option] - gap]
            inside = columns.squad[first] == columns.squad[then]
            zero = np.zeros(1, np.int64)
            rows.block(
                np.zeros(1),
                np.array([columns.squad[then] if inside else COUPLING]),
                (np.broadcast_to(zero, count), after[:count], np.ones(1)),
                (np.broadcast_to(zero, len(early)), early, -np.ones(1)),
            )
