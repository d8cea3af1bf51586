"""The state machine of a rollout: told as stories, and as a law over any sequence of looks, freezes and attempts."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.model.change import Change, Event, Health, Stage, Step
from detente.plan.order import EXPOSED, Order, facts, ordered
from detente.plan.rollout import (
    OVER,
    Action,
    Contradiction,
    Rollout,
    State,
    fold,
    following,
    verdict,
)

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = 3600
CHANGE = Change(id="x-1", service="checkout", kind="lib_patch")
HEALTHY, FAULTY = [30_000, 60, 270_000, 540], [3_000, 40, 27_000, 54]
ORDER = Order(change=CHANGE, soak_s={Stage.TEST: HOUR, Stage.STAGING: HOUR, Stage.CANARY: HOUR}, hold_s=3 * 86_400)


class Story:
    """Events as they come, at hours after the start."""

    def __init__(self, order: Order = ORDER) -> None:
        self.events = [Event(START, Step.STARTED, facts(order))]

    @property
    def now(self) -> Rollout:
        return fold("r-1", self.events)

    def add(self, hours: float, step: Step, **told: Any) -> "Story":
        self.events.append(Event(START + timedelta(hours=hours), step, told))
        self.now  # noqa: B018 - an event that contradicts the others fails here
        return self

    def seen(self, hours: float, counts: list[int]) -> "Story":
        return self.add(hours, Step.OBSERVED, counts=counts)

    def passed(self, hours: float, passed: bool = True) -> "Story":
        return self.add(hours, Step.OBSERVED, passed=passed)

    def then(self, hours: float, closed: str = "") -> Step | None:
        """What follows at that hour; it is added."""
        event = following(self.now, START + timedelta(hours=hours), closed)
        if event:
            self.events.append(event)
        return event.step if event else None

    def canary(self) -> "Story":
        """Through test and staging."""
        assert (self.passed(1.0).then(1.0), self.passed(2.0).then(2.0)) == (Step.PROMOTED, Step.PROMOTED)
        assert self.now.stage is Stage.CANARY
        return self


def test_a_look_from_the_future_promotes_nothing() -> None:
    assert Story().passed(1.0 + 4 / 60).then(1.0) is Step.PROMOTED  # two machines whose clocks differ a little
    assert Story().passed(3.0).then(1.0) is None


def test_an_order_is_read_as_it_was_written() -> None:
    assert ordered(facts(ORDER)) == ORDER
    assert ORDER.stages == (Stage.TEST, Stage.STAGING, Stage.CANARY, Stage.PRODUCTION)
    assert ORDER.design(Stage.CANARY).looks == 60


def test_from_test_to_production() -> None:
    story = Story().canary()
    assert story.then(2.9) is None
    assert story.seen(2.95, HEALTHY).then(2.99) is None  # healthy already, but the soak is not over
    assert story.then(3.0) is Step.PROMOTED
    assert story.then(3.0) is Step.FINISHED
    assert story.now.state is State.FINISHED


def test_a_fault_goes_back_at_once() -> None:
    story = Story().canary().seen(2.1, FAULTY)
    assert story.then(2.1) is Step.ROLLED_BACK
    assert story.now.state is State.GONE
    assert "the canary fails more often" in story.now.why
    assert story.events[-1].facts["broke"] is True


def test_a_failed_check_goes_back_and_no_later_pass_hides_it() -> None:
    story = Story().passed(0.1, passed=False).passed(0.2)
    assert verdict(story.now).health is Health.UNHEALTHY
    assert story.then(0.2) is Step.ROLLED_BACK


@pytest.mark.parametrize(
    "looks",
    [
        [],
        [{"counts": [0, 0, 0, 0]}],
        [{"counts": [0, 0, 90_000, 180]}],
        [{"counts": [10, 0, 90, 1]}],
        [{"counts": HEALTHY}, {"why": "Prometheus does not answer"}],
        [{"passed": True}, {"why": "NaN"}],
        [{"passed": True}, {"counts": [0, 0, 0, 0]}],
    ],
)
def test_nothing_is_promoted_on_missing_data(looks: list[dict[str, Any]]) -> None:
    story = Story().canary()
    for told in looks:
        story.add(2.9, Step.MISSED if "why" in told else Step.OBSERVED, **told)
    assert story.then(3.0) is None
    assert story.then(3.05) is None
    assert verdict(story.now).health is Health.INCONCLUSIVE


def test_an_old_look_promotes_nothing() -> None:
    story = Story().canary().seen(2.1, HEALTHY)
    assert verdict(story.now).health is Health.HEALTHY
    assert story.then(3.0) is None
    assert story.seen(3.1, HEALTHY).then(3.1) is Step.PROMOTED


def test_a_freeze_lets_the_stage_finish_and_holds_before_the_next() -> None:
    story = Story().canary().seen(2.95, HEALTHY)
    assert story.then(2.95, "frozen: friday") is None
    assert story.then(3.0, "frozen: friday") is Step.HELD
    assert story.then(20.0, "frozen: friday") is None
    assert story.then(30.0) is Step.RESUMED
    assert story.then(30.0) is None  # its health is tested again before it goes on
    assert story.seen(30.1, HEALTHY).then(30.1) is Step.PROMOTED


def test_test_and_staging_are_not_frozen() -> None:
    assert Story().passed(1.0).then(1.0, "frozen") is Step.PROMOTED
    story = Story().passed(1.0)
    story.then(1.0)
    assert story.passed(2.0).then(2.0, "frozen") is Step.HELD


def test_a_fault_in_a_hold_goes_back() -> None:
    story = Story().canary().seen(3.0, HEALTHY)
    assert story.then(3.0, "frozen") is Step.HELD
    assert story.seen(4.0, FAULTY).seen(4.1, FAULTY).seen(4.2, FAULTY).then(4.2, "frozen") is Step.ROLLED_BACK


def test_a_long_hold_starts_the_canary_again() -> None:
    story = Story().canary().seen(3.0, HEALTHY)
    story.then(3.0, "frozen")
    assert story.then(3.0 + 73) is Step.RESTARTED
    assert (story.now.stage, story.now.evidence.looks) == (Stage.CANARY, 0)
    assert story.seen(76.5, HEALTHY).then(76.5) is None
    assert story.seen(77.0, HEALTHY).then(77.0) is Step.PROMOTED


def test_the_executor_is_waited_for() -> None:
    story = Story(Order(change=CHANGE, soak_s={Stage.CANARY: HOUR}, executor={"command": ["deploy"]}))
    assert story.now.doing is Action.DEPLOY
    key = story.now.key
    story.add(0.5, Step.ATTEMPTED, ok=False, told="exit 1")
    assert (story.now.tries, story.now.key) == (1, key)
    story.seen(0.9, HEALTHY)
    assert story.then(1.2) is None
    story.add(1.3, Step.ATTEMPTED, ok=True, told="")
    assert story.then(2.2) is None  # the soak begins when it is there
    assert story.seen(2.3, HEALTHY).then(2.3) is Step.PROMOTED
    assert story.now.key != key
    assert story.then(2.3) is None
    assert story.add(2.4, Step.ATTEMPTED, ok=True, told="").then(2.4) is Step.FINISHED


def test_a_rollback_is_tried_until_it_is_done() -> None:
    story = Story(Order(change=CHANGE, soak_s={Stage.CANARY: HOUR}, executor={"command": ["deploy"]}))
    story.add(0.1, Step.ATTEMPTED, ok=True, told="").seen(0.2, FAULTY)
    assert story.then(0.2) is Step.ROLLED_BACK
    assert (story.now.state, story.now.doing) == (State.LEAVING, Action.ROLLBACK)
    assert story.add(0.3, Step.ATTEMPTED, ok=False, told="503").now.state is State.LEAVING
    assert story.add(0.4, Step.ATTEMPTED, ok=True, told="").now.state is State.GONE


def test_what_is_finished_can_still_go_back() -> None:
    story = Story().canary().seen(3.0, HEALTHY)
    story.then(3.0)
    story.then(3.0)
    assert story.add(9.0, Step.ROLLED_BACK, why="checkout is slow", broke=True).now.state is State.GONE


@pytest.mark.parametrize(
    ("steps", "wrong"),
    [
        ([Step.ABORTED], Step.OBSERVED),
        ([Step.ROLLED_BACK], Step.PROMOTED),
        ([Step.ROLLED_BACK], Step.ROLLED_BACK),
        ([Step.HELD], Step.PROMOTED),
        ([], Step.STARTED),
        ([], Step.RESUMED),
        ([], Step.ATTEMPTED),
    ],
)
def test_contradictions_cannot_be_expressed(steps: list[Step], wrong: Step) -> None:
    story = Story()
    for step in steps:
        story.add(0.1, step, why="so", to="canary", broke=True)
    with pytest.raises(Contradiction):
        story.add(0.2, wrong, why="so", to="canary", ok=True, counts=HEALTHY)


def test_nothing_begins_without_a_start() -> None:
    with pytest.raises(Contradiction, match="begins by being started"):
        fold("r-1", [])


MOMENTS = st.tuples(
    st.floats(0.01, 30),
    st.sampled_from(["healthy", "faulty", "quiet", "missed", "passed", "failed", "none", "done", "undone"]),
    st.booleans(),
)


@given(st.lists(MOMENTS, max_size=14), st.booleans())
def test_whatever_happens_promotion_needs_fresh_health_and_an_open_door(
    moments: list[tuple[float, str, bool]], acting: bool
) -> None:
    story, hours = Story(Order(change=CHANGE, soak_s=ORDER.soak_s, executor={"webhook": {}} if acting else None)), 0.0
    told: dict[str, tuple[Step, dict[str, Any]]] = {
        "healthy": (Step.OBSERVED, {"counts": HEALTHY}),
        "faulty": (Step.OBSERVED, {"counts": FAULTY}),
        "quiet": (Step.OBSERVED, {"counts": [0, 0, 0, 0]}),
        "missed": (Step.MISSED, {"why": "no answer"}),
        "passed": (Step.OBSERVED, {"passed": True}),
        "failed": (Step.OBSERVED, {"passed": False}),
        "done": (Step.ATTEMPTED, {"ok": True}),
        "undone": (Step.ATTEMPTED, {"ok": False}),
    }
    for later, what, closed in moments:
        hours += later
        before = story.now
        if what in told and (told[what][0] is not Step.ATTEMPTED or before.doing) and before.state not in OVER:
            if before.state is State.LEAVING and told[what][0] is not Step.ATTEMPTED:
                continue
            story.add(hours, told[what][0], **told[what][1])
        before = story.now
        step = story.then(hours, "frozen" if closed else "")
        if step is Step.PROMOTED:
            assert verdict(before).health is Health.HEALTHY
            assert not before.blind
            assert before.doing is None
            assert not (closed and story.now.stage in EXPOSED)
        if (
            verdict(before).health is Health.UNHEALTHY
            and before.state not in OVER
            and before.state is not State.LEAVING
        ):
            assert step is Step.ROLLED_BACK
        assert fold("r-1", story.events) == story.now  # a restart finds what was left
