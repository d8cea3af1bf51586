"""When reports were first priced, and what was known of each service since when: only ever added to."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, Engine, insert, select

from detente.model.clock import Assessment
from detente.model.estate import Exposure
from detente.store import tables
from detente.store.database import reading


def times(engine: Engine) -> dict[str, datetime]:
    """When the findings of each segment were first priced."""
    table = tables.evaluation
    with reading(engine) as connection:
        return {row.segment: row.at for row in connection.execute(select(table.c.segment, table.c.at))}


def history(engine: Engine) -> dict[str, tuple[Assessment, ...]]:
    """What was known of each service, oldest first."""
    table = tables.assessment
    found: dict[str, list[Assessment]] = defaultdict(list)
    with reading(engine) as connection:
        for row in connection.execute(select(table).order_by(table.c.service, table.c.number)):
            exposure = Exposure(row.exposure) if row.exposure else None
            found[row.service].append(Assessment(row.at, row.rating, exposure))
    return {service: tuple(told) for service, told in found.items()}


def keep(connection: Connection, segments: Iterable[str], accord: str, at: datetime) -> None:
    """Note that these were priced. Raises IntegrityError when somebody else has noted one of them meanwhile."""
    rows = [{"segment": segment, "accord": accord, "at": at} for segment in segments]
    if rows:
        connection.execute(insert(tables.evaluation), rows)


def assess(
    connection: Connection, found: Mapping[str, Assessment], before: Mapping[str, Sequence[Assessment]], accord: str
) -> None:
    """Note what is now known of services, after what was known `before`. Raises IntegrityError as `keep` does."""
    rows = [
        {
            "service": service,
            "number": len(before.get(service, ())),
            "at": one.at,
            "rating": one.rating,
            "exposure": one.exposure.value if one.exposure else None,
            "accord": accord,
        }
        for service, one in found.items()
    ]
    if rows:
        connection.execute(insert(tables.assessment), rows)
