"""What a month of waiting costs: hazard times loss, combined per asset so that nothing is counted twice.

    h  = min(1, s * h0 * exposure * reach * (1 - control))     hazard of one finding on one asset, per month
    H  = 1 - prod(1 - h)                                       of the asset
    EL = H * E[min(X, cap)] * blast                            expected loss of the asset, per month
    benefit of closing S = EL - EL without S

These functions are the slow, obvious statement of what price.sql and fixes.sql do for millions of rows, and the small
parts (the loss of a tier, the blast radius) that are computed once per service. Source: docs/prices.md.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import erf, exp, log, log1p, prod, sqrt

import numpy as np
from numpy.typing import NDArray

from detente.model.estate import Estate, Exposure, Service

Z95 = 1.6448536269514722  # standard normal quantile of 0.95: an interval of 90 % leaves 5 % on each side
BLAST_STEP = 0.5  # share of a dependent's loss that a compromise one step below it reaches: our prior
CERTAIN = 0.999999999999  # a hazard of 1 would leave no logarithm


@dataclass(frozen=True, slots=True)
class Loss:
    """A lognormal loss from its 90 % interval, in whole units of the accord's currency."""

    low: float
    high: float

    @property
    def mu(self) -> float:
        """Mean of the logarithm."""
        return (log(self.low) + log(self.high)) / 2

    @property
    def sigma(self) -> float:
        """Standard deviation of the logarithm."""
        return (log(self.high) - log(self.low)) / (2 * Z95)

    @property
    def median(self) -> float:
        """Half of all losses are below."""
        return exp(self.mu)

    @property
    def mean(self) -> float:
        """Expected loss without any cap."""
        return exp(self.mu + self.sigma**2 / 2)

    def limited(self, cap: float) -> float:
        """E[min(X, cap)]: the expected loss when nothing beyond `cap` can be lost."""
        at = (log(cap) - self.mu) / self.sigma
        return self.mean * _normal(at - self.sigma) + cap * (1 - _normal(at))


def _normal(x: float) -> float:
    return (1 + erf(x / sqrt(2))) / 2


@dataclass(frozen=True, slots=True)
class Worth:
    """What a compromise of a service's asset would cost, and why.

    `loss` is E[min(X, cap)] of the service `via` whose loss is reached, times `blast` (1 for the service itself, half per
    step up to a service that depends on it). `assumed` names what nobody stated.
    """

    loss: float
    tier: str
    via: str
    blast: float
    factor: float
    exposure: Exposure | None
    assumed: tuple[str, ...] = ()


def worths(
    estate: Estate, losses: Mapping[str, float], factor: Callable[[Exposure | None], float], unowned: str
) -> dict[str, Worth]:
    """The worth of every service, and under `unowned` that of an asset nobody claims.

    `losses` is E[min(X, cap)] by tier; a tier nobody stated is taken for the average of all, an exposure nobody stated as
    `factor(None)` says.
    """
    above: dict[str, list[str]] = {service.id: [] for service in estate.services}
    for service in estate.services:
        for lower in service.depends:
            above.setdefault(lower, []).append(service.id)
    own = {service.id: losses.get(service.tier, average(losses.values())) for service in estate.services}
    found = {service.id: _worth(service, above, own, factor) for service in estate.services}
    gaps = ("owner", "tier", "exposure")
    return found | {unowned: Worth(average(losses.values()), "", unowned, 1.0, factor(None), None, gaps)}


def _worth(
    service: Service,
    above: Mapping[str, list[str]],
    own: Mapping[str, float],
    factor: Callable[[Exposure | None], float],
) -> Worth:
    loss, via, blast = max(
        (
            (own[reached] * BLAST_STEP**steps, reached, BLAST_STEP**steps)
            for reached, steps in _reached(service.id, above)
        ),
        key=lambda option: (option[0], option[2], option[1]),
    )
    stated = {"tier": service.tier, "exposure": service.exposure}
    gaps = tuple(name for name, value in stated.items() if not value)
    return Worth(loss, service.tier, via, blast, factor(service.exposure), service.exposure, gaps)


def _reached(start: str, above: Mapping[str, list[str]]) -> Iterable[tuple[str, int]]:
    """The service and all that depend on it, with the least number of steps; cycles end where they began."""
    steps, waiting = {start: 0}, deque([start])
    while waiting:
        here = waiting.popleft()
        for upper in above.get(here, ()):
            if upper not in steps:
                steps[upper] = steps[here] + 1
                waiting.append(upper)
    return steps.items()


def average(values: Iterable[float]) -> float:
    """The mean: what an unknown is taken for when nothing favours one of its values."""
    found = list(values)
    return sum(found) / len(found) if found else 0.0


def hazard(h0: float, *, scale: float = 1.0, exposure: float = 1.0, reach: float = 1.0, control: float = 0.0) -> float:
    """Probability per month that one finding is used against one asset."""
    return min(CERTAIN, scale * h0 * exposure * reach * (1 - control))


def combined(hazards: Iterable[float]) -> float:
    """Hazards of one asset together: 1 - prod(1 - h), never their sum."""
    return 1 - prod(1 - h for h in hazards)


def benefit(hazards: Iterable[float], closed: Iterable[float], loss: float) -> float:
    """What an asset's expected loss per month falls by when the findings with hazards `closed` (some of `hazards`) go."""
    total = sum(-log1p(-h) for h in hazards)
    gone = sum(-log1p(-h) for h in closed)
    return loss * exp(-total) * (exp(gone) - 1)


def implied(assets: Iterable[float]) -> float:
    """The estate's own breach probability a year, from its assets' hazards per month: 1 - prod(1 - h)^12."""
    return 1 - prod((1 - h) ** 12 for h in assets)


def scale_for(hazards: NDArray[np.float64], target_year: float) -> float | None:
    """The scale at which hazards given at scale 1 would imply a breach probability of `target_year`; None if none does.

    Bisection on the monotone 1 - prod(1 - min(1, s h))^12 over findings; a tenth of a millionth is as near as it gets.
    """
    low, high = 0.0, 1e6
    if not 0 < target_year < _implied(hazards, high):
        return None
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if _implied(hazards, middle) < target_year else (low, middle)
    return (low + high) / 2


def _implied(hazards: NDArray[np.float64], scale: float) -> float:
    return float(-np.expm1(12 * np.log1p(-np.minimum(CERTAIN, hazards * scale)).sum()))
