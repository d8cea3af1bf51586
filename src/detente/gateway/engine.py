"""Where anchors end: all of them in one pass by Hyperscan, or one after the other by `re`, with the same answer.

Hyperscan (Intel, BSD licence) tells every offset at which a pattern may end, for a thousand patterns at once. `re` tells one match
for each beginning. A rule's anchor ends in at most one place for each beginning, so the two sets of ends are one.
"""

import re
import threading
from collections.abc import Sequence
from typing import Any, Protocol

from detente.gateway.rule import Rule

End = tuple[int, int]
"""The index of a rule, and where its anchor ends."""


class Engine(Protocol):
    """What finds anchors."""

    def ends(self, data: bytes) -> list[End]:
        """Every end of every anchor, in any order, each once."""
        ...


class Hyper:
    """Hyperscan: block mode over bytes. Threads share the database and have scratch space of their own."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        import hyperscan

        self._hyperscan: Any = hyperscan
        self._database: Any = hyperscan.Database()
        anchors = [rule.anchor.encode() for rule in rules]
        self._database.compile(expressions=anchors, ids=list(range(len(anchors))), elements=len(anchors), flags=0)
        self._local = threading.local()

    def ends(self, data: bytes) -> list[End]:
        """See Engine."""
        found: list[End] = []
        append = found.append
        self._database.scan(
            data,
            match_event_handler=lambda rule, _start, end, _flags, _context: append((rule, end)),
            scratch=self._scratch(),
        )
        return found

    def _scratch(self) -> Any:
        scratch = getattr(self._local, "scratch", None)
        if scratch is None:
            scratch = self._local.scratch = self._hyperscan.Scratch(self._database)
        return scratch


class Plain:
    """Without Hyperscan: each anchor alone, where one of its words is there."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._parts = [(rule.words, re.compile(b"(?=(%s))" % rule.anchor.encode())) for rule in rules]

    def ends(self, data: bytes) -> list[End]:
        """See Engine."""
        lower = data.lower()
        return [
            end
            for index, (words, anchor) in enumerate(self._parts)
            if not words or any(word in lower for word in words)
            for end in {(index, found.end(1)) for found in anchor.finditer(data)}
        ]


def engine(rules: Sequence[Rule]) -> Engine:
    """Hyperscan where its wheel is installed, else `re`."""
    try:
        return Hyper(rules) if rules else Plain(rules)
    except ImportError:
        return Plain(rules)


class Words:
    """Which of many lists of words have one in a text, whatever its case. An empty list is always there."""

    def __init__(self, lists: Sequence[tuple[bytes, ...]]) -> None:
        self._always = [index for index, words in enumerate(lists) if not words]
        owners: dict[bytes, list[int]] = {}
        for index, words in enumerate(lists):
            for word in words:
                owners.setdefault(word, []).append(index)
        self._owners = tuple(owners.items())

    def present(self, data: bytes) -> list[int]:
        """The lists, by index in order."""
        lower = data.lower()
        found = {index for word, owners in self._owners if word in lower for index in owners}
        return sorted({*self._always, *found})
