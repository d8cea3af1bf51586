"""Rollouts on a real workspace: from the accord's pipeline to the odds its outcome feeds; restarts, freezes, executors that fail."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from detente.flows import gate, patch, rollout
from detente.flows.intake import Intake, Order
from detente.flows.rollout import Hands, Look, Outcome
from detente.flows.workspace import Workspace
from detente.model.change import Change, Counts, Purpose, Stage
from detente.model.errors import DetenteError
from detente.plan.gate import Ask
from detente.plan.rollout import Action, Rollout, State
from detente.store import ledger
from officers import shop
from reports import trivy, weakness

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
CHANGE = Change(id="c-1", service="wiki", kind="lib_minor")
HEALTHY, FAULTY = Look(Counts(30_000, 60, 270_000, 540)), Look(Counts(3_000, 40, 27_000, 54))


@pytest.fixture
def workspace(tmp_path: Path, database: Engine) -> Workspace:
    return shop(tmp_path / "shop", database)


class Day:
    """A rollout with a clock that the test turns, and an executor that does what it is told."""

    def __init__(self, workspace: Workspace, start: datetime = MONDAY, **settings: Any) -> None:
        self.workspace, self.at, self.fails, self.done = workspace, start, 0, list[str]()
        self.waits: list[float] = []
        ordered = rollout.order(workspace, CHANGE, **settings)
        self.name = rollout.start(workspace, ordered, start).id

    def act(self, one: Rollout) -> Outcome:
        if self.fails:
            self.fails -= 1
            return Outcome(False, "503")
        self.done.append(one.key)
        return Outcome(True, "done")

    def then(self, hours: float, look: Look | None = None) -> Rollout:
        """Look at that hour, from what the database holds: every step is a restart."""
        self.at = MONDAY + timedelta(hours=hours)
        hands = Hands(lambda: self.at, (lambda *_: look) if look else None, self.act, self.waits.append)
        return rollout.step(self.workspace, rollout.get(self.workspace, self.name), hands)


def test_the_accords_pipeline_becomes_the_order(workspace: Workspace) -> None:
    order = rollout.order(workspace, CHANGE)
    assert order.soak_s == {Stage.TEST: 3600, Stage.STAGING: 3600, Stage.CANARY: 7200}
    assert (order.alpha, order.allowed) == (0.01, None)
    express = rollout.order(workspace, Change(id="x", service="checkout", express=True), start=Stage.CANARY)
    assert (express.soak_s, express.allowed) == ({Stage.CANARY: 7200}, 0.001)


def test_from_test_to_production_and_into_the_odds(workspace: Workspace) -> None:
    day = Day(workspace)
    day.then(1.0, Look(passed=True))
    assert day.then(2.0, Look(passed=True)).stage is Stage.CANARY
    assert day.then(3.9, HEALTHY).stage is Stage.CANARY
    assert day.then(4.0, HEALTHY).state is State.FINISHED
    assert gate.odds(workspace, "lib_minor").held == 1
    assert gate.odds(workspace, "os_minor").prior
    steps = [entry.body["step"] for entry in ledger.records(workspace.engine, kind="rollout")]
    assert steps == ["started", "promoted", "promoted", "promoted", "finished"]


def test_a_fault_is_rolled_back_by_the_executor_and_remembered(workspace: Workspace) -> None:
    day = Day(workspace, executor={"command": ["x"]}, start=MONDAY)
    day.then(0.0)
    day.then(1.0, Look(passed=True))
    day.then(2.0, Look(passed=True))
    assert day.then(2.1, FAULTY).state is State.GONE
    assert [key.split(":")[1:3] for key in day.done] == [
        ["deploy", "test"],
        ["deploy", "staging"],
        ["deploy", "canary"],
        ["rollback", "canary"],
    ]
    assert gate.odds(workspace, "lib_minor").broke == 1
    found, _ = gate.asked(workspace, Ask(service="wiki", change="c-1"), day.at)
    assert "c-1 was rolled back" in found.reasons[0].fact


def test_a_failing_executor_is_tried_again_under_the_same_name(workspace: Workspace) -> None:
    day = Day(workspace, executor={"webhook": {}})
    day.fails = 5
    one = day.then(0.1)
    assert (one.doing, one.tries, day.waits) == (Action.DEPLOY, 3, [1.0, 2.0])
    key = one.key
    assert day.then(0.2).doing is None
    assert day.done == [key]
    attempts = [
        entry.body["ok"]
        for entry in ledger.records(workspace.engine, kind="rollout")
        if entry.body["step"] == "attempted"
    ]
    assert attempts == [False] * 5 + [True]


def test_a_freeze_begins_under_way(workspace: Workspace) -> None:
    day = Day(workspace, start=MONDAY + timedelta(days=3, hours=9))  # Thursday 18:00; the canary would run 20:00-22:00
    hours = 24 * 3 + 9
    day.then(hours + 1.0, Look(passed=True))
    assert (
        day.then(hours + 4.5, Look(passed=True)).state is State.HELD
    )  # 22:30: a canary of two hours would end on Friday
    assert "before the canary's soak would end" in rollout.get(workspace, day.name).why
    assert day.then(hours + 20, Look(passed=True)).state is State.HELD
    saturday = hours + 30.5
    assert day.then(saturday).state is State.RUNNING
    assert day.then(saturday + 0.1, Look(passed=True)).stage is Stage.CANARY


def test_a_source_that_is_down_promotes_nothing(workspace: Workspace) -> None:
    day = Day(workspace)
    day.then(0.9, Look(passed=True))
    one = day.then(1.0, Look(missing="Prometheus does not answer"))
    assert (one.stage, one.blind) == (Stage.TEST, "Prometheus does not answer")
    assert day.then(1.1, Look()).blind == "the source said nothing"


def test_the_gate_keeps_a_canary_from_starting(workspace: Workspace) -> None:
    with pytest.raises(DetenteError) as caught:
        rollout.start(workspace, rollout.order(workspace, CHANGE, start=Stage.CANARY), MONDAY + timedelta(days=4))
    assert caught.value.code == "gate-closed"
    assert "frozen: friday" in caught.value.why


def test_one_change_is_not_rolled_out_twice_at_once(workspace: Workspace) -> None:
    Day(workspace)
    with pytest.raises(DetenteError, match="of it is under way"):
        Day(workspace)
    found, _ = gate.asked(workspace, Ask(service="wiki", change="c-2"), MONDAY)
    assert found.until == MONDAY + timedelta(hours=4)


def test_rolling_back_is_always_allowed_once(workspace: Workspace) -> None:
    day = Day(workspace)
    one = rollout.roll_back(workspace, rollout.get(workspace, day.name), "too slow", MONDAY, broke=False)
    assert (one.state, gate.odds(workspace, "lib_minor").prior) == (State.GONE, True)
    with pytest.raises(DetenteError) as caught:
        rollout.roll_back(workspace, one, "again", MONDAY)
    assert caught.value.code == "rollout-state"


def test_giving_up_before_customers_meet_it_undoes_nothing(workspace: Workspace) -> None:
    one = rollout.abort(workspace, rollout.get(workspace, Day(workspace).name), "not needed", MONDAY)
    assert one.state is State.ABORTED
    assert [each.id for each in rollout.every(workspace)] == [one.id]


def test_no_such_rollout(workspace: Workspace) -> None:
    with pytest.raises(DetenteError) as caught:
        rollout.get(workspace, "r-none")
    assert caught.value.code == "unknown-rollout"


def test_requests_needed_are_known_before_the_start(workspace: Workspace) -> None:
    needed = rollout.needed(rollout.order(workspace, CHANGE), 0.1, 0.002)
    assert needed[5.0] < needed[3.0] < needed[2.0] < needed[1.5]


def test_the_express_lane_is_for_fixes_whose_clock_is_short(workspace: Workspace, tmp_path: Path) -> None:
    path = workspace.folder / "accord.yaml"
    path.write_text(path.read_text() + "regimes: [{own-sla: {high: 30d}}]\n")
    (tmp_path / "r.json").write_bytes(trivy("wiki:1", [weakness("CVE-2024-1001")]))  # seen on March 1st
    list(Intake(workspace.engine, workspace.lake).take([str(tmp_path / "r.json")], Order(lambda: MONDAY)))
    place = Workspace(workspace.folder, workspace.engine)
    (fix,) = patch.queue(place, MONDAY, everything=True).fixes

    def begin(day: float, **change: Any) -> Rollout:
        hasty = Change(**{"id": fix.id, "service": "wiki", "express": True} | change)
        return rollout.start(place, rollout.order(place, hasty), MONDAY + timedelta(days=day))

    for refused, why in (
        ({}, "due in 29 d"),
        ({"id": "2.4.1"}, "no open fix"),
        ({"service": "checkout"}, "no open fix"),
    ):
        with pytest.raises(DetenteError, match=why) as caught:
            begin(0, **refused)
        assert caught.value.code == "express"
    with pytest.raises(DetenteError, match="no open fix"):
        begin(27, purpose=Purpose.FEATURE)
    assert begin(27).order.soak_s[Stage.TEST] == 7200
