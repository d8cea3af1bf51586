"""What the planner is asked and what it answers. Days are whole days from `day0`, money is one currency, minutes are users'."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """A pipeline in days: `lead` in test and staging, then a canary at least `canary` days before production.

    The canary begins on the last day from which all its days are without freeze, at most `lookback` days before production; 0 days of
    canary is the same day.
    """

    lead: int
    canary: int
    lookback: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How work falls into days. `prep_share` of the effort is spent when the pipeline starts, the rest on the production day.

    `gap_days`: how much later a successor on another service ships. `week_begun`: how many days of the first week are over on day 0.
    `lanes` by name; every job names one.
    """

    prep_share: float
    gap_days: int
    week_days: int
    month_days: int
    lanes: Mapping[str, Lane]
    week_begun: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """Prices all jobs share. A patch `age` days old keeps `age_floor + (1 - age_floor) exp(-age / age_tau_days)` of its risk.

    What is not done within the horizon waits `never_days` longer. `exchange`: how much outage money one unit of expected breach
    loss is worth (1 is neutral), so that outage counts 1/exchange.
    """

    labour_hour: float
    age_floor: float
    age_tau_days: float
    never_days: int
    exchange: float = 1.0
    currency: str = "USD"


@dataclass(frozen=True, slots=True, kw_only=True)
class Squad:
    """Who does the work; `hours[w]` is what week w has for fixes, and what one week leaves over the next may use."""

    id: str
    hours: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Where fixes ship. `open` lists the days its own windows allow, `frozen` those on which it may neither get a canary nor ship.

    `budget_minutes` is per month. Every release day costs `release_minutes` of planned outage and `release_hours` of work, however
    many fixes share it.
    """

    id: str
    squad: str
    minute_cost: float
    open: tuple[int, ...]
    release_minutes: float
    release_hours: float
    budget_minutes: tuple[float, ...]
    frozen: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A fix to plan. `breach_day` is the expected loss of one more day open; `risk_minutes` what a fresh patch would cost users.

    `express` is the lane it may take to a day that its own lane cannot reach, and `express_minutes` what it costs users then.
    `due` may be negative (late already) or None (no clock). `earliest` waits for steps before the patch, `pinned` is a day that is
    under way, `override` counts the days from `day0` on which it may ship in a freeze, because both roles signed for that.
    """

    id: str
    service: str
    effort_hours: float
    breach_day: float
    risk_minutes: float
    patch_age_days: int
    due: int | None
    late_day: float
    cvss: float
    lane: str = "normal"
    express: str | None = None
    express_minutes: float = 0.0
    earliest: int = 0
    pinned: int | None = None
    override: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One planning question: `frozen` days of the whole fleet, `releases[t]` it can bear a day, pairs of `precedence`."""

    day0: date
    days: int
    rules: Rules
    costs: Costs
    frozen: frozenset[int]
    releases: tuple[int, ...]
    squads: tuple[Squad, ...]
    services: tuple[Service, ...]
    jobs: tuple[Job, ...]
    precedence: tuple[tuple[str, str], ...] = ()

    def closed(self, service: Service, job: Job) -> frozenset[int]:
        """The days on which freezes keep the job from canary and production, signatures considered."""
        return frozenset(day for day in self.frozen | service.frozen if day >= job.override)


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """What a plan costs over the horizon, in the problem's currency, before any exchange rate.

    `breach` while open, `outage` through breaking changes, `lateness` against clocks, `labour`, `downtime` planned for releases,
    `release_labour` for carrying them out.
    """

    breach: float
    outage: float
    lateness: float
    labour: float
    downtime: float
    release_labour: float
    outage_minutes: float
    done: int
    on_time: int
    releases: int

    @property
    def outage_cost(self) -> float:
        """Everything that users' minutes cost: the CIO's axis of the frontier."""
        return self.outage + self.downtime

    @property
    def total(self) -> float:
        """All money at the neutral rate."""
        return self.breach + self.lateness + self.labour + self.release_labour + self.outage_cost

    def weighed(self, exchange: float) -> float:
        """All money with outage counted at 1/exchange: what the planner minimises."""
        return self.total - self.outage_cost + self.outage_cost / exchange


@dataclass(frozen=True, slots=True)
class Move:
    """A fix that a new plan ships on another day than its parent (None: not within the horizon), and why."""

    job: str
    before: date | None
    after: date | None
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The day of every fix, None for not within the horizon. `parent` names the plan it replaces.

    No plan costs less than `bound`; `gap` is (cost - bound) / cost, both at the problem's exchange rate.
    """

    days: Mapping[str, date | None]
    objective: Objective
    bound: float
    gap: float
    parent: str | None = None
    moves: tuple[Move, ...] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A plan on the frontier: the best found where outage counts 1/`exchange`. `tangent` marks the signed rate."""

    exchange: float
    objective: Objective
    tangent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Frontier:
    """What can be had: plans by falling outage cost, none better than another in both; and CVSS first beside them."""

    points: tuple[Point, ...]
    severity_first: Objective


@dataclass(frozen=True, slots=True)
class Shift:
    """What it costs, at most, to ship a fix on another day; `moved` are the fixes that make room. None: that day has no room."""

    day: date
    cost: float | None
    moved: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Relief:
    """A constraint that keeps a fix from meeting its clock: what to relax by how much, the day that opens, what it costs in all."""

    what: str
    day: date
    cost: float
