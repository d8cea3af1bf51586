"""What the sample knows of real CVEs: which package or product they sit in, and how bad they are.

The tables and their sources are in `data/SOURCES.md`; titles are made here from the CVSS vector.
"""

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from detente.model.finding import Severity
from detente.queue.fields import rated
from detente.queue.purl import purl

ECOSYSTEMS = {
    "debian": "debian",
    "alpine": "alpine",
    "rhel": "redhat",
    "node": "npm",
    "java": "maven",
    "dotnet": "nuget",
    "python": "pypi",
    "go": "golang",
}
"""The stacks of `packages.csv` and the ecosystem each draws its packages from."""

_REACH = {"N": "Remote", "A": "Nearby", "L": "Local", "P": "Physical"}
_HIGH = ("H", "C")  # CVSS 3 says high, CVSS 2 complete


@dataclass(frozen=True, slots=True)
class Weakness:
    """One CVE in one package of a stack, or in one product of a platform (then without `fixed`)."""

    cve: str
    place: str
    product: str
    version: str
    fixed: str
    ghsa: str
    score: float | None
    vector: str
    exploited: bool

    @property
    def title(self) -> str:
        """In our own words: `Remote takeover in log4j-core`."""
        return f"{phrase(self.vector)} in {self.product.rpartition(':')[2]}"

    @property
    def severity(self) -> Severity:
        """The band of the score."""
        return rated(self.score)

    @property
    def ecosystem(self) -> str:
        """Where the package comes from."""
        return ECOSYSTEMS[self.place]

    @property
    def purl(self) -> str:
        """The package URL with the installed version."""
        return f"{purl(self.ecosystem, self.product)}@{self.version}"


def phrase(vector: str) -> str:
    """From where, and to what end, as the CVSS vector says; without one nothing is known of either."""
    if not vector:
        return "Weakness"
    metrics = dict(part.split(":") for part in vector.split("/") if ":" in part)
    high = [name for name in "CIA" if metrics.get(name) in _HIGH]
    ends = {("C", "I", "A"): "takeover", ("C",): "disclosure", ("A",): "denial of service", ("I",): "tampering"}
    return f"{_REACH[metrics['AV']]} {ends.get(tuple(high), 'misuse')}"


def text(name: str) -> str:
    """A file of the sample's data."""
    return files(__package__).joinpath("data", name).read_text("utf-8")


def table(name: str) -> Iterator[dict[str, str]]:
    """The rows of a table of the sample's data."""
    return csv.DictReader(text(name).splitlines())


INTELLIGENCE = (
    "epss_scores-2024-03-04.csv",
    "known_exploited_vulnerabilities.json",
    "facts.csv",
    "exploits.csv",
)
"""The files that are feeds in their publishers' formats."""


@cache
def weaknesses() -> Mapping[str, tuple[Weakness, ...]]:
    """All weaknesses by stack or platform, in the order of the tables."""
    listed = json.loads(text("known_exploited_vulnerabilities.json"))["vulnerabilities"]
    exploited = {entry["cveID"] for entry in listed}
    rated_by = {row["cve"]: row for row in table("facts.csv")}
    rows = [{"place": row["stack"], "product": row["package"], **row} for row in table("packages.csv")] + [
        {"place": row["platform"], "version": "", "fixed": "", "ghsa": "", **row} for row in table("products.csv")
    ]
    found: dict[str, list[Weakness]] = {}
    for row in rows:
        known = rated_by[row["cve"]]
        score = float(known["base_score"]) if known["base_score"] else None
        fields = {name: row[name] for name in ("cve", "place", "product", "version", "fixed", "ghsa")}
        weakness = Weakness(**fields, score=score, vector=known["base_vector"], exploited=row["cve"] in exploited)
        found.setdefault(row["place"], []).append(weakness)
    return {place: tuple(every) for place, every in found.items()}
