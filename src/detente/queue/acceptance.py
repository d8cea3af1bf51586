"""What exceptions mean for the queue: the worst that is true of their findings, and which fixes may wait."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from typing import Any

from detente.accord.exceptions import WIDTH
from detente.model.estate import Service
from detente.model.exception import Situation
from detente.queue.rank import SPREAD_SHARE

Row = Mapping[str, Any]
_SIGNED, _WRAP = 1 << 63, 1 << 64


def number(name: str) -> int:
    """The signed 64-bit number in the name of a finding or fix. Raises ValueError for another name."""
    kind, _, digits = name.partition("-")
    if kind not in ("f", "x") or len(digits) != 16:
        raise ValueError(f"{name!r} names no finding or fix")
    value = int(digits, 16)
    return value - _WRAP if value >= _SIGNED else value


def situation(rows: Iterable[Row], services: Mapping[str, Service]) -> Situation:
    """The worst of each fact over the rows of excepted.sql; an asset of nobody has no stated exposure.

    The ranker speaks of becoming known exploited, which even at an EPSS of 0.97 is rare; who accepted a risk also asked to hear
    of any exploitation. So `p30` is the larger of both.
    """
    rows = list(rows)
    stated = [services[row["service_name"]].exposure if row["service_name"] in services else None for row in rows]
    known = any(row["known"] for row in rows)
    likeliest = max((max(row["h0"] / SPREAD_SHARE, row["epss"] or 0.0) for row in rows), default=0.0)
    return Situation(
        kev=any(row["kev"] for row in rows),
        exploited=known,
        p30=Decimal(1) if known else Decimal(repr(min(1.0, likeliest))),
        exposure=max(stated, key=lambda each: WIDTH[each], default=None),
    )


def waiting(
    rows: Iterable[Row], active: Collection[str], findings: Mapping[tuple[int, int], int]
) -> set[tuple[int, int]]:
    """The fixes (service, remedy) all of whose `findings` are under an active exception: those alone may wait."""
    covered: dict[tuple[int, int], set[int]] = defaultdict(set)
    for row in rows:
        if row["exception"] in active:
            covered[row["service"], row["remedy"]].add(row["finding"])
    return {fix for fix, ids in covered.items() if len(ids) == findings[fix]}
