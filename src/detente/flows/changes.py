"""What an ingest changed: findings new, seen again, reopened, and fixed because their scope no longer shows them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from pathlib import Path

import pyarrow as pa
from sqlalchemy import Engine as Database

from detente.queue import identity
from detente.queue.aliases import canonicals
from detente.store import segments
from detente.store.lake import Lake

_MEMORY = "64MB"


@dataclass(frozen=True, slots=True)
class Changes:
    """Counts of findings by what the report did to them."""

    new: int
    seen: int = 0
    reopened: int = 0
    fixed: int = 0


def text(name: str) -> str:
    """A question of the queue, as SQL."""
    return (files("detente.queue") / f"{name}.sql").read_text()


def reports(found: list[segments.Segment], priced: Mapping[str, datetime] | None = None) -> pa.Table:
    """Segments numbered in the order of what they report, with when each was first `priced`."""
    times = priced or {}
    looked = [times[one.digest].replace(tzinfo=None) if one.digest in times else None for one in found]
    return pa.table(
        {
            "report": pa.array([int(one.digest[:16], 16) - (1 << 63) for one in found], pa.int64()),
            "rank": pa.array(range(1, len(found) + 1), pa.int64()),
            "at": pa.array([one.at.replace(tzinfo=None) for one in found], pa.timestamp("us")),
            "triaged": pa.array(looked, pa.timestamp("us")),
        }
    )


def aliases(database: Database) -> pa.Table:
    """Every id's number beside that of its canonical name, where they differ."""
    pairs = canonicals(segments.alias_groups(database)).items()
    return pa.table(
        {
            "vuln": pa.array([identity.number(name) for name, _ in pairs], pa.int64()),
            "canonical": pa.array([identity.number(target) for _, target in pairs], pa.int64()),
        }
    )


def paths(lake: Lake, found: list[segments.Segment]) -> Sequence[Path]:
    """Where the segments lie."""
    return lake.files([one.path for one in found])


def count(database: Database, lake: Lake, segment: segments.Segment, findings: int) -> Changes:
    """Compare with the other segments that speak of the same assets; without any, everything is new."""
    sharing = segments.sharing(database, segment.digest)
    if len(sharing) < 2:
        return Changes(new=findings)
    from detente.store.engine import Engine  # a first report needs no comparison and no engine

    with Engine(lake.folder.parent / ".spool", memory=_MEMORY, threads=1) as engine:
        others = [one for one in sharing if one.digest != segment.digest]
        engine.bind({"aliases": aliases(database), "rows": paths(lake, others), "reports": reports(others)})
        engine.make("before", text("findings"))
        engine.make("known", text("known"))
        engine.bind({"rows": paths(lake, sharing), "reports": reports(sharing)})
        engine.make("after", text("findings"))
        engine.bind({"rows": paths(lake, [segment])})
        engine.make("mine", text("known"))
        answer = engine.ask(text("changes")).to_pylist()[0]
        return Changes(**answer)
