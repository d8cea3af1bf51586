"""A reading becomes rows of a segment, batch by batch, in memory that does not grow with the report."""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from detente.model.finding import Kind, Observation, Rejected, State
from detente.queue import intake, rows
from detente.queue.derive import derived
from detente.store.lake import Sink

_BATCH = 1_024  # observations held as objects at a time
_KEPT_REJECTS = 10_000  # of one report; counts stay exact beyond


@dataclass(slots=True)
class Writer:
    """Turns a reading into rows, batch by batch, and keeps only what grows slower than the report.

    The silence of a report that is not `is_whole`, a single record of one, closes nothing.
    """

    origin: rows.Origin
    is_whole: bool = True
    count: int = 0
    rejected: list[Rejected] = field(default_factory=list)
    assets: set[int] = field(default_factory=set)
    aliases: set[str] = field(default_factory=set)
    scopes: dict[tuple[str, str, str], bool] = field(default_factory=dict)
    keys: "array[int]" = field(default_factory=lambda: array("q"))

    def drain(self, reading: intake.Reading, sink: Sink) -> None:
        """Read to the end; the coverage rows come last, when all of it is known."""
        observations = self._observations(reading)
        while batch := list(islice(observations, _BATCH)):
            self._batch(batch, sink, succeeded=not reading.tally.truncated)
        tools = {tool for tool, _, _ in self.scopes} or {self.origin.tool}
        for scope in reading.coverage:
            if not scope.asset and not self.origin.asset and self.scopes:
                continue  # the records have named the assets that the head of the report could not
            asset = self.origin.of(scope.asset)
            self.scopes.update({(tool, asset, scope.target): scope.succeeded for tool in tools})
        if reading.tally.rejected or not self.is_whole:  # what was not read is unknown, not absent
            self.scopes = dict.fromkeys(self.scopes, False)
        columns = rows.covered(self.scopes, self.origin)
        self.assets.update(columns["asset"])
        sink(columns)

    def _observations(self, reading: intake.Reading) -> Iterator[Observation]:
        for item in reading.items:
            if isinstance(item, Observation):
                yield derived(item)
            elif len(self.rejected) < _KEPT_REJECTS:
                self.rejected.append(item)

    def _batch(self, batch: list[Observation], sink: Sink, *, succeeded: bool) -> None:
        columns = rows.columns(batch, self.origin)
        sink(columns)
        self.count += len(batch)
        self.assets.update(columns["asset"])
        self.aliases.update(ids for ids in columns["ids"] if " " in ids)
        places = zip(columns["tool"], columns["asset_name"], columns["target"], columns["kind"], strict=True)
        for tool, asset, target, kind in set(places):
            if kind != rows.KINDS[Kind.STATEMENT]:
                self.scopes[(tool, asset, target)] = succeeded
        open_code, statement = rows.STATES[State.OPEN], rows.KINDS[Kind.STATEMENT]
        state, kind = np.array(columns["state"], np.int8), np.array(columns["kind"], np.int8)
        key = np.array(columns["place"], np.int64) * np.int64(31) + np.array(columns["vuln"], np.int64)
        self.keys.frombytes(key[(state == open_code) & (kind != statement)].tobytes())

    def findings(self) -> int:
        """How many distinct findings the report shows open."""
        keys = np.frombuffer(self.keys, np.int64)
        keys.sort()  # in place: np.unique would hold the keys of a large report three times
        return len(keys) and int(np.count_nonzero(keys[1:] != keys[:-1])) + 1
