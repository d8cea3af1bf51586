"""A program cut apart by squad: one squad's columns, with the rows it shares with others priced in or filled up by them."""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from detente.plan.columns import Columns, Floats, Ints, summed
from detente.plan.program import COUPLING, Program
from detente.plan.solver import Part


@dataclass(frozen=True)
class Parts:
    """A program and the duals (at most 0) of its rows in the linear relaxation.

    Lagrangian relaxation: with shared rows paid for at their duals the squads are independent, and the sum of what each costs at
    least is a bound for all plans (Geoffrion, "Lagrangean relaxation for integer programming", 1974).
    """

    program: Program
    duals: Floats

    @cached_property
    def priced(self) -> Floats:
        """Costs that pay for shared rows."""
        cost: Floats = self.program.cost - self._paid(self._shared)
        return cost

    @cached_property
    def constant(self) -> float:
        """What every plan costs beside its priced columns."""
        coupling = self.program.row_squad == COUPLING
        return self.program.offset + float(self.duals[coupling] @ self.program.limit[coupling])

    @cached_property
    def relaxed(self) -> Floats:
        """What each squad's part costs at least, from the linear relaxation alone."""
        program = self.program
        left = np.minimum(program.cost - self._paid(np.arange(len(program.row))), 0)
        bounded = np.where(np.isfinite(program.upper), left, 0) * np.where(np.isfinite(program.upper), program.upper, 0)
        own = program.row_squad != COUPLING
        count = len(self.members)
        rows = summed(program.row_squad[own], (self.duals * program.limit)[own], count)
        least: Floats = rows + summed(program.column_squad, bounded, count)
        return least

    @property
    def bound(self) -> float:
        """What every plan costs at least, from the linear relaxation alone."""
        return self.constant + float(self.relaxed.sum())

    @cached_property
    def members(self) -> list[Ints]:
        """The columns of every squad."""
        return _grouped(self.program.column_squad, int(self.program.column_squad.max(initial=-1)) + 1)

    def jobs(self, squad: int) -> list[int]:
        """The jobs of a squad that may ship at all."""
        members = self.members[squad]
        return [int(job) for job in np.unique(self.program.job[members[members < self.program.options]])]

    def rows(self, squad: int) -> Ints:
        """The rows that are a squad's own."""
        return np.unique(self.program.row[self._own[squad]])

    def whole(self) -> Part:
        """All squads together."""
        program = self.program
        whole = program.whole.astype(np.int64)
        return Part(program.cost, program.upper, whole, program.row, program.column, program.value, program.limit)

    def alone(self, squad: int) -> Part:
        """A squad without the others, at priced costs: for the bound."""
        return self._cut(squad, self.priced, self.program.limit, self._own[squad])

    def among(self, squad: int, point: Floats) -> Part:
        """A squad at true costs while the others stay at `point`: for a better plan."""
        program, shared = self.program, self._shared
        others = np.where(program.column_squad == squad, 0.0, point)[program.column[shared]]
        taken = summed(program.row[shared], program.value[shared] * others, len(program.limit))
        mine = shared[program.column_squad[program.column[shared]] == squad]
        entries = np.sort(np.concatenate([self._own[squad], mine]))
        return self._cut(squad, program.cost, program.limit - taken, entries)

    def paid(self, columns: Columns) -> Floats:
        """What each job pays on each day (j, t) for what is scarce: hours, minutes, order and covers."""
        program = self.program
        scarce = np.flatnonzero(program.row >= program.hour_rows(columns)[0])
        found = np.zeros(columns.cost.shape)
        found[program.job, program.day] = -self._paid(scarce)[: program.options]
        return found

    def _paid(self, entries: Ints) -> Floats:
        program = self.program
        paid = self.duals[program.row[entries]] * program.value[entries]
        return summed(program.column[entries], paid, len(program.cost))

    @cached_property
    def _shared(self) -> Ints:
        return np.flatnonzero(self.program.row_squad[self.program.row] == COUPLING)

    @cached_property
    def _own(self) -> list[Ints]:
        return _grouped(self.program.row_squad[self.program.row], len(self.members))

    def _cut(self, squad: int, cost: Floats, limit: Floats, entries: Ints) -> Part:
        program, columns = self.program, self.members[squad]
        rows, row = np.unique(program.row[entries], return_inverse=True)
        column = np.searchsorted(columns, program.column[entries])
        whole = program.whole[columns].astype(np.int64)
        return Part(cost[columns], program.upper[columns], whole, row, column, program.value[entries], limit[rows])


def _grouped(owner: Ints, count: int) -> list[Ints]:
    """Places by owner, ascending."""
    order = np.argsort(owner, kind="stable")
    edges = np.searchsorted(owner[order], np.arange(count + 1))
    return [order[start:end] for start, end in pairwise(edges)]
