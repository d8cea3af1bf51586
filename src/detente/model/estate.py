"""What the company runs and who owns it."""

from dataclasses import dataclass
from enum import StrEnum


class Exposure(StrEnum):
    """From where an attacker can reach an asset."""

    INTERNET = "internet"
    PARTNER = "partner"
    INTERNAL = "internal"
    ISOLATED = "isolated"


@dataclass(frozen=True, slots=True)
class Squad:
    """A team that ships. `capacity_hours_week` is what it can spend on fixes; None is unknown, not zero."""

    id: str
    lead: str = ""
    security_engineer: str = ""
    capacity_hours_week: float | None = None
    channel: str = ""
    tracker: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """A pattern of assets a service runs: `kind` is image, host, repo, account, tag, project, url, cluster or file; `pattern` a shell glob."""

    kind: str
    pattern: str


@dataclass(frozen=True, slots=True)
class Control:
    """A compensating control: `effect` is the share of attacks it stops (0..1) on findings of `kind`s (empty: all)."""

    name: str
    effect: float
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Slo:
    """The uptime a service promises: `target` is a share (0..1), `query` is what `source` is asked to measure it."""

    target: float
    source: str
    query: str


@dataclass(frozen=True, slots=True)
class Service:
    """One thing a squad runs. Its tier sets the loss, its exposure the reach of an attacker."""

    id: str
    squad: str = ""
    tier: str = ""
    exposure: Exposure | None = None
    data: tuple[str, ...] = ()
    scope: tuple[str, ...] = ()
    runs: tuple[Claim, ...] = ()
    controls: tuple[Control, ...] = ()
    depends: tuple[str, ...] = ()
    windows: tuple[str, ...] = ()
    lifecycle: str = ""
    slo: Slo | None = None


@dataclass(frozen=True, slots=True)
class Estate:
    """All squads and services, in the order of the files that named them."""

    squads: tuple[Squad, ...] = ()
    services: tuple[Service, ...] = ()
