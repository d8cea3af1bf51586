"""How often a kind of change breaks: a prior until the organisation's own rollouts outweigh it."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, sqrt

WEIGHT = 20.0
"""How many rollouts a prior counts for: Beta(1, 19) at the mean of 5 % (research into change failure rates, weak)."""

PRIORS: Mapping[str, float] = {
    "os_minor": 0.01,
    "lib_patch": 0.015,
    "lib_minor": 0.04,
    "lib_major": 0.12,
    "runtime_db": 0.06,
}
OTHER = 0.05

ESCAPES, STAGED_DAYS = 0.30, 4.0
"""Prior: the share of faults that a day of test and three of staging let through; in a shorter time more of them slip through."""
CAUGHT = 0.6
"""Prior: the share of the harm that a canary spares, because it meets few customers and is taken back."""
MINUTES = 35 * exp(0.5**2 / 2)
"""Prior: minutes until a fault is undone, the mean of a lognormal with median 35 and sigma 0.5."""


@dataclass(frozen=True, slots=True)
class Odds:
    """Beta(`broke` + prior, `held` + prior): the probability that a change of this kind must be taken back."""

    kind: str
    broke: int
    held: int

    @property
    def alpha(self) -> float:
        """Prior and own rollouts that broke."""
        return PRIORS.get(self.kind, OTHER) * WEIGHT + self.broke

    @property
    def beta(self) -> float:
        """Prior and own rollouts that held."""
        return (1 - PRIORS.get(self.kind, OTHER)) * WEIGHT + self.held

    @property
    def mean(self) -> float:
        """The probability to plan with."""
        return self.alpha / (self.alpha + self.beta)

    @property
    def sd(self) -> float:
        """How unsure it is."""
        size = self.alpha + self.beta
        return sqrt(self.alpha * self.beta / (size * size * (size + 1)))

    @property
    def prior(self) -> bool:
        """Whether no rollout of the organisation's own stands behind it yet."""
        return not (self.broke or self.held)

    def minutes(self, staged_days: float, *, canary: bool, known: float = 0.0) -> float:
        """Minutes that users lose on average to such a change, fresh from its maker, after so long in test and staging.

        `known` is the probability of meeting a fault its maker knows of, beside those that nobody knows yet.
        """
        escaping: float = ESCAPES ** (staged_days / STAGED_DAYS)
        breaking = 1 - (1 - self.mean) * (1 - known)
        return breaking * escaping * (1 - CAUGHT * canary) * MINUTES
