"""May this change go on now? Every rule speaks for itself; the strictest word wins, and an answer never outlives its facts.

`deny` means that no time is known at which the answer would change by itself; `wait-until` names that time. Rolling back is
always allowed. An override by both roles turns a no into a yes with conditions, and is named in the answer.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from detente.accord.change import Consequences
from detente.model.change import Answer, Purpose, Reason, Word
from detente.model.count import counted
from detente.model.money import Money
from detente.plan.budget import Budget, Joint, Level, joint

LASTS = timedelta(minutes=15)
STRICT = (Word.ALLOW, Word.CONDITIONS, Word.WAIT, Word.DENY)
NEVER = "freezes and windows leave it no moment within a year: shorten a freeze, widen a window, or let both override"
CAREFUL = "one fix at a time, through canary and soak"


@dataclass(frozen=True, slots=True)
class Closure:
    """A freeze, or the time outside a service's windows: which rule closes it, why, and when nothing closes the service any more.

    `until` None: freezes and windows together leave it no moment within sight.
    """

    rule: str
    fact: str
    source: str
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What a pipeline asks: this change on this service; `fresh` for resources that do not run yet; `back` for a rollback."""

    service: str
    change: str = ""
    purpose: Purpose = Purpose.FEATURE
    fresh: bool = False
    back: bool = False


@dataclass(frozen=True, slots=True)
class Busy:
    """Another rollout on the same service, and when it ends at the earliest."""

    rollout: str
    change: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Worth:
    """What a fix saves in a month of not being breached, and what its expected outage costs; `rate` is the accord's exchange rate."""

    saves: Money
    costs: Money
    rate: float

    @property
    def pays(self) -> bool:
        """Whether it saves more than it risks, at the exchange rate both signed."""
        return float(self.saves.amount) * self.rate > float(self.costs.amount)


@dataclass(frozen=True, slots=True)
class Before:
    """A fix that the plan ships first, on `day`; this one may follow from `until` on."""

    fix: str
    day: date
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What the plan says of a change today: its day (None: none within the horizon), and what it ships first that is still open."""

    plan: str
    day: date | None
    today: date
    before: tuple[Before, ...] = ()
    risk_minutes: float


@dataclass(frozen=True, slots=True)
class Pass:
    """An override that holds: its id, the people who signed it, why, and until when."""

    id: str
    people: tuple[str, ...]
    reason: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything the rules look at, gathered at one moment."""

    consequences: Consequences
    halts: tuple[Reason, ...] = ()
    closures: tuple[Closure, ...] = ()
    edge: datetime | None = None
    up: Budget | None = None
    risk: tuple[Budget, ...] = ()
    busy: tuple[Busy, ...] = ()
    worth: Worth | None = None
    exploited: int = 0
    fedramp: bool = False
    controls: tuple[str, ...] = ()
    passes: tuple[Pass, ...] = ()
    health: Reason | None = None
    planned: Planned | None = None


@dataclass(frozen=True, slots=True)
class Voice:
    """What one rule says."""

    word: Word
    reason: Reason
    condition: str = ""
    until: datetime | None = None


def answer(ask: Ask, facts: Facts, now: datetime) -> Answer:
    """The gate's answer at this moment; see the module."""
    if ask.back:
        told = Reason("rollback", "rolling back is always allowed", "the gate")
        return Answer(word=Word.ALLOW, reasons=(told,), conditions=(), until=None, expires=now + LASTS)
    voices = [voice for rule in RULES for voice in rule(ask, facts)]
    word = max((voice.word for voice in voices), key=STRICT.index, default=Word.ALLOW)
    until = max((one.until for one in voices if one.until), default=None) if word is Word.WAIT else None
    if word in (Word.WAIT, Word.DENY) and facts.passes:
        word, until = Word.CONDITIONS, None
        voices += [_passed(one) for one in facts.passes]
    return Answer(
        word=word,
        reasons=tuple(voice.reason for voice in voices),
        conditions=tuple(dict.fromkeys(voice.condition for voice in voices if voice.condition)),
        until=until,
        expires=_expires(facts, until, now),
    )


def _expires(facts: Facts, until: datetime | None, now: datetime) -> datetime:
    """A quarter of an hour, but never across a window's edge or the end of an override."""
    ends = [now + LASTS, *(each.until for each in facts.passes), *(each.until for each in facts.closures)]
    return min(each for each in (*ends, facts.edge, until) if each is not None and each > now)


def _passed(one: Pass) -> Voice:
    told = Reason("change.override", f"signed by {' and '.join(one.people)}: {one.reason}", f"override {one.id}")
    return Voice(Word.CONDITIONS, told, f"under override {one.id}, until {one.until:%Y-%m-%d %H:%M}Z")


def _halted(ask: Ask, facts: Facts) -> Iterator[Voice]:
    for reason in facts.halts:
        yield Voice(Word.DENY, reason)


def _sick(ask: Ask, facts: Facts) -> Iterator[Voice]:
    if facts.health is not None:
        yield Voice(Word.DENY, facts.health)


def _closed(ask: Ask, facts: Facts) -> Iterator[Voice]:
    for each in facts.closures:
        word = Word.WAIT if each.until else Word.DENY
        yield Voice(
            word, Reason(each.rule, each.fact if each.until else f"{each.fact}; {NEVER}", each.source), until=each.until
        )


