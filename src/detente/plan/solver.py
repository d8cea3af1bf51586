"""HiGHS behind three functions: sparse rows in, a point and a proven bound out. One thread and no dice: the same answer always."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np
from numpy.typing import NDArray

from detente.plan.columns import Floats, Ints


@dataclass(frozen=True)
class Part:
    """Columns and rows (`<= limit`) of a program, renumbered; entries in row order, `whole` is 1 for integer columns."""

    cost: Floats
    upper: Floats
    whole: Ints
    row: Ints
    column: Ints
    value: Floats
    limit: Floats


@dataclass(frozen=True)
class Row:
    """The sum of some columns is at most `limit`."""

    column: Ints
    limit: float


@dataclass(frozen=True)
class Limits:
    """When a search for integers ends: after so many nodes, within this much money of the best possible, or out of time.

    One node is for the bound alone: nine tenths of its time would go into programs within the program that look for better plans.
    """

    nodes: int
    money: float
    seconds: float = float("inf")


@dataclass(frozen=True)
class Corner:
    """Where a linear program was left: its point, the duals of its rows (at most 0), and what HiGHS knows of columns and rows to go on."""

    point: Floats
    duals: Floats
    column: NDArray[np.object_]
    row: NDArray[np.object_]


def linear(part: Part, start: Corner | None = None, turns: int | None = None, seconds: float = float("inf")) -> Corner:
    """The linear relaxation, gone on with from `start`. After so many `turns` of the dual simplex it stays where it is.

    Its duals bound all points even there (weak duality).
    """
    highs = _handed(part)
    highs.setOptionValue("time_limit", seconds)
    if turns is not None:
        highs.setOptionValue("simplex_iteration_limit", turns)
    if start is not None:
        basis = highspy.HighsBasis()
        basis.col_status, basis.row_status, basis.valid = start.column.tolist(), start.row.tolist(), True
        highs.setBasis(basis)
    return _corner(highs)


def tightened(
    part: Part, broken: Callable[[Floats], list[Row]], rounds: int, seconds: float = float("inf")
) -> tuple[Corner, list[Row]]:
    """The linear relaxation with the rows that its point is found to have broken, so many times; they follow those of the part."""
    highs, added = _handed(part), list[Row]()
    highs.setOptionValue("time_limit", seconds)
    corner = _corner(highs)
    for _ in range(rounds):
        rows = broken(corner.point)
        if not rows:
            break
        ends = np.cumsum([len(row.column) for row in rows])
        begins = np.concatenate([[0], ends[:-1]]).astype(np.int32)
        entries = np.concatenate([row.column for row in rows]).astype(np.int32)
        limits, nothing = np.array([row.limit for row in rows]), np.full(len(rows), -np.inf)
        highs.addRows(len(rows), nothing, limits, len(entries), begins, entries, np.ones(len(entries)))
        added += rows
        corner = _corner(highs)
    return corner, added


def _corner(highs: highspy.Highs) -> Corner:
    """Where it stops. Presolve costs more than it saves here, and forgets where it started."""
    highs.setOptionValue("presolve", "off")
    highs.run()
    solution, basis = highs.getSolution(), highs.getBasis()
    duals = np.minimum(np.array(solution.row_dual), 0)
    return Corner(np.array(solution.col_value), duals, _marks(basis.col_status), _marks(basis.row_status))


def idle(columns: int, rows: int) -> Corner:
    """The corner where nothing is done and no row counts."""
    lower, basic = highspy.HighsBasisStatus.kLower, highspy.HighsBasisStatus.kBasic
    return Corner(np.zeros(columns), np.zeros(rows), _marks([lower] * columns), _marks([basic] * rows))


def _marks(found: Any) -> NDArray[np.object_]:
    return np.array(found, object)


def integer(part: Part, start: Floats, limits: Limits) -> tuple[Floats, float]:
    """The best point found from a feasible `start`, and what no point can go below."""
    highs = _handed(part)
    places = np.arange(len(part.whole), dtype=np.int32)
    highs.changeColsIntegrality(len(places), places, part.whole.astype(np.uint8))
    for name, setting in (
        ("mip_max_nodes", limits.nodes),
        ("mip_rel_gap", 0.0),
        ("mip_abs_gap", limits.money),
        ("time_limit", limits.seconds),
        *((f"mip_heuristic_run_{name}", limits.nodes > 1) for name in ("rins", "rens", "root_reduced_cost")),
    ):
        highs.setOptionValue(name, setting)
    known = highspy.HighsSolution()
    known.col_value, known.value_valid = start.tolist(), True
    highs.setSolution(known)
    highs.run()
    found, bound = np.array(highs.getSolution().col_value), float(highs.getInfo().mip_dual_bound)
    if len(found) != len(start) or part.cost @ found > part.cost @ start:
        found = start
    return found, bound


class _Silent(highspy.Highs):
    """A solver without callbacks: setting them up prints a banner to standard output, which belongs to the caller."""

    def __init__(self) -> None:
        super(highspy.Highs, self).__init__()
        for name, setting in (("output_flag", False), ("threads", 1), ("random_seed", 0)):
            self.setOptionValue(name, setting)


def _handed(part: Part) -> highspy.Highs:
    """A silent solver that holds the part's linear relaxation."""
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(part.cost), len(part.limit)
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = part.cost, np.zeros(len(part.cost)), part.upper
    lp.row_lower_, lp.row_upper_ = np.full(len(part.limit), -np.inf), part.limit
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = np.searchsorted(part.row, np.arange(len(part.limit) + 1)).astype(np.int32)
    lp.a_matrix_.index_, lp.a_matrix_.value_ = part.column.astype(np.int32), part.value
    highs = _Silent()
    highs.passModel(lp)
    return highs
