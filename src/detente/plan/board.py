"""A plan being laid: what is still free, what a day costs, put and take. Every plan passes through here, so none breaks a rule.

Plain lists throughout: the search asks for one day of one job at a time, and Python adds numbers faster than arrays of one.
"""

from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from detente.plan.columns import EPSILON, Columns, Ints, Option

NEVER = -1


class Board:
    """`day` of every job (NEVER where not planned) and what that leaves free: hours by squad, minutes by service, releases by day.

    `allowed` are the options (j, t) on offer, those that may pay by default.
    """

    def __init__(self, columns: Columns, days: Ints | None = None, allowed: NDArray[np.bool_] | None = None) -> None:
        self.columns = columns
        self.day = [NEVER] * len(columns.service)
        self._moves: list[tuple[int, int]] = []
        self._cheap = columns.cheap if allowed is None else columns.cheapest(allowed)
        self._service, self._squad = columns.service.tolist(), columns.squad.tolist()
        self._effort = columns.effort.tolist()
        self._prepared = (columns.problem.rules.prep_share * columns.effort).tolist()
        self._release_hours, self._release_minutes = columns.release_hours.tolist(), columns.release_minutes.tolist()
        self._release_cost = columns.release_cost.tolist()
        self._hours: list[list[float]] = (np.cumsum(columns.hours, axis=1) + EPSILON).tolist()
        self._least: list[list[float]] = _least(self._hours)
        self._minutes: list[list[float]] = (columns.budget + EPSILON).tolist()
        self._fleet: list[int] = columns.fleet.tolist()
        self._shared = [[0] * columns.days for _ in columns.squad_of]
        if days is not None:
            for job in np.flatnonzero(days >= 0).tolist():
                self.put(job, int(days[job]))

    @property
    def days(self) -> Ints:
        """The days as an array."""
        return np.array(self.day, np.int64)

    @property
    def cost(self) -> float:
        """What the plan costs at the exchange rate."""
        days, columns = self.days, self.columns
        planned = np.flatnonzero(days >= 0)
        kept = columns.never.sum() - columns.never[planned].sum()
        releases = np.array(self._shared, bool).reshape(-1, columns.days).sum(axis=1) @ columns.release_cost
        return float(kept + columns.cost[planned, days[planned]].sum() + releases)

    def offers(self, job: int) -> dict[int, float]:
        """The days this job may ship on as the plan stands, first to last, and what each adds to the cost against never."""
        service = self._service[job]
        shared, release = self._shared[service], self._release_cost[service]
        return {
            option[1]: option[0] if shared[option[1]] else option[0] + release
            for option in sorted(self._cheap[job], key=lambda each: each[1])
            if not self._wants(job, option)
        }

    def best(self, job: int, priced: list[list[Option]] | None = None) -> int:
        """The cheapest day, at other prices where `priced` has them; NEVER where none saves money."""
        service, squad, found, lowest = self._service[job], self._squad[job], NEVER, 0.0
        effort, prepared, least = self._effort[job], self._prepared[job], self._least[squad]
        if least[-1] < effort:
            return NEVER
        shared, minutes_left, release = self._shared[service], self._minutes[service], self._release_cost[service]
        fleet, whole, downtime = self._fleet, effort + self._release_hours[service], self._release_minutes[service]
        first, last = self._between(job)
        for cost, day, week, begun, month, minutes in (priced or self._cheap)[job]:
            if cost >= lowest:
                break
            if least[begun] < prepared or not first <= day <= last:
                continue
            if shared[day]:
                if least[week] >= effort and minutes_left[month] >= minutes:
                    return day
            elif (
                cost + release < lowest
                and least[week] >= whole
                and minutes_left[month] >= minutes + downtime
                and fleet[day]
            ):
                found, lowest = day, cost + release
        return found

    def lacks(self, job: int, day: int) -> tuple[str, ...]:
        """What keeps the job from shipping on that day; nothing where it can."""
        option = self.columns.options[job].get(day)
        return ("window",) if option is None else self._wants(job, option)

    def orphans(self, job: int) -> bool:
        """Whether a job that is not planned leaves one that waits for it on the plan."""
        return self.day[job] < 0 and any(self.day[then] >= 0 for then in self.columns.after[job])

    def put(self, job: int, day: int) -> float:
        """Ship the job on a day that `offers` named; what that adds to the cost against never."""
        self._moves.append((job, NEVER))
        self.day[job] = day
        return self._change(job, day, 1)

    def take(self, job: int) -> float:
        """Take the job off the plan; what that adds to the cost."""
        day = self.day[job]
        self._moves.append((job, day))
        self.day[job] = NEVER
        return self._change(job, day, -1)

    def mark(self) -> int:
        """A point to go `back` to."""
        return len(self._moves)

    def forget(self) -> None:
        """What was done so far is not undone any more."""
        self._moves.clear()

    def back(self, mark: int) -> None:
        """Undo every put and take since the mark."""
        while len(self._moves) > mark:
            job, day = self._moves.pop()
            if day == NEVER:
                self._change(job, self.day[job], -1)
            else:
                self._change(job, day, 1)
            self.day[job] = day

    def _wants(self, job: int, option: Option) -> tuple[str, ...]:
        """What an option would need beyond what is free."""
        _, day, week, begun, month, minutes = option
        service, least = self._service[job], self._least[self._squad[job]]
        alone = not self._shared[service][day]
        first, last = self._between(job)
        ready = least[begun] >= self._prepared[job]
        wanting = {
            "order": not first <= day <= last,
            "hours": least[week] < self._effort[job] + alone * self._release_hours[service] or not ready,
            "minutes": self._minutes[service][month] < minutes + alone * self._release_minutes[service],
            "releases": alone and self._fleet[day] <= 0,
        }
        return tuple(name for name, holds in wanting.items() if holds)

    def _between(self, job: int) -> tuple[int, int]:
        """The first and the last day that the jobs before and after leave."""
        columns, first, last = self.columns, 0, self.columns.days
        for each in columns.before[job]:
            first = max(first, self.day[each] + columns.gap(each, job) if self.day[each] >= 0 else columns.days)
        for each in columns.after[job]:
            if self.day[each] >= 0:
                last = min(last, self.day[each] - columns.gap(job, each))
        return first, last

    def _change(self, job: int, day: int, sign: int) -> float:
        service, squad = self._service[job], self._squad[job]
        cost, _, week, begun, month, minutes = self.columns.options[job][day]
        shared, release = self._shared[service], 0.0
        alone = shared[day] == (sign < 0)
        shared[day] += sign
        prepared, whole = sign * self._prepared[job], sign * self._effort[job]
        if alone:
            self._fleet[day] -= sign
            whole += sign * self._release_hours[service]
            minutes += self._release_minutes[service]
            release = self._release_cost[service]
        self._minutes[service][month] -= sign * minutes
        self._spend(squad, begun, prepared, week, whole)
        return sign * (cost + release)

    def _spend(self, squad: int, begun: int, prepared: float, week: int, whole: float) -> None:
        """Hours that are gone by the end of each week, and with them what each week may still promise."""
        hours, least, lowest = self._hours[squad], self._least[squad], float("inf")
        for at in range(len(hours) - 1, -1, -1):
            left = hours[at]
            if at >= week:
                left = hours[at] = left - whole
            elif at >= begun:
                left = hours[at] = left - prepared
            if left < lowest:  # noqa: PLR1730 - a call of min() would cost more than the rest of the loop
                lowest = left
            if at < begun and least[at] == lowest:
                break  # no week before it promises anything else than it did
            least[at] = lowest


def _least(hours: list[list[float]]) -> list[list[float]]:
    """The least that is free from each week on."""
    return [list(accumulate(reversed(row), min))[::-1] for row in hours]
