"""Problems as documents: read as written, refused in words."""

import json
from typing import Any

import pytest

from detente.model.errors import DetenteError
from detente.plan.instance import read
from detente.plan.solve import QUICK, solve


def document(**changes: Any) -> dict[str, Any]:
    service = {
        "id": "shop",
        "squad": "payments",
        "usd_per_minute": 100.0,
        "weekdays": [1, 3],
        "freezes": [[3, 4]],
        "release_minutes": 0.2,
        "release_hours": 2.0,
        "error_budget_minutes": [5.0],
    }
    fix = {
        "id": "a",
        "service": "shop",
        "effort_hours": 3.0,
        "hazard_per_day": 0.001,
        "loss_usd": 1e6,
        "p_break": 0.02,
        "break_minutes": 30.0,
        "patch_age_days": 4,
        "due_day": 10,
        "late_usd_per_day": 40.0,
        "cvss": 9.8,
    }
    whole: dict[str, Any] = {
        "schema": "detente-plan-instance/1",
        "meta": {"day0": "2026-11-23", "days": 21},
        "rules": {
            "test_days": 1, "staging_days": 3, "canary_days": 1, "canary_lookback_days": 4, "prep_share": 0.6,
            "cross_service_gap_days": 1, "days_per_week": 7, "days_per_month": 30,
        },
        "costs": {
            "labour_usd_per_hour": 110.0, "escape_share": 0.3, "age_floor": 0.35, "age_tau_days": 10.0,
            "never_extra_days": 30,
        },
        "fleet": {"frozen_days": [4, 5, 6], "releases_per_day": [2] * 21},
        "squads": [{"id": "payments", "capacity_hours": [10.0, 10.0, 10.0]}],
        "services": [service],
        "fixes": [fix, fix | {"id": "b"}],
        "precedence": [["a", "b"]],
    }  # fmt: skip
    return whole | changes


def said(**changes: Any) -> str:
    with pytest.raises(DetenteError) as told:
        read(json.dumps(document(**changes)).encode(), "p.json")
    assert told.value.code == "bad-problem"
    return f"{told.value.what}. {told.value.why} {told.value.do}"


def test_a_document_becomes_a_problem() -> None:
    problem = read(json.dumps(document()).encode())
    assert problem.services[0].open == (1, 8, 10, 15, 17)  # Tuesdays and Thursdays, without its own freeze
    assert problem.jobs[0].risk_minutes == pytest.approx(0.02 * 0.3 * 30)
    assert problem.jobs[0].breach_day == pytest.approx(1000)
    assert str(solve(problem, QUICK).days["a"]) == "2026-12-01"  # day 8: canary on day 7, pipeline from day 3


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"precedence": [["a", "b"], ["b", "a"]]}, "The order goes in a circle"),
        ({"precedence": [["a", "a"]]}, "The order goes in a circle: a before a"),
        ({"precedence": [["a", "zed"]]}, "The order names zed, which is no fix."),
        ({"squads": [{"id": "payments", "capacity_hours": [0, 0, 0]}]}, "zero hours in every week. Give it hours"),
        ({"squads": [{"id": "payments", "capacity_hours": [1.0]}]}, "has hours for 1 weeks, the horizon has 3"),
        ({"squads": []}, "belongs to payments, which is no squad"),
        ({"services": []}, "Fix a is on shop, which is no service."),
        ({"fixes": [document()["fixes"][0]] * 2}, "There are two fix entries called a."),
        ({"fixes": [document()["fixes"][0] | {"effort_hours": -1}]}, "`float` >= 0.0 - at `$.fixes[0].effort_hours`"),
        ({"fixes": [document()["fixes"][0] | {"p_break": 1.5}]}, "at `$.fixes[0].p_break`"),
        ({"services": [document()["services"][0] | {"freezes": [[9, 2]]}]}, "ends on day 2, before it begins on day 9"),
        ({"services": [document()["services"][0] | {"error_budget_minutes": []}]}, "has budgets for 0 months"),
        ({"fleet": {"frozen_days": [], "releases_per_day": [0] * 21}}, "The fleet bears no release on any day."),
        ({"fleet": {"frozen_days": [], "releases_per_day": [1]}}, "has releases for 1 days, the horizon has 21"),
        ({"schema": "other"}, "Invalid enum value 'other' - at `$.schema`"),
        ({"meta": {"day0": "soon", "days": 21}}, "at `$.meta.day0`"),
        ({"meta": {"day0": "2026-11-23", "days": 0}}, "at `$.meta.days`"),
    ],
)
def test_what_contradicts_itself_is_refused(changes: dict[str, Any], words: str) -> None:
    assert words in said(**changes)


def test_what_is_no_json_is_refused_and_many_faults_are_counted() -> None:
    for text in (b"", b"\xff", b"[1]", b'{"schema":'):
        with pytest.raises(DetenteError, match="is no planning problem"):
            read(text)
    assert "4 more." in said(precedence=[["a", f"no-{number}"] for number in range(9)])


def test_a_horizon_without_end_is_refused() -> None:
    assert "Infinity" not in said(meta={"day0": "2026-11-23", "days": 10**9})
