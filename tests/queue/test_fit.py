from datetime import date

import numpy as np
import pytest

from detente.queue.fit import fit, loss, monotone, newton


def sample(seed=3, rows=4000):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, 3)) * [1.0, 5.0, 0.2] + [0.0, 3.0, 1.0]
    p = 1 / (1 + np.exp(-(x @ [0.8, -0.3, 0.0] - 3)))
    return x, (rng.random(rows) < p).astype(float)


def slow(x, y, steps=20000, rate=2e-4):
    """Plain gradient descent on the same objective: slow and obvious."""
    mean, spread = x.mean(0), x.std(0)
    z = np.column_stack([(x - mean) / spread, np.ones(len(x))])
    w, penalty = np.zeros(4), np.array([1.0, 1, 1, 0])
    for _ in range(steps):
        w -= rate * (0.05 * z.T @ (1 / (1 + np.exp(-(z @ w))) - y) + penalty * w)
        if np.abs(0.05 * z.T @ (1 / (1 + np.exp(-(z @ w))) - y) + penalty * w).max() < 1e-7:
            break
    return w[:-1] / spread, w[-1] - (w[:-1] * mean / spread).sum()


def test_newton_finds_what_gradient_descent_finds():
    x, y = sample(rows=500)
    weights, intercept = newton(x, y)
    expected, start = slow(x, y, rate=0.05)
    assert weights == pytest.approx(expected, abs=1e-5)
    assert intercept == pytest.approx(start, abs=1e-5)


def test_a_constant_column_gets_no_weight():
    x, y = sample(rows=500)
    weights, _ = newton(np.column_stack([x, np.ones(len(x))]), y)
    assert weights[3] == 0


def test_signs_that_cannot_be_are_dropped():
    x, y = sample()
    free, _ = newton(x, y)
    held, _ = monotone(x, y, ["le", "base", "total"])
    assert free[1] < 0
    assert held[1] == 0
    assert (held >= 0).all()
    falling, _ = monotone(x, y, ["le", "lage", "total"])
    assert falling[1] == pytest.approx(free[1], rel=0.05)


def test_a_minimum_is_a_minimum():
    x, y = sample(rows=500)
    spread = x.std(0)
    z = np.column_stack([(x - x.mean(0)) / spread, np.ones(len(x))])
    weights, intercept = newton(x, y)
    w = np.append(weights * spread, intercept + (weights * x.mean(0)).sum())
    penalty = np.array([1.0, 1, 1, 0])
    least = loss(z, y, w, penalty)
    assert all(loss(z, y, w + nudge, penalty) > least for nudge in np.vstack([np.eye(4), -np.eye(4)]) * 1e-3)


def test_a_set_tells_its_origin():
    x, y = sample()
    found = {"le": x[:, 0], "lage": x[:, 1]}
    made = fit(found, y.astype(bool), ["le", "lage"], name="mine", at=date(2024, 1, 1), labels_to=date(2024, 7, 1))
    assert (made.positives, made.population) == (int(y.sum()), len(y))
    assert made.version == "mine 2024-01-01..2024-07-01"
    assert made.months == pytest.approx(182 / 30.4375)
    assert made.means["lage"] == pytest.approx(x[:, 1].mean(), abs=1e-6)
