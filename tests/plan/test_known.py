"""Which known faults a fix would bring along, and what they do to its odds."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.model.intel import Fault
from detente.plan.compose import compose
from detente.plan.known import SHARE, about, index, odds, told
from detente.plan.odds import CAUGHT, ESCAPES, MINUTES
from detente.plan.remarks import MOST, remarks
from plan.grounds import fix, ground


def fault(component: str = "pkg:npm/left", version: str = "1.0.1", **more: object) -> Fault:
    return Fault(source="acme", component=component, version=version, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(("named", "speaks"), [
    (fault(), True),
    (fault("pkg:npm/Left"), True),
    (fault("left"), True),
    (fault(version=""), True),
    (fault(version="1.0.2"), False),
    (fault("pkg:npm/right"), False),
    (fault("pkg:pypi/left"), False),
    (fault("eft"), False),
])  # fmt: skip
def test_a_fault_speaks_of_its_own_release(named: Fault, speaks: bool) -> None:
    assert bool(about(fix("x-1"), index([named]))) == speaks


def test_an_article_speaks_of_the_update_that_carries_its_number() -> None:
    windows = fix("x-1", component="windows", action="upgrade windows to KB5034441 on shop", to_version="KB5034441")
    assert about(windows, index([fault("KB5034441", "")]))
    assert not about(windows, index([fault("KB5034442", "")]))


def test_what_is_no_upgrade_brings_no_release_along() -> None:
    assert not about(fix("x-1", verb="mitigate", to_version=None), index([fault(version="")]))


@given(st.lists(st.floats(0, 1)))
def test_each_more_fault_makes_it_likelier_and_never_certain_beyond_one(shares: list[float]) -> None:
    found = [odds([fault(share=share) for share in shares[:count]]) for count in range(len(shares) + 1)]
    assert found == sorted(found)
    assert found[0] == 0
    assert found[-1] <= 1


def test_the_plan_fears_a_release_that_is_known_to_break() -> None:
    (plain,) = compose(ground(fix("x-1"))).jobs
    (broken,) = compose(ground(fix("x-1"), faults=index([fault()]))).jobs
    escaping = ESCAPES * (1 - CAUGHT) * MINUTES
    assert plain.risk_minutes == pytest.approx(0.015 * escaping)
    assert broken.risk_minutes == pytest.approx((1 - (1 - 0.015) * (1 - SHARE)) * escaping)


def test_the_plan_tells_them() -> None:
    named = [
        fault(title="It hangs", since=date(2026, 3, 1), url="https://acme.example/1"),
        *(fault() for _ in range(MOST)),
    ]
    stands_on = ground(fix("x-1"), faults=index(named))
    notes = [note for note in remarks(stands_on, compose(stands_on)) if "fault" in note]
    assert notes[0] == (
        "upgrade left on shop: a known fault of this release since 2026-03-01: It hangs (acme, https://acme.example/1). "
        "That raises its odds of breaking."
    )
    assert notes[-1].startswith("1 more faults")
    assert told(fault()) == "a known fault of this release: not described (acme)"
