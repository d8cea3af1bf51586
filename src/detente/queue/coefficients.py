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
