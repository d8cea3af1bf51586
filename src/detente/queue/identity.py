"""Who a finding is: (asset, component without version or place without line, canonical vulnerability id), and nothing else.

Severity, text, scanner, version and line never enter (law 2 of the design), so a reworded advisory, a second scanner or a
moved line meets the finding that is already there.
"""

import re
from functools import lru_cache
from typing import NamedTuple

import xxhash

from detente.model.finding import Kind, Observation
from detente.queue import purl

_CVE = re.compile(r"^CVE-\d{4}-\d{4,}$")
_GHSA = re.compile(r"^GHSA(-[0-9a-z]{4}){3}$")
_EQUAL = re.compile(r"^(CVE|GHSA|RUSTSEC|GO|PYSEC|OSV|MAL|HSEC|GSD|CURL|PSF|RSEC|BIT|JLSEC)-")
_SPACE = re.compile(r"\s+")


def spelled(vulnerability: str) -> str:
    """One spelling per id: CVE and ecosystem ids in upper case, GHSA with its tail in lower case."""
    text = vulnerability.strip()
    upper = text.upper()
    if upper.startswith("GHSA-"):
        return "GHSA-" + text[5:].lower()
    return upper if _EQUAL.match(upper) else text


@lru_cache(maxsize=8192)
def equals(vulnerability: str, aliases: tuple[str, ...]) -> tuple[str, ...]:
    """The ids that mean the same vulnerability. Distribution and vendor ids are many-to-many and never join groups."""
    ids = dict.fromkeys(spelled(name) for name in (vulnerability, *aliases) if name)
    return tuple(name for name in ids if _EQUAL.match(name)) or tuple(ids)[:1]


@lru_cache(maxsize=8192)
def canonical(ids: tuple[str, ...]) -> str:
    """The name of an alias group: its CVE if it has exactly one, else its first GHSA, else its first id.

    Two CVEs are never one vulnerability: a group that names several keeps the first id given, which is the tool's own.
    """
    cves = sorted({name for name in ids if _CVE.match(name)})
    if len(cves) == 1:
        return cves[0]
    if len(cves) > 1:
        return ids[0] if ids[0] in cves else cves[0]
    ghsas = sorted(name for name in ids if _GHSA.match(name))
    return ghsas[0] if ghsas else min(ids)


def component(observation: Observation) -> str:
    """What on the asset is weak, by kind: the package, the place in the code, the secret, the resource, the endpoint."""
    kind = observation.kind
    if kind in (Kind.PACKAGE, Kind.STATEMENT, Kind.LICENCE):
        return purl.component(observation.purl, observation.ecosystem, observation.component) or observation.location
    if kind is Kind.CODE:
        return f"{observation.location}#{observation.fingerprint}" if observation.fingerprint else observation.location
    if kind is Kind.SECRET:
        return f"{observation.location}#{observation.fingerprint}"
    if kind is Kind.HOST and observation.component and not observation.location:
        return observation.component
    return observation.location or observation.component


class Name(NamedTuple):
    """An observation's identity but for its asset, in words. `ids` mean the same vulnerability."""

    component: str
    canonical: str
    ids: tuple[str, ...]


def named(observation: Observation) -> Name:
    """The identity of one observation on its asset."""
    ids = equals(observation.vulnerability, observation.aliases)
    return Name(component(observation), canonical(ids), ids)


def number(*parts: str) -> int:
    """A stable signed 64-bit name of the joined parts: what the set work groups and joins by (signed for Spark's BIGINT)."""
    return xxhash.xxh3_64_intdigest("\x1f".join(parts).encode()) - (1 << 63)


numbered = lru_cache(maxsize=8192)(number)


def snippet(text: str) -> str:
    """A fingerprint of a code snippet that survives moved lines and re-indentation."""
    return xxhash.xxh3_64_hexdigest(_SPACE.sub(" ", text).strip().encode())
