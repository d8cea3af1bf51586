"""From rows of the queue to clocks: the facts at hand for each finding, and the one clock of each rule that ends first."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import zip_longest
from typing import Any

from detente.accord import clocks
from detente.accord.bod import bod_26_04
from detente.accord.document import Accord
from detente.accord.phrases import EXPOSED
from detente.model.clock import Assessment, Clock, Facts, Rating
from detente.model.estate import Service
from detente.model.finding import Severity

Row = Mapping[str, Any]
_EXPLOITATION = {"poc": "public poc", "active": "active", "none": "none"}


def facts(
    row: Row, service: Service | None, catalogue: Mapping[str, date], history: Sequence[Assessment] = ()
) -> Facts:
    """What is known of one finding: detection is its first sighting, release the first day any report states for its patch.

    `catalogue` holds the due dates of the KEV catalogue by CVE, `history` what was known of the service since when.
    """
    found = ratings(row["triaged"], history)
    return Facts(
        detected=row["first_seen"].replace(tzinfo=UTC),
        released=row["released"],
        published=row["published"],
        evaluated=found[0].at if found else None,
        ratings=found,
        exploitable=True if row["known"] else None,
        kev=bool(row["kev"]),
        listed=row["kev_added"],
        catalogue_due=catalogue.get(row["cve"] or row["vulnerability_name"]),
        exposure=service.exposure if service else None,
        automatable=row["automatable"],
        total=row["total"],
        severity=Severity(row["severity"]),
        exploitation=_EXPLOITATION.get(row["exploitation"] or ""),
        tier=service.tier if service else "",
        scope=service.scope if service else (),
    )


def ratings(triaged: datetime | None, history: Sequence[Assessment]) -> tuple[Rating, ...]:
    """The N-ratings of a finding that was first priced at `triaged` (UTC): from then on, or from when all was known.

    The first is its completed evaluation; empty when there was none.
    """
    if triaged is None:
        return ()
    priced = triaged.replace(tzinfo=UTC)
    return tuple(
        Rating(max(priced, one.at), one.rating)
        for one, following in zip_longest(history, history[1:])
        if one.rating is not None and one.exposure is not None and (following is None or following.at > priced)
    )


def evaluated(found: Iterable[Row], history: Sequence[Assessment]) -> tuple[Rating, ...]:
    """The N-ratings of findings as one grouping, since the last of them was evaluated; empty while one is not."""
    each = [ratings(triaged, history) for triaged in {row["triaged"] for row in found}]
    return max(each, key=lambda one: one[0].at) if each and all(each) else ()


def running(
    found: Iterable[Row],
    service: Service | None,
    accord: Accord,
    catalogue: Mapping[str, date],
    history: Sequence[Assessment] = (),
) -> tuple[Clock, ...]:
    """The clocks of a fix: of each regime and duty the one that ends first among its findings.

    Findings that differ by their detection alone share a look-up: an earlier detection never ends later.
    """
    first: dict[Facts, datetime] = {}
    for row in found if accord.regimes else ():
        stated = facts(row, service, catalogue, history)
        same = replace(stated, detected=datetime.min.replace(tzinfo=UTC))
        first[same] = min(first.get(same, stated.detected), stated.detected)
    every = [clock for same, at in first.items() for clock in clocks.due(replace(same, detected=at), accord)]
    kept: dict[tuple[str, str], Clock] = {}
    for clock in clocks.order(every):
        kept.setdefault((clock.regime, clock.duty), clock)
    return tuple(kept.values())


def told(running: tuple[Clock, ...], found: Iterable[Row], service: Service | None) -> str:
    """The binding clock in words; where no regime runs, what BOD 26-04 would ask, as advice."""
    bound = clocks.binding(running)
    if bound:
        return clocks.label(bound)
    exposed = service is None or service.exposure in (None, *EXPOSED)
    lines = [bod_26_04(bool(one["kev"]), exposed, bool(one["automatable"]), bool(one["total"])) for one in found]
    strictest = min(lines, key=lambda line: (line.days if line.days is not None else 10_000, not line.forensics))
    return f"BOD 26-04: {strictest.text}"
