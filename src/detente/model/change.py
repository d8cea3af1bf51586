"""A change on its way to production: its stages, what was seen of its health, the verdicts, and the gate's answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Stage(StrEnum):
    """Where a change runs, in the order it passes them."""

    TEST = "test"
    STAGING = "staging"
    CANARY = "canary"
    PRODUCTION = "production"


class Purpose(StrEnum):
    """What a change is for: the gate treats them differently when a budget is spent."""

    FEATURE = "feature"
    FIX = "fix"


class Health(StrEnum):
    """What the evidence says; `inconclusive` is an answer, and it promotes nothing."""

    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One fix or release. `kind` says what is changed (`os-minor`, `library-patch`, ...): outcomes are counted by it."""

    id: str
    service: str
    kind: str = "other"
    purpose: Purpose = Purpose.FIX
    express: bool = False


@dataclass(frozen=True, slots=True)
class Counts:
    """Requests and failed requests of one look, on the canary (n, x) and on the control group (m, z)."""

    n: int
    x: int
    m: int
    z: int

    def __post_init__(self) -> None:
        if not (0 <= self.x <= self.n and 0 <= self.z <= self.m):
            raise ValueError(f"{self.x} of {self.n} and {self.z} of {self.m} are no errors out of requests")

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.n + other.n, self.x + other.x, self.m + other.m, self.z + other.z)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a stage's evidence says and why; `needed` more canary requests would settle it, None when no number can."""

    health: Health
    why: str
    needed: int | None = None


class Step(StrEnum):
    """What happens to a rollout. Its state is the fold of these, and of nothing else."""

    STARTED = "started"
    OBSERVED = "observed"
    MISSED = "missed"
    HELD = "held"
    RESUMED = "resumed"
    RESTARTED = "restarted"
    PROMOTED = "promoted"
    ROLLED_BACK = "rolled back"
    ABORTED = "aborted"
    ATTEMPTED = "attempted"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to a rollout; `facts` are its JSON values."""

    at: datetime
    step: Step
    facts: Mapping[str, Any] = field(default_factory=dict)


class Word(StrEnum):
    """The gate's four answers."""

    ALLOW = "allow"
    CONDITIONS = "allow-with-conditions"
    WAIT = "wait-until"
    DENY = "deny"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why the gate says so: the rule by its name in the accord, the fact that met it, and where the fact is from."""

    rule: str
    fact: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the gate says now. It holds until `expires`, never across the edge of a window; `until` is when to ask again."""

    word: Word
    reasons: tuple[Reason, ...]
    conditions: tuple[str, ...]
    until: datetime | None
    expires: datetime

    @property
    def open(self) -> bool:
        """Whether the change may go on now."""
        return self.word in (Word.ALLOW, Word.CONDITIONS)
