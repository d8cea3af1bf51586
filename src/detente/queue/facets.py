"""The facets of an observation whose fields belong together: its other names, how bad it is, which package, what was decided.

A parser unpacks them: `Observation(..., **facets.rating(word, *pairs), **facets.package(ecosystem, name, version))`.
"""

from typing import Any, TypedDict

from detente.model.finding import Severity, State
from detente.queue import cvss, purl
from detente.queue.fields import graded, named, text


class Names(TypedDict):
    """What else a vulnerability is called."""

    aliases: tuple[str, ...]
    related: tuple[str, ...]


class Rating(TypedDict):
    """How bad it is, in the tool's word and in CVSS."""

    severity: Severity
    severity_derived: bool
    score: float | None
    vector: str


class Package(TypedDict):
    """Which package it sits in."""

    component: str
    version: str
    ecosystem: str
    purl: str


class Verdict(TypedDict, total=False):
    """What was decided about it in the tool, by whom and why; open where nothing was."""

    state: State
    author: str
    reason: str


def asset(kind: str, name: Any) -> str:
    """`kind:name`; empty where the report gives no name."""
    return f"{kind}:{text(name)}" if text(name) else ""


def names(*values: Any) -> Names:
    """The CVE and GHSA ids that occur in texts or lists of texts."""
    aliases, related = named(*values)
    return {"aliases": aliases, "related": related}


def rating(word: Any, *scores: tuple[Any, float | None]) -> Rating:
    """The tool's own `word`, the newest CVSS of the (vector, score) pairs; without a word, what the score means."""
    vector, score = cvss.best(scores)
    severity, derived = graded(word, score)
    return {"severity": severity, "severity_derived": derived, "score": score, "vector": vector}


def package(ecosystem: str | None, name: str | None, version: str | None = "", url: str | None = "") -> Package:
    """A package by its names; `url` is the package URL that the tool gives, else it is made of the names."""
    kind, own = ecosystem or "", name or ""
    return {"component": own, "version": version or "", "ecosystem": kind, "purl": url or purl.purl(kind, own)}


def addressed(url: str | None, name: str = "", version: str | None = "") -> Package:
    """A package by its package URL; its name and version, where the URL is none or has none."""
    found = purl.parsed(url or "")
    return {
        "component": found.name or name,
        "version": version or found.version,
        "ecosystem": found.ecosystem,
        "purl": url or "" if found.name else "",
    }
