"""Why: a chain of facts and rules behind an id, each with its source, and what would change the answer."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Link:
    """One fact or rule: what it is, its value in words, and who says so."""

    what: str
    value: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """Links that answer one question."""

    title: str
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Chain:
    """The whole chain behind `id`. `changes` are sentences, each with the value that would follow."""

    id: str
    headline: str
    parts: tuple[Part, ...]
    changes: tuple[str, ...] = ()
