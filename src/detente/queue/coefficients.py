"""The ranker's coefficient sets: what was fitted, on which features, on which labels.

A score is the intercept plus the sum of weight times feature; 1/(1+exp(-score)) is the probability that the CVE enters
CISA's catalogue of known exploited vulnerabilities between `features_at` and `labels_to`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

DAYS_MONTH = 30.4375

SOURCES = {
    "edb": "exploitdb",
    "metasploit": "metasploit",
    "nuclei": "nuclei",
    "poc_github": "poc",
    "asg": "kev",
    "le": "",
    "lage": "",
}
"""Feature -> the source that must be fresh for it. Every feature not named here is read from CVE records (`facts`);
EPSS and age are needed by all sets, so their absence cannot choose between sets."""


@dataclass(frozen=True, slots=True)
class Coefficients:
    """One fitted set. `means` are the features of the average CVE at the fit: terms are shown against it."""

    name: str
    features_at: date
    labels_to: date
    positives: int
    population: int
    intercept: float
    weights: Mapping[str, float]
    means: Mapping[str, float]

    @property
    def months(self) -> float:
        """Length of the label window in months of 30.4375 days."""
        return (self.labels_to - self.features_at).days / DAYS_MONTH

    @property
    def version(self) -> str:
        """The name under which prices quote this set."""
        return f"{self.name} {self.features_at}..{self.labels_to}"

    def needs(self) -> frozenset[str]:
        """The sources that must be fresh for this set to speak."""
        return frozenset(SOURCES.get(feature, "facts") for feature in self.weights) - {""}


def choose(sets: Sequence[Coefficients], fresh: Collection[str]) -> Coefficients:
    """The first set (richest first) whose sources are all fresh, else the last one, which needs none."""
    return next((candidate for candidate in sets if candidate.needs() <= set(fresh)), sets[-1])


def shipped(
    name: str, intercept: float, weights: Mapping[str, float], means: Mapping[str, float], at: str = "2024-03-04"
) -> Coefficients:
    """A set fitted on the 236,399 CVEs scored at `at`, with the 78 that were listed until 2025-06-30."""
    named = {feature: means[feature] for feature in weights}
    return Coefficients(name, date.fromisoformat(at), date(2025, 6, 30), 78, 236_399, intercept, weights, named)


MEANS = {
    "le": -5.994885, "base": 6.885223, "automatable": 0.346313, "total": 0.357802, "avN": 0.767969, "prN": 0.715447,
    "uiN": 0.764106, "edb": 0.102115, "metasploit": 0.008888, "nuclei": 0.008807, "poc_github": 0.019378,
    "lage": 3.945977, "asg": -0.466762,
}  # fmt: skip
LEAN = {
    "le": 0.131141, "base": 0.106687, "total": 0.500794, "uiN": 0.820539, "metasploit": 1.187695, "nuclei": 1.412575,
    "poc_github": 2.101599, "lage": -0.499487, "asg": 0.382679,
}  # fmt: skip
LEAN_NO_POC = {
    "le": 0.173255, "base": 0.105052, "total": 0.560357, "uiN": 0.836765, "metasploit": 1.612146, "nuclei": 2.16587,
    "lage": -0.575751, "asg": 0.413297,
}  # fmt: skip
PUBLIC_WEIGHTS = {
    "le": 0.122896, "base": 0.106285, "automatable": 0.091056, "total": 0.518965, "avN": 0.243716, "prN": -0.265618,
    "uiN": 0.745864, "edb": 0.211545, "metasploit": 1.130256, "nuclei": 1.430921, "poc_github": 2.076177,
    "lage": -0.501495, "asg": 0.39799,
}  # fmt: skip

SETS = (
    shipped("lean", -7.534941, LEAN, MEANS),
    shipped("lean_no_poc", -6.887566, LEAN_NO_POC, MEANS),
    shipped("epss_age", -3.111424, {"le": 0.417207, "lage": -0.751679}, MEANS),
)
"""Richest first; the last one speaks when the evidence is missing or stale."""

PUBLIC = shipped("public", -7.587094, PUBLIC_WEIGHTS, MEANS)
"""The thirteen-feature reference that `lean` was measured against (design/004)."""
