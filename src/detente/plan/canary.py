"""Is the canary worse than its control group? A test that may be looked at every minute without lying.

Given the errors of one look, the canary's share of them is binomial with q(rho) = rho n / (rho n + m), whatever shook both
groups alike; `rho` is how many times worse the canary is. Ratios of such likelihoods multiply over looks to an e-process:
under the null it reaches 1/alpha at any time with probability alpha at most (Ville 1939; Ramdas et al. 2023, "Game-theoretic
statistics and safe anytime-valid inference"). Three of them run side by side:

* the mixture over `RHOS`, fast for a fault that is there from the start (null: rho <= `rho0`);
* the e-detector, its sum over possible onsets, fast for a fault that comes later (the same null);
* the reverse process, which has to show that the canary is *not* twice as bad (null: rho >= `WORSE`), or that it fails
  less often than both sides allow.

Everything is in natural logarithms. No errors at all, or no control group, move nothing: they are no evidence.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil, exp, inf, log, log1p

from detente.model.change import Counts, Health, Verdict

RHOS = (1.25, 1.5, 2.0, 3.0, 5.0, 10.0)
WEIGHTS = (0.1, 0.1, 0.5, 0.1, 0.1, 0.1)
"""Half of the prior on the smallest fault worth a rollback by itself: a weight w delays it by ln(1/w) / KL errors."""

LATE = 0.2
"""The e-detector's part in the average of both."""

WORSE = 2.0
GOOD = (0.8, 1.0, 1.25)
FAR_BELOW = (0.1, 0.3, 0.6)
TINY = 1e-12
TOLD = 1_000_000  # odds beyond are told as more than that


@dataclass(frozen=True, slots=True)
class Design:
    """A test, settled before its first request.

    `alpha` is the chance of a false verdict over the whole run; `rho0` how much worse a canary may be for reasons outside the
    release, such as slower hosts (1 only when hosts are paired); `looks` how many looks the run is planned for; `allowed` the
    error rate that both sides accept anyway (1 - SLO), None when nobody said.
    """

    alpha: float = 0.01
    rho0: float = 1.2
    looks: int = 60
    allowed: float | None = None

    def __post_init__(self) -> None:
        if not (0 < self.alpha < 1 and 1 <= self.rho0 < WORSE and self.looks > 0):
            raise ValueError(f"{self} is no test: 0 < alpha < 1, 1 <= rho0 < {WORSE:g}, at least one look")
        if self.allowed is not None and not 0 < self.allowed < 1:
            raise ValueError(f"an allowed error rate of {self.allowed} is no rate above 0 and below 1")

    @property
    def bar(self) -> float:
        """ln(1/alpha): what an e-process must reach."""
        return -log(self.alpha)


@dataclass(frozen=True, slots=True)
class Evidence:
    """All looks so far, folded; the tuples hold one log e-process for each alternative."""

    design: Design
    total: Counts
    looks: int
    mixture: tuple[float, ...]
    detector: tuple[float, ...]
    reverse: tuple[float, ...]
    below: tuple[float, ...]

    @property
    def against(self) -> float:
        """The log of the evidence that the canary is worse: the average of mixture and e-detector."""
        parts = [blend(self.mixture, WEIGHTS), mean(self.detector[1:])]
        return blend(parts, (1 - LATE, LATE))

    @property
    def harmless(self) -> float:
        """The log of the evidence that it is neither twice as bad nor beyond what is allowed."""
        relative = mean(self.reverse)
        return relative if self.design.allowed is None else mean((relative, mean(self.below)))


def begin(design: Design) -> Evidence:
    """Nothing seen yet."""
    none = (0.0,) * len(RHOS)
    return Evidence(
        design, Counts(0, 0, 0, 0), 0, none, (-inf,) * len(RHOS), (0.0,) * len(GOOD), (0.0,) * len(FAR_BELOW)
    )


def look(before: Evidence, seen: Counts) -> Evidence:
    """The evidence after one more look.

    An onset can be at any planned look with weight 1/looks; later looks add no onset, so a run may be prolonged.
    """
    design = before.design
    ratios = [log_ratio(seen, rho, design.rho0) if rho > design.rho0 else -inf for rho in RHOS]
    onset = -log(design.looks) if before.looks < design.looks else -inf
    return replace(
        before,
        total=before.total + seen,
        looks=before.looks + 1,
        mixture=tuple(old + new for old, new in zip(before.mixture, ratios, strict=True)),
        detector=tuple(joined((old, onset)) + new for old, new in zip(before.detector, ratios, strict=True)),
        reverse=tuple(old + log_ratio(seen, rho, WORSE) for old, rho in zip(before.reverse, GOOD, strict=True)),
        below=tuple(
            old + _below(seen, part, design.allowed) for old, part in zip(before.below, FAR_BELOW, strict=True)
        ),
    )


