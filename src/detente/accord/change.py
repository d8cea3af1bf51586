"""The keys `change`, `exceptions` and `regimes`: how things ship, what may wait, and whose clocks run."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from detente.accord import phrases
from detente.accord.quantity import Duration
from detente.accord.schema import Day, Name, Part, Span, Strict, Text, key, plain
from detente.model.change import Purpose
from detente.model.estate import Service
from detente.model.finding import Severity

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
FREEZE = (
    "one of `{every: friday}`, `{holidays: DE-BE, days_before: 1}`, `{name: ..., from: 2026-11-23, to: 2026-12-01}` "
    "or `{calendar: file.ics}`"
)
Rated = Annotated[int, Field(ge=1, le=5)]
REGIME = "one regime by its name, alone or with its settings, such as `{pci-dss-4.0.1: {high_within: 90d}}`"


class Pipeline(Strict):
    """How long a change stays in each stage."""

    test: Span = key("Time in the test environment.", "1d")
    staging: Span = key("Time in staging.", "3d")
    canary: Span = key("Time on a part of production.", "1d")


class Express(Strict):
    """`change.express`: the short pipeline for what cannot wait."""

    test: Span = key("Time in the test environment.", "2h")
    staging: Span = key("Time in staging.", "4h")
    canary: Span = key("Time on a part of production.", "2h")
    when: tuple[Annotated[str, plain(phrases.express, phrases.EXPRESS)], ...] = key(
        f"Any one of these opens the express lane: {phrases.EXPRESS}.", ["clock <= 3d"], shown="`clock <= 3d`"
    )


class Freeze(Strict):
    """One reason not to ship: a weekday, public holidays, a dated event or a calendar file; for all, or for what it names."""

    every: Weekday | None = key("A weekday on which nothing ships.", None, shown="none")
    holidays: Name | None = key("Public holidays of a country or region (ISO 3166, such as DE-BE).", None, shown="none")
    days_before: int = key("How many days before each holiday are frozen too.", 0, ge=0, le=30)
    name: Text | None = key("What the dated freeze is for.", None, shown="none")
    start: Day | None = key("First day of a dated freeze.", None, shown="none", alias="from")
    end: Day | None = key("Last day of a dated freeze, included.", None, shown="none", alias="to")
    calendar: Text | None = key("An iCalendar file beside the accord.", None, shown="none")
    services: tuple[Name, ...] = key("It binds these services of the estate.", (), shown="all")
    squads: tuple[Name, ...] = key("It binds the services of these squads.", (), shown="all")
    tiers: tuple[Name, ...] = key("It binds the services of these tiers.", (), shown="all")
    changes: Purpose | None = key("It binds only this kind of change: feature or fix.", None, shown="both")

    @model_validator(mode="after")
    def _one(self) -> Self:
        dated = self.start is not None and self.end is not None
        if self.start and self.end and self.end < self.start:
            raise ValueError("a first day (`from`) that is not after the last (`to`)")
        kinds = (self.every is not None, self.holidays is not None, self.calendar is not None, dated)
        half = (self.start is not None or self.end is not None) and not dated
        if sum(kinds) != 1 or half:
            raise ValueError(FREEZE)
        return self

    @property
    def label(self) -> str:
        """What tells this freeze from the others."""
        return self.name or self.every or self.holidays or self.calendar or str(self.start)

    @property
    def scoped(self) -> bool:
        """Whether it names whom it binds; of several scopes each one binds."""
        return bool(self.services or self.squads or self.tiers)

    def binds(self, service: Service, purpose: Purpose | None = None) -> bool:
        """Whether it holds for a change of this purpose (None: of any) on the service."""
        named = service.id in self.services or service.squad in self.squads or service.tier in self.tiers
        return (named or not self.scoped) and (None in (self.changes, purpose) or self.changes is purpose)


class Rollback(Strict):
    """`change.rollback_when`: the verdict that ends a canary."""

    error_rate: Literal["canary worse than baseline"] = key(
        "What is compared between canary and baseline.", "canary worse than baseline"
    )
    confidence: Part = key("How sure the comparison must be before it rolls back.", "99 %")


class Consequences(Strict):
    """`change.budgets`: what happens when a side has spent its budget."""

    uptime_spent: Literal[
        "fixes only, and only those that save more than they risk at the exchange rate", "fixes only", "no consequence"
    ] = key(
        "When the uptime budget is spent.",
        "fixes only, and only those that save more than they risk at the exchange rate",
    )
    risk_spent: Literal["features wait, fixes first", "no consequence"] = key(
        "When the risk budget is spent.", "features wait, fixes first"
    )


class Change(Strict):
    """`change`: how a fix or a feature reaches production."""

    pipeline: Pipeline = key("The stages every change passes.", {}, shown="see its keys")
    express: Express = key("The stages an urgent fix passes.", {}, shown="see its keys")
    freeze: tuple[Freeze, ...] = key(f"When nothing ships: {FREEZE}.", (), shown="none")
    override: tuple[Name, ...] = key(
        "The roles that together may ship during a freeze.", (), shown="both roles in `parties`"
    )
    rollback_when: Rollback = key("When a rollout goes back by itself.", {}, shown="see its keys")
    budgets: Consequences = key("What a spent budget means.", {}, shown="see its keys")


class Exceptions(Strict):
    """`exceptions`: how a fix may wait longer than its clock."""

    longest: Span = key("No exception lasts longer.", "90d")
    sign: tuple[Name, ...] = key("The roles that together sign an exception.", (), shown="both roles in `parties`")
    void_when: tuple[Annotated[str, plain(phrases.void, phrases.VOID)], ...] = key(
        f"Any one of these ends an exception at once: {phrases.VOID}.",
        ["kev", "p30 >= 0.1", "exposure widened"],
        shown="`kev`, `p30 >= 0.1`, `exposure widened`",
    )


class Directive(Strict):
    """BOD 26-04 has no settings: its table is the rule."""


class FedRamp(Strict):
    """FedRAMP vulnerability detection and response."""

    level: Literal["a", "b", "c", "d"] = key("The certification class.", alias="class")
    unrated: int = key("The N-rating (1 to 5) of what nobody has rated yet.", 5, ge=1, le=5)
    ratings: Mapping[Name, Rated] = key(
        "The N-rating (1 to 5) of weaknesses in services of each tier: what both estimate exploitation would do to agencies.",
        {},
        shown="none: everything is unrated",
    )


class Legacy(Strict):
    """FedRAMP Rev 5 has no settings: 30, 90 and 180 days are the rule."""


class Pci(Strict):
    """PCI DSS 4.0.1, requirement 6.3.3 and the entity's own ranking under 6.3.1."""

    scope: Name = key("The scope of the estate it applies to.", "cardholder")
    high_within: Span = key("What is not critical is fixed within this time.", "90d")
    high: Literal["own time", "one month"] = key("Whether high counts as critical, as in version 4.0.", "own time")


