"""Covers against plans that keep every rule: none may be cut off, and what the linear program shares out must be."""

from random import Random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.plan.board import Board
from detente.plan.columns import Columns, Ints, columns
from detente.plan.cover import Sack, covers, sacks
from detente.plan.greedy import settle
from plan import shop


def laid(arrays: Columns, random: Random) -> Ints:
    board, jobs = Board(arrays), list(range(len(arrays.service)))
    random.shuffle(jobs)
    for job in jobs:
        settle(board, job)
    return board.days


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_no_plan_breaks_a_cover(seed: int) -> None:
    arrays, random = columns(shop.problem(seed, jobs=14, days=28)), Random(seed)
    job, day = np.nonzero(arrays.worthwhile)
    point = np.array([random.random() for _ in job])
    for row in covers(sacks(arrays, job, day), point):
        assert point[row.column].sum() > row.limit
        for _ in range(5):
            days = laid(arrays, random)
            assert (days[job] == day)[row.column].sum() <= row.limit


def test_of_two_that_do_not_fit_one_waits_and_so_does_all_that_is_as_heavy() -> None:
    sack = Sack(limit=10.0, weight=np.array([6.0, 5.0, 7.0, 1.0]), first=np.arange(4), last=np.arange(1, 5))
    (row,) = covers([sack], np.array([0.9, 0.9, 0.1, 0.0]))
    assert (row.column.tolist(), row.limit) == ([0, 1, 2], 1.0)
    assert covers([sack], np.array([1.0, 0.0, 0.0, 1.0])) == []


def test_a_limit_that_all_fit_into_says_nothing() -> None:
    problem = shop.problem(2, jobs=6)
    arrays = columns(problem)
    job, day = np.nonzero(arrays.worthwhile)
    assert all(sack.weight.sum() > sack.limit > 0 for sack in sacks(arrays, job, day))
    assert sacks(arrays, job[:0], day[:0]) == []
