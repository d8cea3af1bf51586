"""The scanner: anchors by the engine, each confirmed by its rule, and of what overlaps the surest kept."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from hashlib import blake2b
from typing import Protocol

from detente.gateway.engine import Engine, engine
from detente.gateway.rule import Rule
from detente.model.verdict import Hit

HELD = 256
"""What a stream may hold back, in bytes. A rule that reads further is a long one: see Scanner.pending."""


class Part(Protocol):
    """A scanner beside the rules: packs of other people, own code. Reads the whole text."""

    kinds: frozenset[str]
    version: str

    def scan(self, data: bytes) -> list[Hit]:
        """The hits in `data`."""
        ...


class Scanner:
    """Finds what the rules describe. Thread safe and reentrant: a scan leaves nothing behind."""

    def __init__(self, rules: Sequence[Rule], parts: Sequence[Part] = (), by: Engine | None = None) -> None:
        self._rules = tuple(rules)
        self._parts = tuple(parts)
        self._engine = by or engine(self._rules)
        self.kinds = frozenset(rule.kind for rule in rules).union(*(part.kinds for part in parts))

    @cached_property
    def longest_match(self) -> int:
        """How many bytes around an anchor a rule reads at most."""
        return max((rule.longest for rule in self._rules), default=0)

    @cached_property
    def version(self) -> str:
        """A digest of all rules: what was scanned under another version is scanned again."""
        about = [f"{rule.kind}|{rule.name}|{rule.anchor}|{rule.form}|{rule.longest}" for rule in self._rules]
        about += [part.version for part in self._parts]
        return blake2b("\n".join(about).encode(), digest_size=8).hexdigest()

    def scan(self, data: bytes) -> list[Hit]:
        """The hits in UTF-8 `data` by byte offset, in order; those of one kind do not overlap."""
        found = [hit for hit in (self._confirmed(data, rule, end) for rule, end in self._engine.ends(data)) if hit]
        for part in self._parts:
            found += part.scan(data)
        return settled(found) if found else found

    def _confirmed(self, data: bytes, index: int, end: int) -> Hit | None:
        rule = self._rules[index]
        found = rule.find(data, end)
        return Hit(rule.kind, rule.name, *found) if found else None


def settled(hits: Iterable[Hit]) -> list[Hit]:
    """Of hits of one kind that overlap, the surest; of equally sure ones the longest, then the first, then by name."""
    kept: list[Hit] = []
    for hit in sorted(set(hits), key=lambda one: (-one.confidence, one.start - one.end, one.start, one.rule)):
        if not any(one.kind == hit.kind and one.start < hit.end and hit.start < one.end for one in kept):
            kept.append(hit)
    return sorted(kept, key=lambda one: (one.start, one.end, one.kind, one.rule))
