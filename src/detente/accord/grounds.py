"""What a rule rests on: the facts somebody stated, and those that nobody did and that were taken at their worse value."""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TypeVar

Value = TypeVar("Value")


@dataclass(slots=True)
class Grounds:
    """Collects both while one rule is applied."""

    evidence: list[str] = field(default_factory=list)
    assumed: list[str] = field(default_factory=list)

    def take(self, fact: str, value: Value | None, worse: Value) -> Value:
        """The stated `value`, else the `worse` one, marked as assumed."""
        if value is None:
            self.assumed.append(f"{fact}: {_word(worse)}")
            return worse
        self.evidence.append(f"{fact}: {_word(value)}")
        return value


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.name.lower() if isinstance(value, IntEnum) else str(value)
