"""The one action that closes findings on one service, with its price and its reasons."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from detente.model.clock import Clock, Rating


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """An open weakness on an asset, as people see it. `loss_month` is what closing it alone saves, in the accord's currency.

    `released` is the day on which a patch came out, None where no report states it; `kev` whether CISA lists it.
    """

    id: str
    vulnerability: str
    aliases: tuple[str, ...]
    component: str
    name: str
    version: str
    severity: str
    severity_derived: bool
    cvss: float | None
    vector: str
    location: str
    line: int | None
    asset: str
    state: str
    tool: str
    title: str
    first_seen: datetime
    last_seen: datetime
    loss_month: Decimal
    hazard_month: float
    fixed: tuple[str, ...]
    released: date | None = None
    kev: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """`upgrade log4j-core to 2.17.1 on checkout`: one action, n findings, one price, one owner.

    `to_version` is the smallest version that closes all of them, None when the action is no upgrade or nobody published
    one. `urgency` is SSVC's deployer decision, `clock` the binding clock in words, `due` its day where a regime
    runs, `clocks` those of every regime. `ratings` are its N-ratings since all its findings are evaluated, empty before. `reasons` are the sentences that make the price, most important first. `verb` is what is
    done: upgrade, mitigate, rotate, change, replace or configure.
    """

    id: str
    action: str
    service: str
    squad: str
    security_engineer: str
    component: str
    to_version: str | None
    findings: tuple[Finding, ...]
    count: int
    assets: int
    loss_month: Decimal
    currency: str
    position: int
    escalated: bool
    always: bool
    known_exploited: bool
    urgency: str
    clock: str
    due: date | None
    reasons: tuple[str, ...]
    clocks: tuple[Clock, ...] = ()
    ratings: tuple[Rating, ...] = ()
    verb: str = ""


@dataclass(frozen=True, slots=True)
class Total:
    """Expected loss per month of a service (or of all of them), and the yearly breach probability that it implies."""

    name: str
    findings: int
    assets: int
    loss_month: Decimal
    implied_year: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """What an active exception lets wait: its open findings, what they cost per month, and what is left with its safeguard."""

    exception: str
    findings: int
    loss_month: Decimal
    residual_month: Decimal
    until: date
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """The ranked fixes and what they add up to, `at` a moment. `fixes` holds those asked for; the counts speak of all."""

    at: datetime
    fixes: tuple[Fix, ...]
    findings: int
    fix_count: int
    escalated: int
    estate: Total
    services: tuple[Total, ...]
    stated_year: float
    currency: str
    standing: str
    notes: tuple[str, ...]
    accepted: tuple[Accepted, ...] = ()
