"""What is known about a vulnerability, from whom, and since when."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

ATTRIBUTION = "EPSS by FIRST.org, https://www.first.org/epss"
"""Shown wherever an EPSS score is shown: FIRST asks for it."""

STALE_DAYS = 60
"""A source not refreshed for longer no longer counts as evidence (design/004)."""


class Kind(StrEnum):
    """The table a source fills."""

    EPSS = "epss"
    KEV = "kev"
    FACTS = "facts"
    EVIDENCE = "evidence"
    FAULTS = "faults"


class Hazard(StrEnum):
    """Why a vulnerability has the monthly hazard it has: a class anchored in insurers' figures, or the ranker's probability."""

    EDGE = "edge"
    EXPLOITED = "exploited"
    RANKED = "ranked"


@dataclass(frozen=True, slots=True)
class Source:
    """One state of one public source, as imported.

    `as_of` is the day by which the content was known; `checked_at` the moment its publisher was last asked and had nothing
    newer (for files the start of `as_of`). `digest` names the content, `path` its Parquet file relative to the workspace, `etag` and
    `modified` are the publisher's own marks for the next conditional request.
    """

    name: str
    kind: Kind
    version: str
    as_of: date
    digest: str
    rows: int
    path: str
    checked_at: datetime
    etag: str = ""
    modified: str = ""

    def refreshed(self) -> date:
        """The last day on which this state was known to be current."""
        return max(self.as_of, self.checked_at.date())


@dataclass(frozen=True, slots=True)
class Term:
    """One summand of a score in log-odds, against the average CVE: what it says, by whom and since when."""

    feature: str
    text: str
    points: float

    def __str__(self) -> str:
        """As shown to people: `EPSS 0.0972 (model v2023.03.01, 2024-03-04): +0.41`."""
        return f"{self.text}: {self.points:+.2f}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What the maker of a release knows to break with it.

    `component` is a package URL without a version, a bare name or the number of an article (`KB5034441`); `version` the one release it
    is about, empty for every one. `since` and `resolved` are days, None where not stated or still open; `share` is the part of
    installations that meet it, None where nobody says.
    """

    source: str
    component: str
    version: str = ""
    title: str = ""
    url: str = ""
    since: date | None = None
    resolved: date | None = None
    share: float | None = None
