"""A rule that selects findings: `component openssl* and service wiki`, for exceptions in bulk."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import translate

FIELDS = ("vulnerability", "component", "service", "asset", "kind")
SELECTION = (
    f"`FIELD PATTERN [and FIELD PATTERN ...]`, where FIELD is {', '.join(FIELDS)} and PATTERN may hold `*` and `?`, "
    "as in `component openssl* and service wiki`"
)


@dataclass(frozen=True, slots=True)
class Selection:
    """Every field must match its pattern; upper and lower case are one."""

    text: str
    patterns: tuple[tuple[str, re.Pattern[str]], ...]

    def selects(self, subject: Mapping[str, Iterable[str]]) -> bool:
        """Whether each field has a value that fits; a vulnerability goes by any of its names."""
        return all(any(pattern.match(value) for value in subject[name]) for name, pattern in self.patterns)


def selection(phrase: str) -> Selection:
    """Parse a rule. ValueError's message is the grammar."""
    parts = [part.split() for part in re.split(r"\s+and\s+", phrase.strip())]
    if not all(len(part) == 2 and part[0] in FIELDS for part in parts):
        raise ValueError(SELECTION)
    patterns = tuple((name, re.compile(translate(pattern), re.IGNORECASE)) for name, pattern in parts)
    return Selection(" and ".join(" ".join(part) for part in parts), patterns)