class Cmmc(Strict):
    """CMMC level 2: the company states its own times (SI.L2-3.14.1) and is held to them."""

    critical: Span = key("Critical weaknesses are fixed within this time.", "15d")
    high: Span = key("High weaknesses are fixed within this time.", "30d")
    other: Span = key("All others are fixed within this time.", "90d")


class Deployer(Strict):
    """SSVC's deployer decision; the times are the company's own, as SSVC names none."""

    immediate: Span = key("What is immediate is fixed within this time.", "3d")
    out_of_cycle: Span = key("What is out-of-cycle is fixed within this time.", "14d", alias="out-of-cycle")
    scheduled: Span = key("What is scheduled is fixed within this time.", "60d")


class Sla(Strict):
    """The company's own times by severity."""

    scope: Name | None = key("The scope of the estate it applies to.", None, shown="everywhere")
    starts: Literal["detection", "patch release"] = key("When the time begins.", "detection")
    critical: Span | None = key("Critical weaknesses are fixed within this time.", None, shown="no time")
    high: Span | None = key("High weaknesses are fixed within this time.", None, shown="no time")
    medium: Span | None = key("Medium weaknesses are fixed within this time.", None, shown="no time")
    low: Span | None = key("Low weaknesses are fixed within this time.", None, shown="no time")

    def of(self, severity: Severity) -> Duration | None:
        """The time for a severity; what is for information alone has none."""
        found: Duration | None = getattr(self, severity.name.lower(), None)
        return found


class Regime(Strict):
    """One compliance clock that runs here."""

    bod: Directive | None = key("CISA BOD 26-04: three, fourteen or sixty days.", None, shown="off", alias="bod-26-04")
    fedramp: FedRamp | None = key("FedRAMP, by certification class.", None, shown="off", alias="fedramp-vdr")
    pci: Pci | None = key("PCI DSS on the cardholder scope.", None, shown="off", alias="pci-dss-4.0.1")
    cmmc: Cmmc | None = key("CMMC level 2 with the company's own times.", None, shown="off", alias="cmmc-l2")
    legacy: Legacy | None = key("FedRAMP Rev 5: 30, 90, 180 days.", None, shown="off", alias="fedramp-legacy")
    ssvc: Deployer | None = key("SSVC's urgency with own times.", None, shown="off", alias="ssvc-deployer")
    sla: Sla | None = key("The company's own times by severity.", None, shown="off", alias="own-sla")

    @model_validator(mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        """A bare name is a regime without settings of its own."""
        if isinstance(value, str):
            value = {value: {}}
        if not isinstance(value, Mapping) or len(value) != 1:
            raise ValueError(REGIME)
        return value

    label: ClassVar[str] = ""  # its own key names it already

    @property
    def name(self) -> str:
        """The regime's name as the accord spells it."""
        (field,) = self.model_fields_set
        return str(type(self).model_fields[field].alias)

    @property
    def terms(self) -> Strict:
        """The regime's own settings."""
        (field,) = self.model_fields_set
        found: Strict = getattr(self, field)
        return found
