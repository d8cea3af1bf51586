"""What a scanner said, in one shape for every tool."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import IntEnum, StrEnum


class Severity(IntEnum):
    """The tool's own word; a label for people, never part of an identity and never a price."""

    UNKNOWN = 0
    INFO = 1
    LOW = 2
    MEDIUM = 3
    HIGH = 4
    CRITICAL = 5


class State(StrEnum):
    """What one record says about its finding. Only `open` asks for work."""

    OPEN = "open"
    FIXED = "fixed"
    NOT_AFFECTED = "not_affected"
    FALSE_POSITIVE = "false_positive"
    ACCEPTED = "accepted"
    SUPPRESSED = "suppressed"
    INVESTIGATING = "under_investigation"


class Kind(StrEnum):
    """Where the weakness sits; decides what identifies it and what action closes it."""

    PACKAGE = "package"
    HOST = "host"
    CODE = "code"
    SECRET = "secret"  # noqa: S105 - the name of a kind of finding
    CONFIG = "config"
    WEB = "web"
    LICENCE = "licence"
    STATEMENT = "statement"


class Reach(StrEnum):
    """Whether the tool saw the weak code in use (govulncheck, Snyk, Mend, Semgrep supply chain)."""

    UNKNOWN = ""
    CALLED = "called"
    IMPORTED = "imported"
    REQUIRED = "required"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One record of a report, before it is merged with what is already known.

    `vulnerability` is the tool's own id; `aliases` are ids that mean the same (CVE, GHSA, OSV ecosystem ids), `related` are
    ids that merely speak of it (DSA, RHSA, BDSA, QID). `asset` is `kind:name` (`image:registry/app:1.2`, `host:web-1`,
    `repo:shop/checkout`, `account:123`, `project:app`); empty means the caller must say. `target` is the part of the asset this record's scan covered
    (a manifest, a namespace); `location` a path, URL or resource without line number. `fixed` lists the versions that
    close it, in any order; `released` is the day on which the first of them came out, where the report states that. The day of
    an advisory is none: it may come before the patch or after it.
    """

    kind: Kind
    vulnerability: str
    title: str
    asset: str
    aliases: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    severity: Severity = Severity.UNKNOWN
    severity_derived: bool = False
    score: float | None = None
    vector: str = ""
    cwes: tuple[int, ...] = ()
    component: str = ""
    version: str = ""
    ecosystem: str = ""
    purl: str = ""
    fixed: tuple[str, ...] = ()
    released: date | None = None
    location: str = ""
    line: int | None = None
    fingerprint: str = ""
    state: State = State.OPEN
    author: str = ""
    reason: str = ""
    reach: Reach = Reach.UNKNOWN
    exploited: bool = False
    epss: float | None = None
    target: str = ""
    tool: str = ""
    seen: datetime | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that could not be read: kept whole (secrets excepted) with its reason, so that it can be retried.

    `raw` is a complete small report of the same format holding just this record; `path` says where in a report it stood.
    """

    ordinal: int
    reason: str
    raw: bytes
    path: str = ""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What one report looked at: absence closes findings only here, and only when the scan says it `succeeded`.

    `seen` is when it was looked at, where a scan that found nothing there says so.
    """

    asset: str
    target: str = ""
    succeeded: bool = True
    seen: datetime | None = field(default=None, compare=False)
