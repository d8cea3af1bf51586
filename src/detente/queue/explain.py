"""A score taken apart: named terms with their dates and sources, summing to the score."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pyarrow as pa

from detente.model.intel import Source, Term
from detente.queue.features import BASE_MISSING, EVIDENCE, Floats, parts
from detente.queue.rank import Standing

Row = Mapping[str, Any]
TITLES = {"edb": "Exploit-DB", "metasploit": "Metasploit", "nuclei": "Nuclei", "poc_github": "a public PoC list"}
VECTOR = {
    "avN": (0, "reachable over the network", "not reachable over the network"),
    "prN": (2, "no privileges needed", "privileges needed"),
    "uiN": (3, "no user interaction needed", "user interaction needed"),
    "total": (4, "full impact on confidentiality, integrity and availability", "partial impact"),
}


def explain(
    dossier: pa.Table, found: Mapping[str, Floats], state: Standing, sources: Mapping[str, Source]
) -> Iterator[tuple[Term, ...]]:
    """For each CVE of the dossier its score as a sum of terms against the average CVE, the weightiest first.

    `found` are its features, `sources` the states (epss, kev) whose version and date the terms quote.
    """
    chosen = state.chosen
    average = chosen.intercept + sum(weight * chosen.means[name] for name, weight in chosen.weights.items())
    start = Term("average", f"average CVE ({chosen.version})", float(average))
    points = {name: (weight * (found[name] - chosen.means[name])).tolist() for name, weight in chosen.weights.items()}
    for place, row in enumerate(dossier.to_pylist()):
        terms = [Term(name, phrase(name, row, sources), value[place]) for name, value in points.items()]
        yield start, *sorted(terms, key=lambda term: -abs(term.points))


def phrase(feature: str, row: Row, sources: Mapping[str, Source]) -> str:
    """What one feature says about one CVE."""
    if feature in EVIDENCE:
        seen = row[EVIDENCE[feature]]
        return f"in {TITLES[feature]}, known since {seen}" if seen else f"not in {TITLES[feature]}"
    if feature in VECTOR:
        return part(feature, row["base_vector"])
    return WORDS[feature](row, sources)


def part(feature: str, vector: str | None) -> str:
    """What one part of the CVSS vector says."""
    place, yes, no = VECTOR[feature]
    if not vector:
        return "no CVSS vector"
    return yes if parts(vector)[place] else no


def epss(row: Row, sources: Mapping[str, Source]) -> str:
    """The EPSS score with its model and day, or what replaces it."""
    if row["epss"] is None:
        return "no EPSS, the median of its age"
    source = sources.get("epss")
    return f"EPSS {row['epss']:.4g}" + (f" (model {source.version}, {source.as_of})" if source else "")


def born(row: Row, _: Mapping[str, Source]) -> str:
    """The day of publication."""
    return f"published {row['published']}" if row["published"] else "no publication date, middle of its year"


def severity(row: Row, _: Mapping[str, Source]) -> str:
    """The CVSS base score."""
    return f"no CVSS score, {BASE_MISSING} assumed" if row["base_score"] is None else f"CVSS {row['base_score']:.1f}"


def automatable(row: Row, _: Mapping[str, Source]) -> str:
    """Whether the vector allows unattended attacks."""
    if not row["base_vector"]:
        return "no CVSS vector"
    return "automatable by its vector" if all(parts(row["base_vector"])[:4]) else "not automatable by its vector"


def record(row: Row, sources: Mapping[str, Source]) -> str:
    """Whose record of known exploited CVEs counts."""
    if not row["assigner"]:
        return "assigner unknown"
    version = f" (KEV {sources['kev'].version or sources['kev'].as_of})" if "kev" in sources else ""
    return f"record of {row['assigner']}{version}"


WORDS: Mapping[str, Callable[[Row, Mapping[str, Source]], str]] = {
    "le": epss,
    "lage": born,
    "base": severity,
    "automatable": automatable,
    "asg": record,
}
