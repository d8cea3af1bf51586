"""Fitting the ranker: L2 logistic regression by Newton's method, with the signs that exploitation can have.

Same objective as scikit-learn's (C times the log loss plus half the squared weights, intercept free) on standardised
features, run to convergence: on a label as rare as this one a loose tolerance gives other coefficients.
"""

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np

from detente.queue.coefficients import Coefficients
from detente.queue.features import Flags, Floats

STRENGTH = 0.05
STEPS = 60
FALLING = frozenset({"lage"})
"""Age is the one feature that may only lower a score; every other may only raise it."""


def newton(x: Floats, y: Floats) -> tuple[Floats, float]:
    """Weights on the raw features and the intercept that minimise the penalised log loss."""
    mean, spread = x.mean(0), x.std(0)
    spread[spread == 0] = 1
    z = np.column_stack([(x - mean) / spread, np.ones(len(x))])
    w = np.append(np.zeros(x.shape[1]), np.log(y.mean() / (1 - y.mean())))
    penalty = np.append(np.ones(x.shape[1]), 0.0)
    for _ in range(STEPS):
        step = descend(z, y, w, penalty)
        w = w - step
        if np.abs(step).max() < 1e-9:
            break
    return w[:-1] / spread, float(w[-1] - (w[:-1] * mean / spread).sum())


def descend(z: Floats, y: Floats, w: Floats, penalty: Floats) -> Floats:
    """One Newton step, halved until it does not raise the loss."""
    p = 1 / (1 + np.exp(-(z @ w)))
    gradient = STRENGTH * (z.T @ (p - y)) + penalty * w
    hessian = STRENGTH * (z.T * (p * (1 - p))) @ z + np.diag(penalty)
    step = np.linalg.solve(hessian, gradient)
    before, part = loss(z, y, w, penalty), 1.0
    while loss(z, y, w - part * step, penalty) > before and part > 1e-6:
        part /= 2
    return np.asarray(part * step)


def loss(z: Floats, y: Floats, w: Floats, penalty: Floats) -> float:
    """The penalised log loss."""
    score = z @ w
    return float(STRENGTH * (np.logaddexp(0, score) - y * score).sum() + 0.5 * (penalty * w * w).sum())


def monotone(x: Floats, y: Floats, names: Sequence[str]) -> tuple[Floats, float]:
    """As `newton`, dropping the feature with the most impossible sign (largest in standard units) until none is left."""
    sign = np.array([-1.0 if name in FALLING else 1.0 for name in names])
    active = np.arange(len(names))
    while True:
        weights, intercept = newton(x[:, active], y)
        wrong = weights * sign[active] * x[:, active].std(0)
        if (wrong >= 0).all():
            break
        active = np.delete(active, wrong.argmin())
    full = np.zeros(len(names))
    full[active] = weights
    return full, intercept


def fit(
    found: Mapping[str, Floats], hit: Flags, names: Sequence[str], *, name: str, at: date, labels_to: date
) -> Coefficients:
    """A coefficient set for `names`, from the features at `at` and who became known exploited until `labels_to`."""
    x = np.column_stack([found[feature] for feature in names])
    weights, intercept = monotone(x, hit.astype(np.float64), names)
    return Coefficients(
        name=name,
        features_at=at,
        labels_to=labels_to,
        positives=int(hit.sum()),
        population=len(hit),
        intercept=round(intercept, 6),
        weights={feature: round(float(w), 6) for feature, w in zip(names, weights, strict=True)},
        means={feature: round(float(m), 6) for feature, m in zip(names, x.mean(0), strict=True)},
    )
