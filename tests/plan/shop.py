"""Small planning problems, drawn at random."""

from datetime import date
from random import Random

from detente.model.plan import Costs, Job, Lane, Problem, Rules, Service, Squad

LANES = {"normal": Lane(lead=2, canary=1, lookback=4), "express": Lane(lead=0, canary=0, lookback=0)}


def problem(seed: int, jobs: int = 5, days: int = 14, exchange: float = 1.0) -> Problem:
    """A problem in which every constraint may bind."""
    random = Random(seed)
    squads, count = 1 + seed % 2, 3
    weeks, months = -(-days // 7), -(-days // 10)
    services = tuple(
        Service(
            id=f"service-{place}",
            squad=f"squad-{place % squads}",
            minute_cost=random.choice((10.0, 100.0, 1000.0)),
            open=tuple(sorted(random.sample(range(days), 4))),
            release_minutes=random.uniform(0, 1),
            release_hours=random.choice((0.0, 2.0)),
            budget_minutes=tuple(random.uniform(0.5, 4) for _ in range(months)),
            frozen=frozenset(random.sample(range(days), place)),
        )
        for place in range(count)
    )
    return Problem(
        day0=date(2026, 11, 23),
        days=days,
        rules=Rules(prep_share=0.6, gap_days=1, week_days=7, month_days=10, lanes=LANES),
        costs=Costs(labour_hour=110, age_floor=0.35, age_tau_days=10, never_days=30, exchange=exchange),
        frozen=frozenset(random.sample(range(days), 4)),
        releases=tuple(random.choice((1, 1, 3)) for _ in range(days)),
        squads=tuple(
            Squad(id=f"squad-{place}", hours=tuple(random.uniform(4, 14) for _ in range(weeks)))
            for place in range(squads)
        ),
        services=services,
        jobs=tuple(_job(random, place, count) for place in range(jobs)),
        precedence=tuple(
            (f"fix-{first}", f"fix-{then}")
            for first in range(jobs)
            for then in range(first + 1, jobs)
            if random.random() < 0.1
        ),
    )


def _job(random: Random, place: int, services: int) -> Job:
    return Job(
        id=f"fix-{place}",
        service=f"service-{random.randrange(services)}",
        effort_hours=random.uniform(1, 12),
        breach_day=random.choice((1.0, 20.0, 300.0)),
        risk_minutes=random.uniform(0, 3),
        patch_age_days=random.randrange(30),
        due=random.choice((None, -3, 5, 10)),
        late_day=random.choice((0.0, 50.0)),
        cvss=random.uniform(2, 10),
        lane=random.choice(("normal", "normal", "express")),
        earliest=random.choice((0, 0, 1)),
        override=random.choice((0, 0, 6)),
        express=random.choice((None, "express")),
        express_minutes=random.uniform(0, 6),
    )
