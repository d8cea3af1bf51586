"""Public vulnerability intelligence: one file per source, read from files or downloaded.

A reader has a `NAME`, a `sniff(head)` that recognises its format by content, and `read(data, name, harvest)`, which puts
every record into the harvest and counts the ones it must refuse. It raises a `DetenteError` only when the file as a whole
cannot be trusted. `PIECES` says whether files of this format are parts of one state (a folder of CVE records) or a state each.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import pyarrow as pa

from detente.model.errors import DetenteError
from detente.model.intel import Kind
from detente.store.intel import SCHEMAS, Batch

CVE = re.compile(r"CVE-(?:19|20)\d{2}-\d{4,}")
Group = tuple[str, Kind]


@dataclass
class Harvest:
    """What files gave: whole batches, single rows by source and table, and refused records by reason.

    Rows of one source and table become one batch; its day is the latest that any of them carries, its version the last.
    """

    ready: list[Batch] = field(default_factory=list)
    rows: dict[Group, list[Mapping[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    days: dict[Group, date] = field(default_factory=dict)
    versions: dict[Group, str] = field(default_factory=dict)
    rejected: Counter[str] = field(default_factory=Counter)

    def add(self, name: str, kind: Kind, row: Mapping[str, Any], *days: date | None, version: str = "") -> None:
        """Put one row; `days` are the dates that its record carries."""
        group = (name, kind)
        self.rows[group].append(row)
        self.see(group, *days)
        if version:
            self.versions[group] = version

    def see(self, group: Group, *days: date | None) -> None:
        """The content of a group was known at the latest of these days."""
        known = [day for day in (*days, self.days.get(group)) if day is not None]
        if known:
            self.days[group] = max(known)

    def merge(self, other: "Harvest") -> None:
        """Take in what another file gave."""
        self.ready.extend(other.ready)
        for group, rows in other.rows.items():
            self.rows[group].extend(rows)
            self.see(group, other.days.get(group))
        self.versions |= other.versions
        self.rejected += other.rejected

    @contextmanager
    def record(self) -> Iterator[None]:
        """Read one record: if it is broken it is counted under its reason and left out, alone."""
        try:
            yield
        except (ValueError, TypeError, LookupError, AttributeError) as error:
            self.rejected[str(error) or type(error).__name__] += 1

    def stamp(self, day: date | None) -> None:
        """Date what carries no date itself."""
        self.ready = [batch if batch.as_of else replace(batch, as_of=day) for batch in self.ready]
        for group in self.rows:
            if group not in self.days:
                self.see(group, day)

    def close(self) -> list[Batch]:
        """Everything harvested as batches; rows to come belong to a new state."""
        for (name, kind), rows in self.rows.items():
            table = pa.Table.from_pylist(rows, schema=SCHEMAS[kind])
            self.ready.append(
                Batch(name, kind, table, self.versions.get((name, kind), ""), self.days.get((name, kind)))
            )
        self.rows.clear()
        return self.ready


def cve_id(text: object) -> str:
    """The id in its canonical form; ValueError if it is none."""
    found = str(text).strip().upper()
    if not CVE.fullmatch(found):
        raise ValueError("no CVE id")
    return found


def day(text: object) -> date | None:
    """The date a timestamp starts with; None for an empty one, ValueError for anything else."""
    return date.fromisoformat(str(text)[:10]) if text else None


def refused(name: str, why: str, do: str) -> DetenteError:
    """The error for a file that cannot be trusted as a whole."""
    return DetenteError(f"{name} was not imported", why, do, code="feed")
