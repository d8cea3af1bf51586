"""What an auditor is shown: each open grouping of findings under one regime, traceable to the record."""

from dataclasses import dataclass
from datetime import date, datetime

from detente.model.clock import Clock
from detente.model.estate import Exposure
from detente.model.finding import State
from detente.model.fix import Accepted, Fix


@dataclass(frozen=True, slots=True)
class Ending:
    """How findings ended: `state` is `fixed` (a complete report does not show them) or what `source` stated, with its `ground`."""

    at: datetime
    state: State
    source: str
    ground: str


@dataclass(frozen=True, slots=True)
class Forecast:
    """What the plan that counts says of a fix: its `day`, and whether that will be `late` (None: no plan speaks of it), in words."""

    late: bool | None
    why: str
    day: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One fix as the grouping of its findings (FedRAMP VER-EVA-GRV), with the regime's clocks.

    `entries` are the ledger numbers of the ingests that showed its findings, of their evaluation where it is complete, of the KEV
    catalogue where it lists one, and of the exception that lets it wait with its signatures; `overdue` is by the clock that asks
    for a fix (of one that has an `ending`: it came too late), `outstayed` the clock by which it counts as accepted without an exception
    (FedRAMP VER-TFR-MAV).
    """

    fix: Fix
    clocks: tuple[Clock, ...]
    detected: datetime
    exposure: Exposure | None
    overdue: bool
    accepted: Accepted | None
    outstayed: Clock | None
    entries: tuple[int, ...]
    forecast: Forecast
    ending: Ending | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The evidence of one regime at one moment: `items` are open, `closed` have ended at `since` or later, the last first.

    `head` is the ledger's last number then, `signed` the entries of the accord's signatures.
    """

    regime: str
    title: str
    version: str
    organisation: str
    accord: str
    at: datetime
    signed: tuple[int, ...]
    head: int
    items: tuple[Item, ...]
    since: datetime
    closed: tuple[Item, ...] = ()
