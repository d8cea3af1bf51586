"""What ships and why: a plan, the gate's answers, rollouts; and when a fix is to ship, with the price of the days around."""

from collections.abc import Iterator
from decimal import Decimal

from detente.flows import plan as plans
from detente.flows.plan import Made
from detente.flows.why.desk import MOST, Desk
from detente.model.chain import Chain, Link, Part
from detente.model.change import Step
from detente.model.money import Money
from detente.model.plan import Shift
from detente.plan import explain, revise, rollout
from detente.store import decisions, rollouts


def plan(desk: Desk, name: str) -> Chain | None:
    """The chain behind a kept plan: what it comes to, what moved since the one before and why, from which it follows."""
    made = plans.get(desk.workspace, name) if name.startswith("p-") else None
    if made is None:
        return None
    found, objective = made.plan, made.plan.objective
    costs = {
        "breach while open": objective.breach,
        "outage": objective.outage_cost,
        "late": objective.lateness,
        "labour": objective.labour + objective.release_labour,
    }
    proven = f"no plan is more than {found.gap:.2%} cheaper"
    parts = (
        Part(
            "What it costs", (*(Link(what, _money(made, each)) for what, each in costs.items()), Link("bound", proven))
        ),
        Part(f"What moved since {found.parent or 'nothing'}", tuple(_moves(made))),
        Part("What it stands on", tuple(_ground(made))),
    )
    ships = f"{objective.done} of {len(found.days)} fixes ship by {objective.releases} releases"
    return Chain(name, f"plan of {made.at:%Y-%m-%d %H:%M} UTC: {ships}, {_money(made, objective.total)} in all", parts)


def _moves(made: Made) -> Iterator[Link]:
    for move in made.plan.moves[:MOST]:
        before, after = (day.isoformat() if day else "no day" for day in (move.before, move.after))
        yield Link(move.job, f"{before} to {after}", move.why)


def _ground(made: Made) -> Iterator[Link]:
    problem = made.problem
    yield Link("horizon", f"{problem.days} days from {problem.day0}")
    yield Link("exchange rate", f"{problem.costs.exchange:g}", "the accord: prices.exchange_rate")
    yield Link("frozen", f"{len(problem.frozen)} days for everything", "the accord: change.freeze")
    for squad in problem.squads:
        yield Link(squad.id, f"{squad.hours[0]:.0f} hours in the first week", "estate: capacity")
    yield from (Link("note", note) for note in made.notes)


def when(desk: Desk, fix: str) -> Part:
    """When a fix ships by the plan that counts, and what the next open days before and after would cost."""
    made = plans.latest(desk.workspace)
    if made is None or fix not in made.plan.days:
        return Part("When it ships", ())
    day = made.plan.days[fix]
    days = revise.numbers(made.problem, made.plan)
    source = "everything else laid again around it"
    others = explain.neighbours(made.problem, days, fix)
    planned = Link("planned", day.isoformat() if day else "no day within the horizon", f"plan {made.id}")
    return Part(
        "When it ships",
        (planned, *(Link("instead", f"{each.day}: {_shifted(made, each)}", source) for each in others)),
    )


def _shifted(made: Made, shift: Shift) -> str:
    if shift.cost is None:
        return f"not possible: {', '.join(shift.lacks)}"
    return f"at most {_money(made, shift.cost)} more" if shift.cost >= 0 else f"saves {_money(made, -shift.cost)}"


def gate(desk: Desk, name: str) -> Chain | None:
    """The chain behind an answer of the gate, as it was given and signed."""
    found = decisions.decision(desk.workspace.engine, name) if name.startswith("g-") else None
    if found is None:
        return None
    told = found["answer"]
    asked = Part(
        "What was asked",
        (
            Link("service", told["service"]),
            Link("change", told["change"] or "none named", told["kind"]),
            Link("asked", told["asked"], f"holds until {told['expires']}"),
        ),
    )
    reasons = tuple(Link(one["rule"], one["fact"], one["source"]) for one in told["reasons"])
    conditions = tuple(Link("condition", text) for text in told["conditions"])
    given = tuple(Link(what, digest, "sha256") for what, digest in sorted(found["inputs"].items()))
    parts = (
        asked,
        Part("Why", (*reasons, *conditions)),
        Part("Decided from", (Link("accord", told["accord"], told["standing"]), *given)),
    )
    until = f" {told['until']}" if told["until"] else ""
    return Chain(name, f"the gate said {told['answer']}{until} to {told['service']}", parts)


def change(desk: Desk, name: str) -> Chain | None:
    """The chain behind a rollout: every step it took, and on which evidence."""
    events = rollouts.events(desk.workspace.engine, name).get(name, ()) if name.startswith("r-") else ()
    if not events:
        return None
    one = rollout.fold(name, events)
    steps = (Link(f"{event.at:%Y-%m-%d %H:%M}", str(event.step), str(event.facts.get("why", ""))) for event in events)
    order = one.order
    parts = (
        Part(
            "What is rolled out",
            (Link("change", order.change.id, order.change.kind), Link("service", order.change.service)),
        ),
        Part(
            "How it is judged",
            (Link("false alarms", f"at most {order.alpha:.1%} of healthy rollouts", "change.rollback_when"),),
        ),
        Part("What happened", tuple(step for step in steps if step.value != Step.OBSERVED)),
    )
    return Chain(
        name, f"{order.change.id} on {order.change.service}: {one.state} in {one.stage}. {one.why}".strip(), parts
    )


def _money(made: Made, amount: float) -> str:
    return str(Money(Decimal(str(round(amount, 2))), made.problem.costs.currency))
