"""The small languages inside the accord: what is always escalated, what voids an exception, what earns the express lane.

Every function raises ValueError whose message is the grammar.
"""

from dataclasses import dataclass
from typing import Any

from detente.accord import quantity
from detente.model.estate import Exposure
from detente.model.finding import Severity

SSVC = ("defer", "scheduled", "out-of-cycle", "immediate")
EXPOSED = frozenset({Exposure.INTERNET, Exposure.PARTNER})
SEVERITIES = {word.name.lower(): word for word in Severity if word is not Severity.UNKNOWN}

ALWAYS = (
    "`CONDITION [and CONDITION] [on PLACE ...]`, where CONDITION is kev, exploited, "
    f"{', '.join(reversed(SEVERITIES))} or `ssvc {'|'.join(SSVC)}`, and PLACE is exposed (internet or partner), "
    f"{', '.join(Exposure)} or a tier, as in `kev on exposed tier-1`"
)
VOID = "kev, exploited, exposure widened, or a comparison of the monthly exploit probability such as `p30 >= 0.1`"
EXPRESS = "kev, or a comparison of the time left such as `clock <= 3d`"
TERMS = (
    "no training on inputs, sso, soc2 type 2, zero retention, tenant isolation, through gateway, dpa signed, "
    "or a longest retention such as `retention <= 30d`"
)
_TERMS = frozenset(TERMS.split(", or ", maxsplit=1)[0].split(", "))


@dataclass(frozen=True, slots=True)
class AlwaysRule:
    """One rule of `escalation.always`: every stated part must hold.

    `kev`, `exploited`: listed by CISA, or exploited by any evidence. `severity`: at least this one. `ssvc`: this outcome or a more
    urgent one. `exposures`, `tiers`: one of these; empty means anywhere. `text` is the phrase as signed.
    """

    text: str
    kev: bool = False
    exploited: bool = False
    severity: Severity = Severity.UNKNOWN
    ssvc: str = ""
    exposures: frozenset[Exposure] = frozenset()
    tiers: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return self.text


def always(text: str) -> AlwaysRule:
    """Parse one phrase of `escalation.always`; whether its tiers exist is for the accord to check."""
    phrase = " ".join(text.split())
    conditions, _, places = phrase.partition(" on ")
    stated = [_condition(condition) for condition in conditions.split(" and ")]
    if len({name for name, _ in stated}) < len(stated):
        raise ValueError(ALWAYS)
    exposures, tiers = _places(places.split())
    return AlwaysRule(phrase, exposures=exposures, tiers=tiers, **dict(stated))


def _condition(text: str) -> tuple[str, Any]:
    if text in ("kev", "exploited"):
        return text, True
    if text in SEVERITIES:
        return "severity", SEVERITIES[text]
    head, _, outcome = text.partition(" ")
    if head != "ssvc" or outcome not in SSVC:
        raise ValueError(ALWAYS)
    return "ssvc", outcome


def _places(words: list[str]) -> tuple[frozenset[Exposure], frozenset[str]]:
    named = frozenset(Exposure(word) for word in words if word in [*Exposure])
    reach = EXPOSED if "exposed" in words else frozenset[Exposure]()
    return reach | named, frozenset(words) - named - {"exposed"}


def void(text: str) -> str:
    """One condition that ends an exception before its time."""
    return _checked(text, {"kev", "exploited", "exposure widened"}, "p30", "number", VOID)


def express(text: str) -> str:
    """One condition under which a fix takes the express pipeline."""
    return _checked(text, {"kev"}, "clock", "duration", EXPRESS)


def term(text: str) -> str:
    """One condition under which an AI tool may see a class of data."""
    return _checked(text, _TERMS, "retention", "duration", TERMS)


def _checked(text: str, words: set[str] | frozenset[str], subject: str, kind: str, grammar: str) -> str:
    phrase = " ".join(text.split())
    if phrase in words:
        return phrase
    head, _, rest = phrase.partition(" ")
    try:
        fits = head == subject and quantity.comparison(rest).kind == kind
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(grammar)
    return phrase
