"""What an auditor is shown: each open grouping of findings under one regime, traceable to the record."""

from dataclasses import dataclass
from datetime import datetime

from detente.model.clock import Clock
from detente.model.estate import Exposure
from detente.model.fix import Accepted, Fix


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One fix as the grouping of its findings (FedRAMP VER-EVA-GRV), with the regime's clocks.

    `entries` are the ledger numbers of the ingests that showed its findings, of their evaluation where it is complete, of the KEV
    catalogue where it lists one, and of the exception that lets it wait with its signatures; `overdue` is by the clock that asks
    for a fix, `outstayed` the clock by which it counts as accepted without one (FedRAMP VER-TFR-MAV).
    """

    fix: Fix
    clocks: tuple[Clock, ...]
    detected: datetime
    exposure: Exposure | None
    overdue: bool
    accepted: Accepted | None
    outstayed: Clock | None
    entries: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The evidence of one regime at one moment; `head` is the ledger's last number then, `signed` the entries of the accord's signatures."""

    regime: str
    title: str
    version: str
    organisation: str
    accord: str
    at: datetime
    signed: tuple[int, ...]
    head: int
    items: tuple[Item, ...]