def _occupied(ask: Ask, facts: Facts) -> Iterator[Voice]:
    for each in facts.busy:
        fact = f"{each.change} is on its way: two changes at once cannot be told apart by their errors"
        yield Voice(Word.WAIT, Reason("rollout", fact, f"rollout {each.rollout}"), until=each.until)


def _ordered(ask: Ask, facts: Facts) -> Iterator[Voice]:
    """What the plan ships first: until its day this one waits; after it somebody has to see that it is there."""
    plan = facts.planned
    if plan is None:
        return
    for each in plan.before:
        told = Reason("plan", f"{each.fix} ships first, on {each.day}: this one needs it", f"plan {plan.plan}")
        if plan.today <= each.day:
            yield Voice(Word.WAIT, told, until=each.until)
        else:
            missing = f"it was planned for {each.day} and is still open"
            yield Voice(Word.CONDITIONS, told, f"see that {each.fix} is in production: {missing}")


def _scheduled(ask: Ask, facts: Facts) -> Iterator[Voice]:
    """On its day a fix is expected. Earlier it may go, if those agree whose hours and users were planned for that day."""
    plan = facts.planned
    if plan is None:
        return
    source = f"plan {plan.plan}"
    if plan.day is None:
        fact = "the plan ships it on no day: it costs more than it saves, or finds no room"
        yield Voice(Word.CONDITIONS, Reason("plan", fact, source), "outside the plan: say why it goes now")
    elif plan.day > plan.today:
        told = Reason("plan", f"planned for {plan.day}, in {counted((plan.day - plan.today).days, 'day')}", source)
        yield Voice(Word.CONDITIONS, told, f"outside the plan: wait for {plan.day}, or agree that it goes earlier")
    else:
        when = "today" if plan.day == plan.today else f"{plan.day}, {counted((plan.today - plan.day).days, 'day')} ago"
        yield Voice(Word.ALLOW, Reason("plan", f"planned for {when}", source))


def _unmeasured(ask: Ask, facts: Facts) -> Iterator[Voice]:
    if facts.up is not None and facts.up.level is Level.UNKNOWN:
        told = Reason(facts.up.rule, facts.up.fact, facts.up.source)
        yield Voice(Word.CONDITIONS, told, "measure its uptime: a budget nobody measures protects nobody")


def _budgets(ask: Ask, facts: Facts) -> Iterator[Voice]:
    state, rules = joint(facts.up, facts.risk), facts.consequences
    if state in (Joint.FEATURES_STOP, Joint.BOTH_SIGN) and facts.up and rules.uptime_spent != "no consequence":
        yield from _uptime_spent(ask, facts, facts.up, _reason("change.budgets.uptime_spent", facts.up))
    if state in (Joint.RISK_FIRST, Joint.BOTH_SIGN) and rules.risk_spent != "no consequence":
        for each in (one for one in facts.risk if one.gone):
            word = Word.DENY if ask.purpose is Purpose.FEATURE else Word.ALLOW
            yield Voice(word, _reason("change.budgets.risk_spent", each))
    if state is Joint.BOTH_SIGN and ask.purpose is Purpose.FIX:
        told = Reason("change.budgets", "both budgets are spent", "both")
        yield Voice(Word.CONDITIONS, told, "reviewed today by both sides")


def _uptime_spent(ask: Ask, facts: Facts, up: Budget, reason: Reason) -> Iterator[Voice]:
    if ask.purpose is Purpose.FEATURE:
        yield Voice(Word.DENY, reason)
        return
    yield Voice(Word.CONDITIONS, reason, CAREFUL)
    if facts.consequences.uptime_spent.startswith("fixes only, and only"):
        yield _weighed(reason.rule, facts.worth)


def _weighed(rule: str, worth: Worth | None) -> Voice:
    if worth is None:
        fact = "nobody said which fix it is, so it cannot be weighed: name it with --change"
        return Voice(Word.DENY, Reason(rule, fact, "the question"))
    fact = f"it saves {worth.saves} a month and risks {worth.costs} of outage, at an exchange rate of {worth.rate:g}"
    return Voice(Word.ALLOW if worth.pays else Word.DENY, Reason(rule, fact, "the queue"))


def _exploited(ask: Ask, facts: Facts) -> Iterator[Voice]:
    """FedRAMP VDR-CSO-AKE: nothing new goes live with a known exploited vulnerability."""
    if not (ask.fresh and facts.fedramp and facts.exploited):
        return
    told = Reason("VDR-CSO-AKE", f"{facts.exploited} open findings on it are known to be exploited", "the queue")
    if facts.controls:
        yield Voice(Word.CONDITIONS, told, f"mitigation on file: {', '.join(facts.controls)}")
    else:
        yield Voice(Word.DENY, told)


def _reason(rule: str, each: Budget) -> Reason:
    return Reason(rule, each.fact, f"{each.rule}, {each.source}")


RULES: tuple[Callable[[Ask, Facts], Iterator[Voice]], ...] = (
    _halted,
    _sick,
    _closed,
    _occupied,
    _ordered,
    _budgets,
    _unmeasured,
    _exploited,
    _scheduled,
)
