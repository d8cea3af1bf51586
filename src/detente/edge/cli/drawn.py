"""A plan for people: week by week what ships and who has how much to do, what it costs, which clocks it misses, and the frontier."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from detente.model.count import counted
from detente.model.money import Money

if TYPE_CHECKING:
    from detente.model.plan import Job, Plan, Problem
    from detente.plan.columns import Ints

WIDTH = 28  # of a bar on the frontier
LOAD = 8  # of a squad's bar
NAME = 64  # of a fix on one line
SHOWN = 5  # fixes named in one place
MONTH_DAYS = 30


@dataclass(frozen=True)
class Sheet:
    """What there is to draw: a plan, its problem, and its fixes in words."""

    problem: "Problem"
    plan: "Plan"
    days: "Ints"
    names: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def money(self, amount: float) -> str:
        """An amount with its currency."""
        return money(amount, self.problem.costs.currency)

    def date(self, day: int) -> str:
        """A day of the plan in words."""
        return f"{self.problem.day0 + timedelta(day):%a %d %b}"


def draw(sheet: Sheet, told: Mapping[str, Any]) -> None:
    """Print the plan and whatever was asked beside it."""
    blocks = [calendar(sheet), fate(sheet), costs(sheet)]
    if told["moves"] and told["parent"]:
        blocks.append(moves(sheet, told))
    if told["frontier"]:
        blocks.append(frontier(told, sheet.problem.costs.currency))
    if "why" in told:
        blocks.append(reasons(told["why"], sheet.problem.costs.currency))
    blocks.append(f"note: {note}" for note in sheet.notes)
    print("\n\n".join(text for block in blocks if (text := "\n".join(block))))


def calendar(sheet: Sheet) -> Iterator[str]:
    """Week by week: the load of every squad, then a line per day and service."""
    from detente.plan.columns import hurried
    from detente.plan.workload import workload

    load, rules = workload(sheet.problem, sheet.days), sheet.problem.rules
    services = {service.id: service for service in sheet.problem.services}
    fast = hurried(sheet.problem)
    lines: dict[int, dict[str, list[tuple[Job, bool]]]] = defaultdict(lambda: defaultdict(list))
    for place, (job, day) in enumerate(zip(sheet.problem.jobs, sheet.days.tolist(), strict=True)):
        if day >= 0:
            lines[day][job.service].append((job, bool(fast[place, day])))
    weeks: dict[int, list[int]] = defaultdict(list)
    for day in sorted(lines):
        weeks[(day + rules.week_begun) // rules.week_days].append(day)
    for place, (week, days) in enumerate(weeks.items()):
        yield ("\n" if place else "") + _heading(sheet, week, load)
        for day in days:
            for number, (service, jobs) in enumerate(sorted(lines[day].items())):
                when = sheet.date(day) if not number else ""
                yield f"  {when:<10}  {service:<16} {services[service].squad:<12} {_release(sheet, jobs)}"
    if lines:
        yield "\nHours that a week leaves over may be used later."


def _heading(sheet: Sheet, week: int, load: Mapping[str, tuple[float, ...]]) -> str:
    rules = sheet.problem.rules
    first = week * rules.week_days - rules.week_begun
    first, last = max(first, 0), min(first + rules.week_days, sheet.problem.days) - 1
    parts = [
        f"{squad.id} {bar(load[squad.id][week] / squad.hours[week] if squad.hours[week] else 0, LOAD):<{LOAD}} "
        f"{load[squad.id][week]:.0f} of {squad.hours[week]:.0f} h"
        for squad in sheet.problem.squads
        if load[squad.id][week] > 0
    ]
    return f"{sheet.date(first)} to {sheet.date(last)}   {'   '.join(parts)}".rstrip()


def _release(sheet: Sheet, found: "list[tuple[Job, bool]]") -> str:
    """The fixes of one release: the dearest by name, what all of them end a month, and how many are in a hurry."""
    jobs, hasty = [job for job, _ in found], sum(fast for _, fast in found)
    ordered = sorted(jobs, key=lambda job: (-job.breach_day, job.id))
    name = sheet.names.get(ordered[0].id, ordered[0].id).replace(f" on {jobs[0].service}", "")
    name = name if len(name) <= NAME else f"{name[: NAME - 1]}…"
    more = f" and {len(jobs) - 1} more" if len(jobs) > 1 else ""
    fast = (" (express)" if hasty == len(jobs) else f" ({hasty} express)") if hasty else ""
    return f"{sheet.money(MONTH_DAYS * sum(job.breach_day for job in jobs)):>18} a month  {name}{more}{fast}"


def fate(sheet: Sheet) -> Iterator[str]:
    """How many fixes ship, in time or late, and the clocks that are missed, each with the cheapest way to meet it."""
    from detente.plan.missed import missed, tally

    found, days = tally(sheet.problem, sheet.days), sheet.problem.days
    if not sheet.problem.jobs:
        yield "There is nothing to plan: no fix of the queue is escalated."
        return
    fixes = counted(len(sheet.problem.jobs), "fix", "fixes")
    yield f"{found.planned} of {fixes} will ship within {days} days, {found.in_time} of them before their clock ends."
    if found.overdue:
        yield f"{found.overdue} were late before this plan began."
    if found.idle:
        yield f"{found.idle} cost more to ship than they save, or find no room."
    if found.stuck:
        yield f"{found.stuck} have no day on which they could ship."
    if found.late:
        yield f"{found.late} miss a clock that still runs{', the dearest' if found.late > SHOWN else ''}:"
    for each in missed(sheet.problem, sheet.days, SHOWN):
        when = "never" if each.day is None else sheet.date(each.day)
        yield f"  {sheet.names.get(each.job.id, each.job.id)}: due {sheet.date(each.job.due or 0)}, ships {when}"
        if each.relief is None:
            yield "    in time on no day, whatever is relaxed: ask for an exception, or for another end of its clock"
        else:
            yield f"    in time on {each.relief.day:%a %d %b} for {sheet.money(each.relief.cost)}: {each.relief.what}"


def costs(sheet: Sheet) -> Iterator[str]:
    """What the plan costs, part by part, and how far it can be from the best."""
    objective = sheet.plan.objective
    parts = {
        "breach while open": objective.breach,
        "outage": objective.outage_cost,
        "late": objective.lateness,
        "labour": objective.labour + objective.release_labour,
        "in all": objective.total,
    }
    for name, amount in parts.items():
        yield f"{name:<18} {sheet.money(amount):>24}"
    yield f"{counted(objective.releases, 'release')}, {objective.outage_minutes:.1f} minutes of outage expected."
    yield f"Proven: no plan is more than {sheet.plan.gap:.2%} cheaper."


def moves(sheet: Sheet, told: Mapping[str, Any]) -> Iterator[str]:
    """What the plan does otherwise than the one before, and why."""
    yield f"{counted(len(told['moves']), 'fix', 'fixes')} moved since {told['parent']}:"
    for move in told["moves"][:SHOWN]:
        before, after = (f"{day:%a %d %b}" if day else "no day" for day in (move["before"], move["after"]))
        yield f"  {sheet.names.get(move['job'], move['job'])}: {before} to {after}, {move['why']}"
    if len(told["moves"]) > SHOWN:
        yield f"  and {len(told['moves']) - SHOWN} more: `--json` lists them"


def frontier(told: Mapping[str, Any], currency: str) -> Iterator[str]:
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


def reasons(why: Mapping[str, Any], currency: str) -> Iterator[str]:
    """What other days cost, and what to relax."""
    due = "late before this plan began" if why["overdue"] else f"due {why['due'] or 'at no time'}"
    yield f"{why['fix']}: planned {why['day'] or 'never'}, {due}"
    for shift in why["shifts"]:
        if shift["cost"] is None:
            yield f"  {shift['day']}: not possible ({', '.join(shift['lacks'])})"
        else:
            moved = f", moves {', '.join(shift['moved'][:SHOWN])}" if shift["moved"] else ""
            yield f"  {shift['day']}: at most {money(shift['cost'], currency)} more{moved}"
    for relief in why["reliefs"]:
        yield f"  in time on {relief['day']} for {money(relief['cost'], currency)}: {relief['what']}"


def bar(share: float, width: int = WIDTH) -> str:
    """A bar of eighths of a character."""
    eighths = round(max(0.0, min(1.0, share)) * width * 8)
    return "█" * (eighths // 8) + (" ▏▎▍▌▋▊▉"[eighths % 8] if eighths % 8 else "")


def money(amount: float, currency: str) -> str:
    """An amount in whole cents."""
    return str(Money(Decimal(str(round(amount, 2))), currency))
