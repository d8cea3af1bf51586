"""Why a plan, an answer of the gate and a rollout are what they are; and when a fix ships."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from detente.flows import gate, rollout
from detente.flows import plan as plans
from detente.flows.rollout import Look
from detente.flows.why import why
from detente.flows.workspace import Workspace
from detente.model.chain import Chain
from detente.model.change import Change, Counts, Purpose, Stage
from detente.model.errors import DetenteError
from detente.model.plan import Problem
from detente.plan.columns import columns
from detente.plan.gate import Ask
from detente.plan.solve import QUICK, Budget, Solution, steps
from shop import shop

MONDAY = datetime(2026, 3, 9, 9, tzinfo=UTC)


def solve(problem: Problem) -> Solution:
    *_, last = steps(columns(problem), QUICK, Budget())
    return last


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return shop(tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="module")
def made(company: Workspace) -> plans.Made:
    return plans.make(company, MONDAY, 28, solve)


def told(chain: Chain) -> Mapping[str, dict[str, str]]:
    return {part.title: {link.what: link.value for link in part.links} for part in chain.parts}


def test_a_plan_says_what_it_costs_and_stands_on(company: Workspace, made: plans.Made) -> None:
    chain = why(company, MONDAY, made.id)
    assert chain.headline.startswith("plan of 2026-03-09 09:00 UTC: 1 of 1 fixes ship by 1 releases")
    assert told(chain)["What it costs"]["bound"] == "no plan is more than 0.00% cheaper"
    assert told(chain)["What it stands on"]["horizon"] == "28 days from 2026-03-09"


def test_a_fix_says_when_it_ships_and_what_another_day_costs(company: Workspace, made: plans.Made) -> None:
    ((fix, day),) = made.plan.days.items()
    (part,) = (part for part in why(company, MONDAY, fix).parts if part.title == "When it ships")
    assert [part.links[0].value, part.links[0].source] == [str(day), f"plan {made.id}"]
    assert day is not None
    assert part.links[1].value.startswith(f"{day + timedelta(1)}: at most ")
    assert part.links[1].value.endswith("EUR more")


def test_an_answer_of_the_gate_says_what_it_was_decided_from(company: Workspace) -> None:
    answer = gate.decide(company, Ask(service="checkout", change="x-1", purpose=Purpose.FIX), MONDAY)
    chain = why(company, MONDAY, answer["id"])
    assert chain.headline == f"the gate said {answer['answer']} to checkout"
    assert told(chain)["What was asked"]["change"] == "x-1"
    assert set(told(chain)["Decided from"]) == {"accord", "estate", "facts", "risk"}
    assert set(told(chain)["Why"]) == {reason["rule"] for reason in answer["reasons"]} | {
        "condition" for _ in answer["conditions"]
    }


def test_a_rollout_says_what_took_it_back(company: Workspace) -> None:
    order = rollout.order(company, Change(id="2.4.1", service="checkout"), start=Stage.CANARY)
    one = rollout.start(company, order, MONDAY)
    seen = MONDAY + timedelta(minutes=1)
    one = rollout.observe(company, one, Look(Counts(300, 9, 2700, 5)), seen)
    rollout.advance(company, one, rollout.Hands(lambda: seen))
    chain = why(company, MONDAY, one.id)
    assert "rolled back in canary. the canary fails more often than its control group" in chain.headline
    assert list(told(chain)["What happened"].values()) == ["started", "rolled back"]


@pytest.mark.parametrize("name", ["p-0000000000000000", "g-0000000000000000", "r-000000000000"])
def test_what_is_not_there_is_not_invented(company: Workspace, name: str) -> None:
    with pytest.raises(DetenteError, match="Nothing here is called"):
        why(company, MONDAY, name)
