"""The records of a machine, once a second: one of its workers brings them to the database, counts them, sends them on, and removes what is old."""

import socket
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from detente.edge.clock import now as clock
from detente.edge.telemetry.settings import Telemetry
from detente.flows import log
from detente.flows.exporting import Export, Writer
from detente.flows.shipping import FOLDER, Shipper
from detente.flows.workspace import Workspace

if TYPE_CHECKING:
    from detente.edge.telemetry.metrics import Metrics
    from detente.gateway.record import Ended

_HOUR = timedelta(hours=1)


class Books:
    """Of one worker. `page` is a listening socket that all workers of the machine share: the one that reads the journal answers on it.

    That one alone also sends on; what that takes is loaded by it alone, and only where it is asked for.
    """

    def __init__(self, place: Workspace, page: socket.socket | None, telemetry: Telemetry) -> None:
        self._place, self._page, self._telemetry = place, page, telemetry
        self._shipper = Shipper(place.engine, place.folder / FOLDER, self._seen)
        self._metrics: Metrics | None = None
        self._pruned: datetime | None = None
        self._exports: dict[str, Export] = {}
        self._reads = False

    @property
    def exporters(self) -> Sequence[str]:
        """What is sent by itself."""
        return [name for name in ("traces", "events") if getattr(self._telemetry, name)]

    def turn(self, now: datetime) -> None:
        """Do what is due, if it is this worker that reads. Errors: those of the database; nothing is lost by them."""
        self._reads = self._shipper.reads
        if not self._reads:
            return
        if self._page and not self._metrics:
            from detente.edge.telemetry.metrics import Metrics  # only who counts pays for it

            self._metrics = Metrics()
            self._metrics.serve(self._page)
        try:
            done = self._shipper.turn(now)
        finally:
            if self._metrics:
                self._metrics.waiting(self._shipper.waiting())
        if self._metrics:
            self._metrics.turned(done, now)
        if self._pruned is None or now - self._pruned >= _HOUR:
            log.prune(replace(self._place), now)  # a copy reads the accord anew
            self._pruned = now

    def export(self, name: str) -> None:
        """Send what waits for this exporter, if this worker was the one that read in the last turn. Errors: as those of `turn`."""
        if not self._reads:
            return
        if name not in self._exports:
            self._exports[name] = Export(self._place.engine, name, self._writer(name), clock, partial(self._told, name))
        self._exports[name].turn()

    def close(self, now: datetime) -> None:
        """The last turn: what is there is brought in and sent; what nobody takes now is sent by the next gateway."""
        self.turn(now)
        for name in self.exporters:
            self.export(name)

    def _writer(self, name: str) -> Writer:
        traces, events = self._telemetry.traces, self._telemetry.events
        if name == "traces" and traces:
            from detente.edge.telemetry.traces import Traces

            return Traces(traces, self._telemetry.resource)
        from detente.edge.telemetry.events import writer

        assert events
        return writer(events)

    def _seen(self, records: "Sequence[Ended]") -> None:
        if self._metrics:
            self._metrics.seen(records)

    def _told(self, name: str, sent: int, refused: int) -> None:
        if self._metrics:
            self._metrics.exported(name, sent, refused)