def judge(seen: Evidence) -> Verdict:
    """What the evidence says so far; whether the soak is over is the rollout's question."""
    total, rates = seen.total, _rates(seen.total)
    if seen.against >= seen.design.bar:
        odds = f"{exp(seen.against):,.0f}" if seen.against < log(TOLD) else f"over {TOLD:,}"
        return Verdict(
            Health.UNHEALTHY, f"the canary fails more often than its control group: {rates} ({odds} to 1)", 0
        )
    if not total.n:
        return Verdict(Health.INCONCLUSIVE, "no request reached the canary: that is no evidence")
    if seen.harmless >= seen.design.bar and seen.against < 0:
        return Verdict(Health.HEALTHY, f"the canary is no worse than its control group: {rates}", 0)
    needed = _needed(seen)
    more = (
        f"about {needed:,} more canary requests" if needed else "a control group with traffic, or an allowed error rate"
    )
    return Verdict(Health.INCONCLUSIVE, f"{rates} settles nothing yet: it takes {more}", needed)


def log_ratio(seen: Counts, rho: float, null: float) -> float:
    """ln of the likelihood ratio of `rho` against `null`, given how many errors there were in all."""
    if not seen.n or not seen.m:
        return 0.0
    under, over = _share(seen, null), _share(seen, rho)
    return seen.x * log(over / under) + seen.z * (log1p(-over) - log1p(-under))


def errors_needed(
    share: float, rho: float, *, alpha: float = 0.01, rho0: float = 1.0, weight: float = 1 / len(RHOS)
) -> float:
    """How many errors in all settle that a canary with this `share` of traffic is `rho` times worse; by the drift of the log.

    Divided by the error rate it is the number of requests: known before the rollout starts.
    """
    drift = divergence(rho * share / (rho * share + 1 - share), rho0 * share / (rho0 * share + 1 - share))
    return (-log(alpha) - log(weight)) / drift if drift > 0 else inf


def divergence(p: float, q: float) -> float:
    """Kullback and Leibler's divergence of two coins, in nats."""
    return sum(a * log(a / b) for a, b in ((p, q), (1 - p, 1 - q)) if a > 0 and b > 0)


def joined(logs: Sequence[float]) -> float:
    """ln of the sum of what these are the logarithms of."""
    top = max(logs)
    return top if top == -inf else top + log(sum(exp(one - top) for one in logs))


def mean(logs: Sequence[float]) -> float:
    """ln of the mean; alternatives outside the design (-inf) do not count."""
    return blend(logs, (1.0,) * len(logs))


def blend(logs: Sequence[float], weights: Sequence[float]) -> float:
    """ln of the weighted mean, the weights scaled to 1 over those that are at all possible."""
    live = [(one, weight) for one, weight in zip(logs, weights, strict=True) if one > -inf]
    if not live:
        return -inf
    return joined([one + log(weight) for one, weight in live]) - log(sum(weight for _, weight in live))


def _share(seen: Counts, rho: float) -> float:
    return rho * seen.n / (rho * seen.n + seen.m)


def _below(seen: Counts, part: float, allowed: float | None) -> float:
    """ln of the likelihood ratio of a `part` of the allowed error rate against the whole of it."""
    if allowed is None:
        return 0.0
    return seen.x * log(part) + (seen.n - seen.x) * (log1p(-part * allowed) - log1p(-allowed))


def _needed(seen: Evidence) -> int | None:
    """Canary requests until a healthy canary has shown it, at the error rate seen so far."""
    total, design = seen.total, seen.design
    share, rate = total.n / (total.n + total.m), (total.x + total.z + 0.5) / (total.n + total.m + 1)
    ways = [(seen.reverse, rate / share * divergence(share, WORSE * share / (WORSE * share + 1 - share)))]
    if design.allowed is not None and rate < design.allowed:
        ways.append((seen.below, divergence(rate, design.allowed)))
    counts = [(design.bar + log(len(logs) * len(ways)) - max(logs)) / gain for logs, gain in ways if gain > TINY]
    return max(1, ceil(min(counts))) if counts else None


def _rates(total: Counts) -> str:
    return f"{total.x:,} of {total.n:,} requests failed on the canary, {total.z:,} of {total.m:,} on the control group"
