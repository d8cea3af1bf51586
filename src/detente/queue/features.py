"""The ranker's features, one array each, from facts dated at or before the day of the question.

Definitions: EPSS as log-odds, age in months, the CVSS vector's parts (FIRST, CVSS 2.0, 3.x and 4.0), public exploit
evidence, and the assigner's record (docs/intelligence.md lists them with units and what stands in for a missing value).
"""

import re
from collections.abc import Sequence
from datetime import date
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

EVIDENCE = {"edb": "exploitdb", "metasploit": "metasploit", "nuclei": "nuclei", "poc_github": "poc"}
"""Feature -> the dossier's column with the day on which that source was first known to list the CVE."""

BASE_MISSING = 5.5
EPSS_FLOOR = 1e-5
RECORD_YEARS = 6
RECORD_PRIOR = 200
MEDIAN_EPSS = (
    0.00052, 0.00082, 0.00101, 0.00109, 0.00147, 0.00177, 0.00234, 0.00242, 0.00323, 0.00235, 0.0026, 0.00351, 0.00628,
)  # fmt: skip
"""Median EPSS by full years of age (the last one for everything older), EPSS v2023.03.01 of 2024-03-04."""


def days(column: pa.ChunkedArray) -> Floats:
    """Days since 1970 as floats, NaN where the date is unknown."""
    return floats(pc.cast(pc.cast(column, pa.date32()), pa.int32()))


def floats(column: pa.ChunkedArray) -> Floats:
    """The column as floats, NaN where it is null."""
    return np.asarray(pc.fill_null(pc.cast(column, pa.float64()), float("nan")).to_numpy(), dtype=np.float64)


def age(ids: pa.ChunkedArray, published: pa.ChunkedArray, as_of: date) -> Floats:
    """Years between publication and `as_of`, never negative; without a date 1 July of the id's year stands in."""
    year = pc.struct_field(pc.extract_regex(ids, r"^CVE-(?P<year>\d{4})-"), "year")
    july = pc.cast(
        pc.binary_join_element_wise(pc.fill_null(year, str(as_of.year)), pa.scalar("-07-01"), ""), pa.date32()
    )
    today = float(np.datetime64(as_of).astype(np.int64))
    known = days(published)
    shown = np.where(np.isnan(known), np.minimum(days(july), today), known)
    return np.asarray(np.maximum(today - shown, 0.0) / 365.25)


@lru_cache(1 << 16)
def parts(vector: str) -> tuple[bool, bool, bool, bool, bool]:
    """(AV:N, AC:L, no privileges, no user interaction, total impact) of one CVSS vector of any version."""
    told = dict(re.findall(r"(?:^|/)([A-Za-z]+):([A-Z]+)", vector))
    impacts = ("VC", "VI", "VA") if vector.startswith("CVSS:4") else ("C", "I", "A")
    return (
        told.get("AV") == "N",
        told.get("AC") == "L",
        told.get("PR" if vector.startswith("CVSS:") else "Au") == "N",
        told.get("UI") == "N" or not vector.startswith("CVSS:"),
        all(told.get(impact) in ("H", "C") for impact in impacts),
    )


def exposure(vectors: pa.ChunkedArray) -> dict[str, Flags]:
    """The vector's parts as arrays; each distinct vector is read once."""
    encoded = pc.dictionary_encode(pc.fill_null(vectors, "")).combine_chunks()
    table = np.array([parts(vector) for vector in encoded.dictionary.to_pylist()], dtype=np.bool_).reshape(-1, 5)
    av, ac, pr, ui, total = table[encoded.indices.to_numpy()].T
    return {"avN": av, "acL": ac, "prN": pr, "uiN": ui, "total": total, "automatable": av & ac & pr & ui}


def record(assigner: pa.ChunkedArray, young: Flags, exploited: Flags) -> Floats:
    """How often the assigner's recent CVEs are known exploited, against all: ln of the shrunk ratio, 0 where unknown.

    `young` marks the CVEs that count; k of n become (k + 200 m) / (n + 200) with m the share over all of them.
    """
    mean = exploited[young].mean() if young.any() else 0.0
    encoded = pc.dictionary_encode(assigner).combine_chunks()
    codes = pc.fill_null(encoded.indices, -1).to_numpy()
    if mean == 0.0:
        return np.zeros(len(codes))
    named = young & (codes >= 0)
    seen = np.bincount(codes[named], minlength=len(encoded.dictionary))
    hits = np.bincount(codes[named & exploited], minlength=len(encoded.dictionary))
    ratio = np.log((hits + RECORD_PRIOR * mean) / (seen + RECORD_PRIOR) / mean)
    return np.where(codes >= 0, np.append(np.where(seen > 0, ratio, 0.0), 0.0)[codes], 0.0)


def medians(epss: Floats, years: Floats) -> Sequence[float]:
    """Median EPSS by full years of age, the shipped one where the snapshot has no CVE of that age."""
    oldest = len(MEDIAN_EPSS) - 1
    bucket = np.minimum(years, oldest).astype(np.int64)
    known = ~np.isnan(epss)
    return [
        float(np.median(epss[known & (bucket == year)])) if (known & (bucket == year)).any() else MEDIAN_EPSS[year]
        for year in range(oldest + 1)
    ]


def likely_epss(epss: Floats, years: Floats, by_year: Sequence[float]) -> Floats:
    """EPSS where it is known, else the median of that age: a missing score is not zero."""
    bucket = np.minimum(years, len(by_year) - 1).astype(np.int64)
    return np.where(np.isnan(epss), np.asarray(by_year)[bucket], epss)


def features(dossier: pa.Table, as_of: date, by_year: Sequence[float] | None = None) -> dict[str, Floats]:
    """Every feature of every CVE of the dossier (store.intel.dossier), all as floats.

    `by_year` are the medians that replace a missing EPSS; by default they come from the dossier itself.
    """
    epss, years = floats(dossier["epss"]), age(dossier["cve"], dossier["published"], as_of)
    likely = np.clip(likely_epss(epss, years, by_year or medians(epss, years)), EPSS_FLOOR, 1 - EPSS_FLOOR)
    young = ~np.isnan(epss) & (years < RECORD_YEARS)
    base = floats(dossier["base_score"])
    found: dict[str, NDArray[np.generic]] = {
        "le": np.log(likely / (1 - likely)),
        "lage": np.log1p(12 * years),
        "base": np.where(np.isnan(base), BASE_MISSING, base),
        "asg": record(dossier["assigner"], young, valid(dossier["kev_added"])),
        **exposure(dossier["base_vector"]),
        **{name: valid(dossier[column]) for name, column in EVIDENCE.items()},
    }
    return {name: np.asarray(value, dtype=np.float64) for name, value in found.items()}


def valid(column: pa.ChunkedArray) -> Flags:
    """Where the column is not null."""
    return np.asarray(pc.is_valid(column).to_numpy(), dtype=np.bool_)
