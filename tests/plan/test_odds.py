"""How often a kind of change breaks, before and after own rollouts."""

import pytest

from detente.plan.odds import Odds


def test_priors_are_priors_until_rollouts_speak() -> None:
    assert Odds("other", 0, 0).prior
    assert (Odds("other", 0, 0).alpha, Odds("other", 0, 0).beta) == (1.0, 19.0)
    assert Odds("lib_major", 0, 0).mean == pytest.approx(0.12)
    assert not Odds("lib_major", 0, 1).prior


def test_own_rollouts_outweigh_the_prior() -> None:
    assert Odds("os_minor", 10, 90).mean == pytest.approx(0.085, abs=0.001)
    assert Odds("os_minor", 100, 900).sd < Odds("os_minor", 1, 9).sd < 0.06
