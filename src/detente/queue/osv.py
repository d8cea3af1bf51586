"""Advisories in the OSV schema (version 1, ossf.github.io/osv-schema), which scanners print as they are."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from detente.queue import cvss, facets
from detente.queue.fields import at, number, parts, text


class Advisory(msgspec.Struct):
    """What an advisory says; of its fields those that are read."""

    id: str
    aliases: list[str] | None = None
    summary: str | None = None
    severity: list[dict[str, Any]] | None = None
    affected: list[dict[str, Any]] | None = None
    database_specific: dict[str, Any] | None = None

    def weaknesses(self) -> Iterator[Any]:
        """The CWEs, which each database writes in its own way."""
        for block in (self.database_specific, *(entry.get("database_specific") for entry in self.affected or ())):
            yield at(block, "cwe_ids")
            yield [item.get("cweId") for item in parts(block, "cwes")]


def fixed(affected: Any, name: str) -> Iterator[str]:
    """The versions that close it in a package; the commits of GIT ranges are none."""
    for entry in parts(affected):
        if at(entry, "package", "name") in (name, None):
            spans = (span for span in parts(entry, "ranges") if span.get("type") != "GIT")
            yield from filter(None, (text(event.get("fixed")) for span in spans for event in parts(span, "events")))


def rating(advisories: Iterable[Advisory], score: Any) -> facets.Rating:
    """The database's word, else the vector's or the `score`; Ubuntu's own word stands among the vectors."""
    told = [(text(entry.get("type")), entry.get("score")) for one in advisories for entry in one.severity or ()]
    vector, computed = cvss.best((said, None) for kind, said in told if kind.startswith("CVSS"))
    words = [(one.database_specific or {}).get("severity") for one in advisories]
    words += [said for kind, said in told if not kind.startswith("CVSS")]
    return facets.rating(next(filter(None, words), None), (vector, number(score) if computed is None else computed))
