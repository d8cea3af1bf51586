"""The scanner: anchors by the engine, each confirmed by its rule, and of what overlaps the surest kept."""

import re
from collections.abc import Iterable, Sequence
from functools import cached_property
from hashlib import blake2b
from typing import Protocol

from detente.gateway.engine import Engine, engine
from detente.gateway.rule import Rule
from detente.model.verdict import Hit

HELD = 256
"""What a stream may hold back, in bytes; more only while the body of a long hit (a private key) goes on."""

_UNFINISHED = re.compile(
    rb"[0-9A-Z -]{0,45}NIGEB-----|\S{0,%d}(?:[ ]{1,2}(?=\S{0,12}[0-9])[0-9A-Z+()./-]{1,12}){0,8}" % HELD
)
"""Read backwards from the end of a text: its last word, with the groups of figures before it; or the begin of a PEM block."""

_SLACK, _WIDTH = 40, 64
"""Bytes at the end of a body that may be half an end mark, and of the widest anchor of a long rule."""


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
        self._long = [rule for rule in self._rules if rule.body or rule.ahead]
        self._longer = engine(self._long)
        self._held = max((part.held for part in self._parts), default=0)
        self.kinds = frozenset(rule.kind for rule in rules).union(*(part.kinds for part in parts))

    @cached_property
    def longest_match(self) -> int:
        """How many bytes around an anchor a rule reads at most; of a long rule, the anchor."""
        return max((_WIDTH if rule.body else rule.longest for rule in self._rules), default=0)

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

    def pending(self, data: bytes) -> int:
        """Where in `data` a hit may still begin that its end does not show yet: what is before it is decided."""
        word = _UNFINISHED.match(data[-2 * HELD :][::-1])
        found = [len(data) - max(word.end() if word else 0, self._held)]
        found += [
            start for index, end in self._longer.ends(data) if (start := self._open(data, index, end)) is not None
        ]
        return max(0, min(found))

    def _open(self, data: bytes, index: int, end: int) -> int | None:
        """Where the hit of an anchor begins, if more text could still make or change it."""
        rule = self._long[index]
        if rule.body is not None:
            body = rule.body.match(data, end)
            return end - _WIDTH if body and body.end() >= len(data) - _SLACK else None
        if len(data) - end >= rule.ahead or b"\n" in data[end:]:
            return None
        found = rule.find(data, end)
        return end if found is None else found[0] if found[1] == len(data) else None

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
