"""What became of a finding, told from what every report that looked at its place showed: the fold of findings.sql, step by step."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import groupby
from typing import Any

Row = Mapping[str, Any]


class Turn(StrEnum):
    """How a report changed whether a finding is seen."""

    FIRST = "first seen"
    FIXED = "fixed"
    REOPENED = "reopened"


@dataclass(frozen=True, slots=True)
class Event:
    """A turn, when, by which report (its number) of which tool."""

    turn: Turn
    at: datetime
    report: int
    tool: str


def history(looks: Iterable[Row]) -> Iterator[Event]:
    """The turns in the rows of looks.sql, which come in the order of the reports.

    A scope shows a finding until a complete report of its own does not; the finding is seen while any scope shows it. A
    report turns it once, whatever it says of several scopes.
    """
    showing: set[int] = set()
    turn = Turn.FIRST
    for _, rows in groupby(looks, key=lambda row: row["rank"]):
        told = list(rows)
        before = bool(showing)
        for row in told:
            if row["shown"]:
                showing.add(row["scope"])
            elif row["complete"]:
                showing.discard(row["scope"])
        if bool(showing) != before:
            turned = turn if showing else Turn.FIXED
            turn = Turn.REOPENED
            yield Event(turned, told[0]["at"], told[0]["report"], told[0]["tool"])
