"""A plan for people: the calendar day by day, what it costs, and the frontier as bars."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from detente.model.money import Money

if TYPE_CHECKING:
    from detente.model.plan import Plan, Problem

WIDTH = 28  # of a bar
SHOWN = 5  # fixes named per day and service


def draw(problem: "Problem", found: "Plan", told: Mapping[str, Any]) -> None:
    """Print the plan and whatever was asked beside it."""
    for line in (*calendar(problem, found), "", *costs(problem, found)):
        print(line)
    if told["frontier"]:
        print("\n" + "\n".join(frontier(told, problem.costs.currency)))
    if "why" in told:
        print("\n" + "\n".join(reasons(told["why"], problem.costs.currency)))


def calendar(problem: "Problem", found: "Plan") -> Iterable[str]:
    """One line per day and service, then what is left out."""
    services = {job.id: job.service for job in problem.jobs}
    days: dict[date, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for job, day in found.days.items():
        if day is not None:
            days[day][services[job]].append(job)
    for day in sorted(days):
        for number, (service, jobs) in enumerate(sorted(days[day].items())):
            named = ", ".join(sorted(jobs)[:SHOWN]) + (f" and {len(jobs) - SHOWN} more" if len(jobs) > SHOWN else "")
            yield f"{day:%a %Y-%m-%d}" * (not number) + " " * 14 * bool(number) + f"  {service:<16} {named}"
    left = sum(day is None for day in found.days.values())
    yield f"{left} of {len(found.days)} fixes do not pay within {problem.days} days."


def costs(problem: "Problem", found: "Plan") -> Iterable[str]:
    """What the plan costs, part by part, and how far it can be from the best."""
    objective, currency = found.objective, problem.costs.currency
    parts = {
        "breach while open": objective.breach,
        "outage": objective.outage_cost,
        "late": objective.lateness,
        "labour": objective.labour + objective.release_labour,
        "in all": objective.total,
    }
    for name, amount in parts.items():
        yield f"{name:<18} {money(amount, currency):>24}"
    yield f"{objective.releases} releases, {objective.outage_minutes:.1f} minutes of outage expected, {objective.on_time} fixes on time."
    yield f"Proven: no plan is more than {found.gap:.2%} cheaper."


def frontier(told: Mapping[str, Any], currency: str) -> Iterable[str]:
    """Outage against breach as two bars per plan; `*` is the signed exchange rate."""
    points = [*told["frontier"], {"exchange": None, "tangent": False, **told["severity_first"]}]
    outage, breach = (max(point[name] for point in points) or 1.0 for name in ("outage_cost", "breach"))
    yield f"{'exchange':>10}  {'outage':<{WIDTH}} {'':>22} {'':>8}  {'breach':<{WIDTH}}"
    for point in points:
        name = "CVSS first" if point["exchange"] is None else f"{point['exchange']:g}" + "*" * point["tangent"]
        left, right = bar(point["outage_cost"] / outage), bar(point["breach"] / breach)
        lost = f"{point['outage_minutes']:.0f} min"
        yield (
            f"{name:>10}  {left:<{WIDTH}} {money(point['outage_cost'], currency):>22} {lost:>8}  "
            f"{right:<{WIDTH}} {money(point['breach'], currency):>24}"
        )


def reasons(why: Mapping[str, Any], currency: str) -> Iterable[str]:
    """What other days cost, and what to relax."""
    yield f"{why['fix']}: planned {why['day'] or 'never'}, due {why['due'] or 'at no time'}"
    for shift in why["shifts"]:
        if shift["cost"] is None:
            yield f"  {shift['day']}: not possible ({', '.join(shift['lacks'])})"
        else:
            moved = f", moves {', '.join(shift['moved'][:SHOWN])}" if shift["moved"] else ""
            yield f"  {shift['day']}: at most {money(shift['cost'], currency)} more{moved}"
    for relief in why["reliefs"]:
        yield f"  in time on {relief['day']} for {money(relief['cost'], currency)}: {relief['what']}"


def bar(share: float) -> str:
    """A bar of eighths of a character."""
    eighths = round(max(0.0, min(1.0, share)) * WIDTH * 8)
    return "█" * (eighths // 8) + (" ▏▎▍▌▋▊▉"[eighths % 8] if eighths % 8 else "")


def money(amount: float, currency: str) -> str:
    """An amount in whole cents."""
    return str(Money(Decimal(str(round(amount, 2))), currency))
