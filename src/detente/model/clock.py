"""A compliance clock: which rule started it at which event, when it runs out, and on what facts that rests."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from detente.model.estate import Exposure
from detente.model.finding import Severity


class Start(StrEnum):
    """The four events at which rules start to count."""

    RELEASE = "patch release"
    DETECTION = "detection"
    EVALUATION = "completed evaluation"
    LISTING = "KEV listing"


class Duty(StrEnum):
    """What must be done before the clock runs out. Only `fix` binds the fix."""

    FIX = "fix"
    EVALUATE = "evaluate"
    ACCEPT = "accept"


@dataclass(frozen=True, slots=True)
class Rating:
    """A FedRAMP N-rating (1 minimal .. 5 debilitating for several agencies) and the moment of its evaluation."""

    at: datetime
    n: int


@dataclass(frozen=True, slots=True)
class Assessment:
    """What was known of a service from a moment on: the N-rating of a weakness in it, and from where it can be reached."""

    at: datetime
    rating: int | None
    exposure: Exposure | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What rules ask of one finding. None is "nobody has said", never "no"; moments are aware, days are the publisher's.

    `released` is when the patch came out, `published` when the vulnerability became public, `listed` and `catalogue_due` are
    the KEV catalogue's own days. `ratings` is the history of N-ratings, `scope` what the service declares itself part of.
    """

    detected: datetime
    released: date | None = None
    published: date | None = None
    evaluated: datetime | None = None
    kev: bool = False
    listed: date | None = None
    catalogue_due: date | None = None
    exposure: Exposure | None = None
    automatable: bool | None = None
    total: bool | None = None
    exploitable: bool | None = None
    severity: Severity = Severity.UNKNOWN
    exploitation: str | None = None
    tier: str = ""
    scope: tuple[str, ...] = ()
    ratings: tuple[Rating, ...] = ()


@dataclass(frozen=True, slots=True)
class Mark:
    """A step with a time of its own that comes before the patch."""

    step: str
    due: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """One running clock. `due` None: the rule names no time (the next upgrade, deferred, minimal impact).

    `forensics` lists the marks of the triage that must come before patching. `assumed` names the facts nobody stated, each
    taken at its worse value; `evidence` the stated ones. `warn` is when to speak up before `due`.
    """

    regime: str
    version: str
    rule: str
    starts: datetime
    start_event: Start
    due: datetime | None
    duty: Duty = Duty.FIX
    forensics: tuple[Mark, ...] = ()
    assumed: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    warn: datetime | None = None
