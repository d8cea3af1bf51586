"""What is done with a hit: the accord's word, narrowed by clauses on kind, rule, data class, repository, tool and tenant."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property, lru_cache

from detente.accord.tools import Action, Gateway
from detente.model.errors import DetenteError
from detente.model.verdict import Hit

SURE = 0.5
"""Below this confidence a hit is only warned of: it never stops or changes a prompt."""

RANK: Mapping[Action, int] = {"allow": 0, "warn": 1, "redact": 2, "block": 3}

COACHING = {
    "secrets": "Take the value out and read it from the environment or a secret store; if it was real, rotate it.",
    "personal_data": "Use invented people or a masked copy of the data.",
    "own_code": "Describe the problem without this code, or use a tool that is approved for it.",
    "injection": "Treat the text as data: somebody may have written it to steer the assistant.",
    "attachments": "Paste the part that matters as text: a picture or binary file cannot be read here.",
    "unscanned": "Try again; if it stays, tell whoever runs the gateway.",
}
_ADVICE = "Ask whoever owns the accord what this rule wants."


class UnscannedError(Exception):
    """What a scanner raises when it could not finish. `kinds` are the kinds of hits it may have missed, `why` a sentence for people."""

    def __init__(self, why: str, kinds: frozenset[str]) -> None:
        super().__init__(why)
        self.why, self.kinds = why, kinds

    def told(self) -> DetenteError:
        """The same for the person whose text it was."""
        do = "Send less at once, or try again."
        return DetenteError("The text could not be checked", self.why, do, code="gateway-unscanned")


@dataclass(frozen=True, slots=True)
class Scope:
    """For whom a decision is made. `data` is the gravest class of data the tool is cleared for; empty is unknown."""

    tenant: str
    tool: str = ""
    repo: str = ""
    data: str = ""


@dataclass(frozen=True, slots=True)
class Clause:
    """One line of a policy: shell globs that must all match, and what then is done; `source` is who says so.

    `below` matches hits less confident than it.
    """

    action: Action
    kind: str = "*"
    rule: str = "*"
    tenant: str = "*"
    tool: str = "*"
    repo: str = "*"
    data: str = "*"
    below: float = 2.0
    source: str = ""

    def covers(self, hit: Hit, scope: Scope) -> bool:
        """Whether this line speaks of that hit in that scope."""
        pairs = (
            *((hit.kind, self.kind), (hit.rule, self.rule), (scope.tenant, self.tenant)),
            *((scope.tool, self.tool), (scope.repo, self.repo), (scope.data, self.data)),
        )
        return hit.confidence < self.below and all(glob == "*" or fnmatchcase(text, glob) for text, glob in pairs)


@dataclass(frozen=True, slots=True)
class Decision:
    """What is done, who says so, and what the person can do instead."""

    action: Action
    reason: str
    coaching: str


@dataclass(frozen=True)
class Policy:
    """The clauses for prompts and for answers; the first that covers a hit decides, and what no clause covers is warned of.

    `closed` are the kinds for which "could not be checked" means no (`*`: all but secrets); `coaching` is advice by rule, before that by kind.
    Nothing happens without its record where `recorded`; texts are kept, sealed, for `keeps_s` seconds.
    """

    version: str
    prompts: tuple[Clause, ...]
    answers: tuple[Clause, ...]
    closed: frozenset[str] = frozenset()
    coaching: Mapping[str, str] = field(default_factory=dict)
    recorded: bool = True
    keeps_s: float = 0.0

    def decide(self, hit: Hit, scope: Scope, *, answer: bool = False) -> Decision:
        """The decision on one hit in a prompt, or in an answer."""
        clauses = self.answers if answer else self.prompts
        clause = next((clause for clause in clauses if clause.covers(hit, scope)), Clause("warn", source="no clause"))
        advice = self.coaching.get(hit.rule) or COACHING.get(hit.kind, _ADVICE)
        return Decision(clause.action, f"{clause.source} ({self.version})", advice)

    def shuts(self, kinds: frozenset[str]) -> bool:
        """Whether a text in which these kinds could not be looked for is refused."""
        others = kinds - {"secrets"} if "*" in self.closed else frozenset()
        return bool(kinds & self.closed or others)

    def holds(self, kinds: frozenset[str]) -> bool:
        """Whether a hit of these kinds in an answer could be redacted or blocked: only then text waits for what follows."""
        return _matching(kinds, self._grave)

    @cached_property
    def _grave(self) -> tuple[str, ...]:
        return tuple({clause.kind for clause in self.answers if RANK[clause.action] > 1})


@lru_cache(256)
def _matching(kinds: frozenset[str], globs: tuple[str, ...]) -> bool:
    return any(fnmatchcase(kind, glob) for kind in kinds for glob in globs)


def policy(gateway: Gateway, version: int, first: tuple[Clause, ...] = ()) -> Policy:
    """The policy of an accord. `first` go before its lines on prompts: grants of tools, exceptions of teams."""
    prompts, answers, failure = gateway.prompts, gateway.answers, gateway.on_failure
    code = prompts.own_code
    asked: tuple[tuple[Action, str, str, str], ...] = (
        (prompts.secrets, "secrets", "*", "secrets"),
        (prompts.personal_data, "personal_data", "*", "personal_data"),
        (code.crown_jewels, "own_code", "crown_jewels*", "own_code.crown_jewels"),
        (code.public_repos, "own_code", "public_repos*", "own_code.public_repos"),
        (code.internal, "own_code", "*", "own_code.internal"),
        (prompts.injection, "injection", "*", "injection"),
        ("block" if prompts.attachments == "redact" else prompts.attachments, "attachments", "*", "attachments"),
    )
    lines = tuple(Clause(act, kind, rule, source=f"ai.gateway.prompts.{name}") for act, kind, rule, name in asked)
    said: tuple[tuple[Action, str], ...] = (
        (answers.secrets, "secrets"),
        (answers.insecure_code, "insecure_code"),
        (answers.unknown_packages, "unknown_packages"),
    )
    back = tuple(Clause(action, kind, source=f"ai.gateway.answers.{kind}") for action, kind in said)
    denied = tuple(
        Clause("block", "licence", name, source="ai.gateway.answers.licence.deny") for name in answers.licence.deny
    )
    other = Clause(answers.licence.otherwise, "licence", source="ai.gateway.answers.licence.otherwise")
    unsure = Clause("warn", below=SURE, source=f"confidence below {SURE}")
    closed = [name for name, word in (("secrets", failure.secrets), ("*", failure.otherwise)) if word == "closed"]
    kept = gateway.retention
    return Policy(
        f"accord {version}",
        (*first, unsure, *lines),
        (unsure, *back, *denied, other),
        frozenset(closed),
        recorded=failure.record == "closed",
        keeps_s=float(min(kept.texts.seconds, kept.records.seconds)) if gateway.keep_prompts else 0.0,
    )
