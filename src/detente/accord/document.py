"""The accord itself: one page of money, clocks and conditions that both officers sign."""

from collections import Counter
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import PrivateAttr

from detente.accord import keys
from detente.accord.change import Change, Exceptions, Regime
from detente.accord.marks import Marked, Path, document
from detente.accord.prices import Escalation, Prices
from detente.accord.schema import Day, Fault, Name, Span, Strict, Target, Text, described, key, plain, refuse, validated
from detente.accord.tools import Ai

CODE = "bad-accord"
CURRENCY = "a currency as three capital letters, such as EUR (ISO 4217)"
ZONE = "a time zone such as Europe/Berlin (IANA), or UTC"
METRICS = {
    "availability": "share",
    "open_criticals": "number",
    "expected_loss": "money/month",
    "escalated_age_p90": "duration",
    "tool_request_age_p90": "duration",
    "unsanctioned_share": "share",
}


def _currency(text: str) -> str:
    if not (len(text) == 3 and text.isascii() and text.isalpha() and text.isupper()):
        raise ValueError(CURRENCY)
    return text


def _zone(text: str) -> str:
    try:
        return ZoneInfo(text).key
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(ZONE) from error


def _key(text: str) -> str:
    if not keys.placeholder(text):
        keys.blob(text)
    return text


class Party(Strict):
    """One of the two people whose signatures make the accord."""

    name: Text = key("The person who holds the role.")
    until: Day | None = key("The last day of `key`: what it signs later does not count.", None, shown="none")
    key: Annotated[str, plain(_key, keys.KEY)] = key(f"That person's key: {keys.KEY}.")


class Objective(Strict):
    """One target that both officers are measured on."""

    @property
    def label(self) -> str:
        """Its id: the order of objectives means nothing."""
        return self.id

    id: Name = key("A short name for it.")
    metric: Name = key(f"What is measured: {', '.join(METRICS)}.")
    scope: Name = key("`all`, or a tier.", "all")
    target: Target = key("Where it should be, such as `>= 99.95 %` or `<= 40k EUR/month`.")
    window: Span = key("Over which time it is measured.", "30d")


