"""The plan of a real workspace: what it follows from, that it is kept, and that it lays nothing into a freeze."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from icalendar import Calendar
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from detente.accord import signatures
from detente.flows import gate, override, rollout
from detente.flows import plan as flow
from detente.flows.intake import Intake, Order
from detente.flows.workspace import Workspace
from detente.model.change import Change, Event, Purpose, Step, Word
from detente.model.plan import Problem
from detente.plan.calendar import calendar
from detente.plan.columns import columns
from detente.plan.gate import Ask
from detente.plan.solve import QUICK, Budget, Solution, steps
from detente.store import ledger, plans, rollouts
from officers import KEYS
from officers import shop as officers_shop
from reports import trivy, weakness
from shop import ACCORD, ESTATE, ONE, shop

MONDAY = datetime(2026, 3, 9, 9, tzinfo=UTC)


def solve(problem: Problem) -> Solution:
    *_, last = steps(columns(problem), QUICK, Budget())
    return last


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return shop(tmp_path)


def again(workspace: Workspace, accord: str = ACCORD, estate: str = ESTATE) -> Workspace:
    """The same company under other documents."""
    (workspace.folder / "accord.yaml").write_text(accord)
    (workspace.folder / "estate.yaml").write_text(estate)
    return Workspace(workspace.folder, workspace.engine)


ALL = ACCORD.replace("share: 10 %", "share: 100 %")


def made(workspace: Workspace, now: datetime = MONDAY, days: int = 28, everything: bool = True) -> flow.Made:
    return flow.make(workspace, now, days, solve, everything=everything)


def test_the_escalated_fix_is_planned_and_the_rest_is_told(workspace: Workspace) -> None:
    found = made(workspace, everything=False)
    ((fix, day),) = found.plan.days.items()
    assert found.names[fix] == "upgrade openssl to 1.2 on checkout"
    assert day == date(2026, 3, 15)  # a day for the evidence, four in test and staging, one for the canary
    assert any("but with a clock that ends in time: 1 fix." in note for note in found.notes)


def test_the_express_lane_where_the_accord_opens_it(workspace: Workspace) -> None:
    for when, day in (("clock <= 30d", 11), ("kev", 11), ("clock <= 3d", 15)):
        express = again(workspace, ACCORD + f"change: {{express: {{when: ['{when}']}}}}\n")
        (planned,) = made(express, everything=False).plan.days.values()
        assert planned == date(2026, 3, day)


def test_a_plan_is_kept_with_its_problem_and_in_the_ledger(workspace: Workspace) -> None:
    found = made(workspace)
    assert flow.latest(workspace) == found
    (entry,) = ledger.records(workspace.engine, kind="plan")
    assert (entry.subject, entry.body["planned"], entry.body["currency"]) == (
        found.id,
        found.plan.objective.done,
        "EUR",
    )
    for statement in ("UPDATE plan SET id = 'x'", "DELETE FROM plan"):
        with pytest.raises(DBAPIError, match="append-only"), workspace.engine.begin() as connection:
            connection.execute(text(statement))


def test_planning_again_changes_nothing_where_nothing_changed(workspace: Workspace) -> None:
    first, second = made(workspace), made(workspace, MONDAY + timedelta(hours=1))
    assert (second.id, second.at, second.plan.days) == (first.id, first.at, first.plan.days)
    assert len(ledger.records(workspace.engine, kind="plan")) == 1


def test_a_freeze_moves_what_falls_into_it_and_says_so(workspace: Workspace) -> None:
    first = made(workspace)
    day = min(day for day in first.plan.days.values() if day)
    frozen = again(workspace, ACCORD + f"change: {{freeze: [{{name: Fair, from: {day}, to: {day}}}]}}\n")
    second = made(frozen)
    assert second.plan.parent == first.id
    assert day not in second.plan.days.values()
    assert {move.why for move in second.plan.moves if move.before == day} == {"its day is closed now"}
    assert plans.latest(workspace.engine) == second.id


def test_a_scoped_freeze_binds_only_those_it_names(workspace: Workspace) -> None:
    fair = "change: {freeze: [{name: Fair, from: 2026-03-09, to: 2026-04-30, tiers: [tier-2]}]}\n"
    found = made(again(workspace, ALL + fair))
    services = {job.id: job.service for job in found.problem.jobs}
    planned = {services[fix] for fix, day in found.plan.days.items() if day}
    assert planned == {"checkout"}
    assert "wiki" in services.values()


def test_what_nobody_knows_is_told(workspace: Workspace) -> None:
    told = " ".join(made(workspace).notes)
    assert "The capacity of payments is unknown, so its hours bind nothing" in told
    assert "On assets that no service claims, where nobody can ship: 1 fix." in told


def test_no_hours_and_no_days_are_told_and_nothing_is_planned(workspace: Workspace) -> None:
    estate = ESTATE.replace("{id: payments, ", "{id: payments, capacity: 0h/week, ").replace(
        "{id: wiki, ", '{id: wiki, windows: ["fri 09:00-16:00"], '
    )
    found = made(again(workspace, ALL + "change: {freeze: [{every: friday}]}\n", estate))
    told = " ".join(found.notes)
    assert "payments has no hours for fixes, so none of its fixes ships" in told
    assert "wiki can never be changed" in told
    services = {job.id: job.service for job in found.problem.jobs}
    assert {services[fix] for fix, day in found.plan.days.items() if day} <= {"disk"}


def test_services_that_need_each_other_have_no_order_and_are_told(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "too.json").write_bytes(trivy("wiki:2", [weakness(ONE, "openssl")]))
    list(Intake(workspace.engine, workspace.lake).take([str(tmp_path / "too.json")], Order(lambda: MONDAY)))
    estate = ESTATE.replace("depends: [", "depends: [{from: wiki, on: [checkout]}, ")
    found = made(again(workspace, ALL, estate))
    assert found.problem.precedence == ()
    assert "checkout and wiki need each other, so their fixes of one component have no order" in " ".join(found.notes)


def test_a_canary_that_never_fits_is_told(workspace: Workspace) -> None:
    estate = ESTATE.replace("{id: wiki, ", '{id: wiki, windows: ["sun 02:00-06:00"], ')
    assert "The pipeline never fits wiki" in " ".join(made(again(workspace, ALL, estate)).notes)


def test_the_plan_of_another_process_is_not_overwritten(workspace: Workspace) -> None:
    first = made(workspace)
    heir = replace(first, id="p-0000000000000000", plan=replace(first.plan, parent=first.id))
    flow._keep(workspace, heir)
    with pytest.raises(Exception, match="Another process planned") as caught:
        flow._keep(workspace, replace(heir, id="p-1111111111111111"))
    assert getattr(caught.value, "code", "") == "plan-moved"


def test_the_gate_knows_the_day(workspace: Workspace) -> None:
    found = made(workspace, everything=False)
    ((fix, day),) = found.plan.days.items()
    assert day is not None
    ask = Ask(service="checkout", change=fix, purpose=Purpose.FIX)
    early, _ = gate.asked(workspace, ask, MONDAY)
    assert early.word is Word.CONDITIONS
    assert early.conditions == (f"outside the plan: wait for {day}, or agree that it goes earlier",)
    then, _ = gate.asked(workspace, ask, MONDAY + (day - MONDAY.date()))
    assert (then.word, then.reasons[-1].fact) == (Word.ALLOW, "planned for today")
    other, _ = gate.asked(workspace, replace(ask, change="x-0"), MONDAY)
    assert not [one for one in other.reasons if one.rule == "plan"]


def test_the_gate_lets_nothing_overtake_what_it_needs(workspace: Workspace) -> None:
    found = made(workspace)
    stored = plans.read(workspace.engine, found.id)
    assert stored is not None
    first, then = list(found.plan.days)[:2]
    services = {job.id: job.service for job in found.problem.jobs}
    day = MONDAY.date() + timedelta(days=1)
    answer = {**stored.answer, "after": {then: [first]}, "days": {first: str(day), then: str(day + timedelta(days=1))}}
    heir = replace(stored, id="p-0000000000000001", parent=found.id, answer=answer)
    with workspace.engine.begin() as connection:
        plans.keep(connection, heir, b"", {})
    ask = Ask(service="checkout", change=then, purpose=Purpose.FIX)
    waits, _ = gate.asked(workspace, ask, MONDAY)
    assert (waits.word, waits.until) == (Word.WAIT, datetime(2026, 3, 11, tzinfo=UTC))
    change = Change(id=first, service=services[first])
    order = rollout.order(workspace, change)
    begun = rollout.start(workspace, order, MONDAY)
    with workspace.engine.begin() as connection:
        rollouts.append(connection, begun.id, change.service, 1, [Event(MONDAY, Step.FINISHED, {"why": "healthy"})])
    free, _ = gate.asked(workspace, ask, MONDAY)
    assert free.word is Word.CONDITIONS


def test_what_is_rolled_out_keeps_its_day_and_what_has_shipped_is_gone(workspace: Workspace) -> None:
    (fix,) = made(workspace, everything=False).plan.days
    begun = rollout.start(workspace, rollout.order(workspace, Change(id=fix, service="checkout")), MONDAY)
    (job,) = made(workspace, everything=False).problem.jobs
    assert job.pinned == 5  # a day of test, three of staging, one of canary
    with workspace.engine.begin() as connection:
        rollouts.append(connection, begun.id, "checkout", 1, [Event(MONDAY, Step.FINISHED, {"why": "healthy"})])
    again_ = made(workspace, everything=False)
    assert again_.problem.jobs == ()
    assert [(move.job, move.why) for move in again_.plan.moves] == [(fix, "no longer open")]


def test_what_was_to_ship_counts_as_shipped_until_a_scan_looks(workspace: Workspace) -> None:
    ((fix, day),) = made(workspace, everything=False).plan.days.items()
    assert day is not None
    after = MONDAY + timedelta(days=(day - MONDAY.date()).days + 1)
    later = made(workspace, after, everything=False)
    assert later.problem.jobs == ()
    assert any("and no scan has looked since: 1 fix." in note for note in later.notes)
    overdue = made(workspace, after + timedelta(days=8), everything=False)
    assert list(overdue.plan.days) == [fix]


def test_a_plan_that_is_kept_to_does_not_move(workspace: Workspace) -> None:
    busy = again(workspace, ALL, ESTATE.replace("{id: payments, ", "{id: payments, capacity: 4h/week, "))
    first = made(busy, days=60)
    for days in (1, 2, 3):
        later = made(busy, MONDAY + timedelta(days=days), days=60)
        assert later.id == first.id


def test_an_override_opens_a_freeze_only_with_both_signatures(tmp_path: Path, workspace: Workspace) -> None:
    officers = officers_shop(tmp_path / "officers", workspace.engine)
    frozen = (
        (officers.folder / "accord.yaml")
        .read_text()
        .replace("{every: friday}", "{name: Fair, from: 2026-03-09, to: 2026-05-01}")
    )
    place = again(workspace, frozen + "escalation: {share: 100 %}\nregimes: [bod-26-04]\n")
    first = made(place)
    assert set(first.plan.days.values()) == {None}
    (fix,) = [job.id for job in first.problem.jobs if job.service == "checkout"]
    name = override.ask(place, "checkout", fix, "KEV", until=MONDAY + timedelta(days=6), now=MONDAY)
    for role, expected in (("cio", None), ("ciso", date(2026, 3, 11))):
        held = override.find(place, name, MONDAY)
        armoured = signatures.sign(held.text.encode(), KEYS[role], namespace=override.NAMESPACE)
        override.sign(place, held, role, armoured, MONDAY)
        assert made(place).plan.days[fix] == expected


def test_a_calendar_moves_its_events(workspace: Workspace) -> None:
    first = made(workspace, everything=False)
    (day,) = first.plan.days.values()
    fair = f"change: {{freeze: [{{name: Fair, from: {day}, to: {day}}}]}}\n"
    second = made(again(workspace, ACCORD + fair), MONDAY + timedelta(minutes=5), everything=False)
    before, after = (
        Calendar.from_ical(calendar(one.problem, one.plan, one.at, one.names)).events[0] for one in (first, second)
    )
    assert before["uid"] == after["uid"]
    assert before["summary"] == "upgrade openssl to 1.2 on checkout"
    assert after["sequence"] > before["sequence"]
    assert after["dtstart"].dt > before["dtstart"].dt == day
