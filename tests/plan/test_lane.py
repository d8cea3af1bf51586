"""The express lane: which condition of the accord opens it to a fix, and what is said when none does."""

from datetime import timedelta
from decimal import Decimal

import pytest

from detente.model.fix import Fix
from detente.plan.lane import express

DAY = timedelta(days=1)


def fix(*, known: bool = False) -> Fix:
    return Fix(
        id="x-1", action="upgrade", service="wiki", squad="platform", security_engineer="", component="openssl",
        to_version="1.1", findings=(), count=1, assets=1, loss_month=Decimal(1), currency="EUR", position=1,
        escalated=True, always=False, known_exploited=known, urgency="scheduled", clock="", due=None, reasons=(),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("when", "known", "left", "opens", "reasons"),
    [
        (("clock <= 3d",), False, 3 * DAY, True, ("clock <= 3d: due in 3 d 0 h",)),
        (("clock <= 3d",), False, 3 * DAY + timedelta(seconds=1), False, ("clock <= 3d: due in 3 d 0 h",)),
        (("clock <= 12h",), False, timedelta(hours=12), True, ("clock <= 12h: due in 0 d 12 h",)),
        (("clock <= 3d",), False, -DAY, True, ("clock <= 3d: it is overdue",)),
        (("clock <= 3d",), True, None, False, ("clock <= 3d: no clock runs for it",)),
        (("kev",), True, None, True, ("kev: it is known to be exploited",)),
        (("kev",), False, DAY, False, ("kev: it is not known to be exploited",)),
        (("kev", "clock <= 3d"), False, DAY, True, ("clock <= 3d: due in 1 d 0 h",)),
        ((), True, -DAY, False, ()),
    ],
)
def test_a_condition_opens_it_with_its_reason(
    when: tuple[str, ...], known: bool, left: timedelta | None, opens: bool, reasons: tuple[str, ...]
) -> None:
    found = express(fix(known=known), when, left)
    assert (found.open, found.reasons) == (opens, reasons)
