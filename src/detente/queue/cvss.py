"""CVSS: one spelling per vector, which of several to believe, and the base score of one that comes without.

Scores follow the equations of CVSS 2.0 (section 3.2.1) and 3.0 / 3.1 (sections 7.1 and 7.4) of FIRST, rounded as 3.1 says
(appendix A). Version 4.0 scores by a table of macro vectors; such a vector is kept, its score stays unknown unless the tool
gives it.
"""

import math
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

_PART = re.compile(r"(?<![A-Za-z])([A-Za-z]{1,3}):([A-Za-z]+)")
_THREE = re.compile(r"3\.[01](?=/)")
_V3 = {
    "AV": {"N": 0.85, "A": 0.62, "L": 0.55, "P": 0.2},
    "AC": {"L": 0.77, "H": 0.44},
    "UI": {"N": 0.85, "R": 0.62},
    "C": {"H": 0.56, "L": 0.22, "N": 0.0},
}
_PRIVILEGES = {"U": {"N": 0.85, "L": 0.62, "H": 0.27}, "C": {"N": 0.85, "L": 0.68, "H": 0.5}}
_V2 = {
    "AV": {"L": 0.395, "A": 0.646, "N": 1.0},
    "AC": {"H": 0.35, "M": 0.61, "L": 0.71},
    "Au": {"M": 0.45, "S": 0.56, "N": 0.704},
    "C": {"N": 0.0, "P": 0.275, "C": 0.66},
}


def metrics(vector: str) -> dict[str, str]:
    """The metrics of a vector in any spelling, in order: `{"AV": "N", "AC": "L", ...}`; empty when it is none."""
    parts = {_key(key): _value(value) for key, value in _PART.findall(vector)}
    return parts if {"AV", "AC"} <= parts.keys() else {}


def _key(text: str) -> str:
    return "Au" if text.upper() == "AU" else text.upper()


def _value(text: str) -> str:
    return text.upper() if len(text) <= 3 else text.capitalize()  # words only in version 4 (`U:Amber`)


@lru_cache(maxsize=65536)
def normal(vector: str) -> str:
    """One spelling per vector: `CVSS:3.1/AV:N/...` with its version, bare for version 2, empty for what is no vector.

    Reads `(AV:N/...)`, `CVSS2#AV:N/...`, `8.1 (AV:N/...)`, small letters. A version 3 vector that does not say which is
    taken for 3.1: the base equations are the same.
    """
    parts = metrics(vector)
    body = "/".join(f"{key}:{value}" for key, value in parts.items())
    if not parts or "Au" in parts:
        return body
    told = _THREE.search(vector)
    return f"CVSS:{'4.0' if 'VC' in parts else told[0] if told else '3.1'}/{body}"


def best(found: Iterable[tuple[Any, float | None]]) -> tuple[str, float | None]:
    """The (vector, score) of the newest CVSS version, the first among equals; a missing score is computed.

    What is no text is no vector.
    """
    told = ((vector if isinstance(vector, str) else "", value) for vector, value in found)
    pairs = [(normal(vector), value) for vector, value in told if vector or value is not None]
    if not pairs:
        return "", None
    vector, value = max(pairs, key=lambda pair: _version(pair[0]))
    return vector, value if value is not None else score(vector)


def _version(vector: str) -> str:
    return vector[5:8] if vector.startswith("CVSS:") else "2.0" if vector else ""


@lru_cache(maxsize=65536)
def score(vector: str) -> float | None:
    """The base score (0 to 10) of a version 2, 3.0 or 3.1 vector in any spelling; None for any other text."""
    parts = metrics(vector)
    try:
        return _two(parts) if "Au" in parts else _three(parts)
    except KeyError:
        return None


def _three(parts: dict[str, str]) -> float:
    base = 1 - math.prod(1 - _V3["C"][parts[key]] for key in ("C", "I", "A"))
    changed = parts["S"] == "C"
    impact = 7.52 * (base - 0.029) - 3.25 * (base - 0.02) ** 15 if changed else 6.42 * base
    reach = _V3["AV"][parts["AV"]] * _V3["AC"][parts["AC"]] * _V3["UI"][parts["UI"]]
    total = impact + 8.22 * reach * _PRIVILEGES[parts["S"]][parts["PR"]]
    return 0.0 if impact <= 0 else _up(min(1.08 * total if changed else total, 10.0))


def _up(value: float) -> float:
    """The least number with one decimal that is not less, free of binary noise (CVSS 3.1, appendix A)."""
    return math.ceil(round(value * 100_000) / 10_000) / 10


def _two(parts: dict[str, str]) -> float:
    impact = 10.41 * (1 - math.prod(1 - _V2["C"][parts[key]] for key in ("C", "I", "A")))
    reach = 20 * _V2["AV"][parts["AV"]] * _V2["AC"][parts["AC"]] * _V2["Au"][parts["Au"]]
    return round((0.6 * impact + 0.4 * reach - 1.5) * (1.176 if impact else 0), 1)