class Accord(Strict):
    """A valid accord. Whether it is in force is a question of signatures, not of its text."""

    accord: int = key("The number of this version; the next text gets the next number.", ge=1)
    organisation: Text = key("Whose accord this is.")
    currency: Annotated[str, plain(_currency, CURRENCY)] = key("The one currency of every amount in it (ISO 4217).")
    timezone: Annotated[str, plain(_zone, ZONE)] = key("Where days begin and end (IANA).", "UTC")
    parties: Mapping[Name, Party] = key(
        "The two roles and the people who hold them; the accord is in force when both have signed.",
        {},
        shown="none: a draft",
    )
    objectives: tuple[Objective, ...] = key("What both are measured on.", (), shown="none")
    prices: Prices = key("Money for both sides of every decision.", {}, shown="see its keys")
    escalation: Escalation = key("What reaches a squad at all.", {}, shown="see its keys")
    change: Change = key("How things ship.", {}, shown="see its keys")
    exceptions: Exceptions = key("How a fix may wait.", {}, shown="see its keys")
    regimes: tuple[Regime, ...] = key("The compliance clocks that run here.", (), shown="none")
    ai: Ai = key("How the company says yes to AI tools.", {}, shown="see its keys")

    _marked: Marked = PrivateAttr()

    def model_post_init(self, context: Any, /) -> None:
        """Keep the text as written: it is what gets signed."""
        self._marked = context["marked"]

    @property
    def version(self) -> int:
        """The number both sign; every decision names it."""
        return self.accord

    @property
    def source(self) -> bytes:
        """The bytes as written."""
        return self._marked.source

    @property
    def digest(self) -> str:
        """SHA-256 of the bytes as written, in hexadecimal."""
        return sha256(self.source).hexdigest()

    @property
    def name(self) -> str:
        """The file it was read from, for messages."""
        return self._marked.name

    def refuse(self, faults: Iterator[Fault]) -> None:
        """Return when there are none; else InvalidError with the line of each."""
        refuse(self._marked, faults, code=CODE)

    @property
    def tiers(self) -> tuple[str, ...]:
        """The tiers of the estate: the keys of `prices.breach`, in the order written."""
        return tuple(self.prices.breach)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What keeps this accord a draft, or rests on our priors, in words for people."""
        found = [
            f"parties.{role}.key is still a placeholder: put the public key of {party.name} there before signing"
            for role, party in self.parties.items()
            if keys.placeholder(party.key)
        ]
        if not self.parties:
            found.append("parties names nobody: the accord stays a draft")
        found.extend(
            f"prices.{name} is not stated: a prior stands in for your own figure"
            for name in ("breach", "outage_minute", "engineer_hour")
            if name not in self.prices.model_fields_set
        )
        return tuple(found)


def load(text: str | bytes, name: str) -> Accord:
    """Read an accord from its text; `name` is the file for messages.

    Errors: InvalidError (a DetenteError) that lists every mistake with line, column, key, what was found and what is allowed.
    """
    marked = document(text, name)
    written = marked.value.get("currency") if isinstance(marked.value, dict) else None
    currency = written if isinstance(written, str) else ""
    accord = validated(Accord, marked, code=CODE, context={"currency": currency, "marked": marked})
    refuse(marked, _faults(accord), code=CODE)
    return accord


def _faults(accord: Accord) -> Iterator[Fault]:
    """What no key can know alone."""
    yield from _roles(accord)
    yield from _objectives(accord)
    yield from _tiers(accord)
    yield from _data(accord)
    yield from _regimes(accord)


def _roles(accord: Accord) -> Iterator[Fault]:
    if len(accord.parties) not in (0, 2):
        yield ("parties",), f"the roles {', '.join(accord.parties)}", "exactly two roles, or none in a draft"
    for path, roles in (
        (("change", "override"), accord.change.override),
        (("exceptions", "sign"), accord.exceptions.sign),
    ):
        strange = [role for role in roles if role not in accord.parties]
        if roles and (strange or len(set(roles)) < 2):
            yield path, ", ".join(roles), f"two roles of parties ({', '.join(accord.parties) or 'none named yet'})"


def _objectives(accord: Accord) -> Iterator[Fault]:
    seen: Counter[str] = Counter()
    for index, objective in enumerate(accord.objectives):
        path: Path = ("objectives", index)
        seen[objective.id] += 1
        if seen[objective.id] > 1:
            yield (*path, "id"), described(objective.id), "each id once"
        if objective.metric not in METRICS:
            yield (*path, "metric"), described(objective.metric), ", ".join(METRICS)
        elif objective.target.kind != METRICS[objective.metric]:
            yield (
                (*path, "target"),
                f"a {objective.target.kind}",
                f"a {METRICS[objective.metric]} for {objective.metric}",
            )
        if objective.scope not in ("all", *accord.tiers):
            yield (*path, "scope"), described(objective.scope), f"all, {', '.join(accord.tiers)}"


def _tiers(accord: Accord) -> Iterator[Fault]:
    tiers = set(accord.tiers)
    if strange := tiers ^ set(accord.prices.outage_minute):
        yield ("prices", "outage_minute"), f"a difference in {', '.join(sorted(strange))}", "the tiers of prices.breach"
    if accord.prices.cap.amount <= 0:
        yield ("prices", "cap"), str(accord.prices.cap), "an amount above zero"
    for index, freeze in enumerate(accord.change.freeze):
        if strange := set(freeze.tiers) - tiers:
            yield ("change", "freeze", index, "tiers"), ", ".join(sorted(strange)), f"one of {', '.join(accord.tiers)}"
    for index, rule in enumerate(accord.escalation.always):
        if places := rule.tiers - tiers:
            found = f"the place {', '.join(sorted(places))}"
            yield ("escalation", "always", index), found, f"exposed, an exposure, or {', '.join(accord.tiers)}"


def _data(accord: Accord) -> Iterator[Fault]:
    for name in accord.ai.yes_when:
        if name not in accord.ai.data and "yes_when" in accord.ai.model_fields_set:
            yield ("ai", "yes_when", name), described(name), f"a class of ai.data: {', '.join(accord.ai.data)}"


def _regimes(accord: Accord) -> Iterator[Fault]:
    names = [regime.name for regime in accord.regimes]
    for index, name in enumerate(names):
        if name in names[:index]:
            yield ("regimes", index), f"{name} again", "each regime once"
    for index, regime in enumerate(accord.regimes):
        if regime.fedramp and (strange := set(regime.fedramp.ratings) - set(accord.tiers)):
            path: Path = ("regimes", index, regime.name, "ratings")
            yield path, ", ".join(sorted(strange)), f"one of {', '.join(accord.tiers)}"
