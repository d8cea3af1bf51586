"""The scanner: anchors by the engine, each confirmed by its rule, and of what overlaps the surest kept."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import cached_property
from hashlib import blake2b
from typing import Protocol

from detente.gateway.engine import End, Engine, engine
from detente.gateway.rule import Rule
from detente.model.verdict import Hit

HELD = 256
"""What a stream may hold back, in bytes; more only while a long hit that has begun (a private key, a token) goes on."""

_UNFINISHED = re.compile(
    rb"\S{0,%d}(?:[ ]{1,2}(?=\S{0,12}[0-9])[0-9A-Z+()./-]{1,12}){0,8}(?:[ ][A-Z]{2}(?![0-9A-Z]))?" % HELD
)
"""Read backwards from the end of a text: its last word, with the groups of figures before it."""


class Part(Protocol):
    """A scanner beside the rules: packs of other people, own code. Reads the whole text."""

    kinds: frozenset[str]
    version: str
    held: int
    """Bytes at the end of a streamed text in which a hit may be half there; 0: a hit is told when it is, and holds nothing up."""

    def scan(self, data: bytes) -> list[Hit]:
        """The hits in `data`."""
        ...


class Scanner:
    """Finds what the rules describe. Thread safe and reentrant: a scan leaves nothing behind."""

    def __init__(self, rules: Sequence[Rule], parts: Sequence[Part] = (), by: Engine | None = None) -> None:
        self._rules = tuple(rules)
        self._parts = tuple(parts)
        self._engine = by or engine(self._rules)
        self._still = [re.compile(rule.still.encode()) for rule in rules]
        openings = sorted({rule.opening for rule in rules if rule.opening})
        self._opening = re.compile(f"(?:{'|'.join(openings)})\\Z".encode()) if openings else None
        self._held = max((part.held for part in self._parts), default=0)
        self.kinds = frozenset(rule.kind for rule in rules).union(*(part.kinds for part in parts))

    @cached_property
    def longest_match(self) -> int:
        """How far before what is pending a text must be seen again, in bytes: what rules read there, and hits that end there."""
        return max((rule.before for rule in self._rules), default=0) + HELD

    @cached_property
    def version(self) -> str:
        """A digest of all rules: what was scanned under another version is scanned again."""
        about = [f"{rule.kind}|{rule.name}|{rule.anchor}|{rule.form}|{rule.still}" for rule in self._rules]
        about += [part.version for part in self._parts]
        return blake2b("\n".join(about).encode(), digest_size=8).hexdigest()

    def scan(self, data: bytes) -> list[Hit]:
        """The hits in UTF-8 `data` by byte offset, in order; those of one kind do not overlap."""
        found = self._found(data, self._engine.ends(data))
        for part in self._parts:
            found += part.scan(data)
        return settled(found) if found else found

    def pending(self, data: bytes) -> int:
        """Where in `data` a hit may still begin, change or fail once more follows: those before it are final, whatever comes."""
        found, rules, size = self._engine.ends(data), self._rules, len(data)
        going = [end - rules[index].back for index, end in found if self._still[index].fullmatch(data, end)]
        first = max(0, min([self._begun(data), size - self._held, *going]))
        if first < size and found:
            for hit in sorted(self._found(data, found), key=lambda one: -one.end):
                first = min(first, hit.start) if hit.end > first else first
        return first

    def _begun(self, data: bytes) -> int:
        """Where an anchor that is not complete may begin."""
        word = _UNFINISHED.match(data[-2 * HELD :][::-1])
        start = len(data) - (word.end() if word else 0)
        opening = self._opening.search(data, max(0, len(data) - HELD)) if self._opening else None
        return min(start, opening.start()) if opening else start

    def _found(self, data: bytes, ends: list[End]) -> list[Hit]:
        return [hit for hit in (self._confirmed(data, rule, end) for rule, end in ends) if hit]

    def _confirmed(self, data: bytes, index: int, end: int) -> Hit | None:
        rule = self._rules[index]
        found = rule.find(data, end)
        return Hit(rule.kind, rule.name, *found) if found else None


def settled(hits: Iterable[Hit]) -> list[Hit]:
    """Of hits of one kind that overlap, the surest; of equally sure ones the longest, then the first, then by name."""
    kept: list[Hit] = []
    taken: dict[str, list[tuple[int, int]]] = {}
    for hit in sorted(set(hits), key=lambda one: (-one.confidence, one.start - one.end, one.start, one.rule)):
        spans = taken.setdefault(hit.kind, [])
        at = bisect_left(spans, (hit.start, hit.end))
        if not any(start < hit.end and hit.start < end for start, end in spans[max(0, at - 1) : at + 1]):
            spans.insert(at, (hit.start, hit.end))
            kept.append(hit)
    return sorted(kept, key=lambda one: (one.start, one.end, one.kind, one.rule))
