"""Which fixes may take the express lane: those for which a condition of the accord holds, each with its reason."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from detente.accord import quantity
from detente.model.fix import Fix


@dataclass(frozen=True, slots=True)
class Admission:
    """Whether the lane is open to a fix. `reasons` are the conditions that hold, else what each of them lacks."""

    open: bool
    reasons: tuple[str, ...]


def express(fix: Fix, when: Iterable[str], left: timedelta | None) -> Admission:
    """Any one of the conditions `change.express.when` opens the lane; `left` is the time until the fix is due, None without a clock."""
    said = [_said(fix, phrase, left) for phrase in when]
    holding = tuple(reason for holds, reason in said if holds)
    return Admission(bool(holding), holding or tuple(reason for _, reason in said))


def _said(fix: Fix, phrase: str, left: timedelta | None) -> tuple[bool, str]:
    if phrase == "kev":
        return fix.known_exploited, f"kev: it is {'' if fix.known_exploited else 'not '}known to be exploited"
    if left is None:
        return False, f"{phrase}: no clock runs for it"
    holds = quantity.comparison(phrase.removeprefix("clock ")).holds(Decimal(left.total_seconds()))
    words = f"due in {left.days} d {left.seconds // 3600} h" if left.days >= 0 else "it is overdue"
    return holds, f"{phrase}: {words}"
