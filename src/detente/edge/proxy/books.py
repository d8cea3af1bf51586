"""The records of a machine, once a second: brought to the database by one of its workers, counted there, and removed when their time is over."""

import socket
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from detente.flows import log
from detente.flows.shipping import FOLDER, Shipper
from detente.flows.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from detente.edge.telemetry.metrics import Metrics
    from detente.gateway.record import Ended

_HOUR = timedelta(hours=1)


class Books:
    """Of one worker. `page` is a listening socket that all workers of the machine share: the one that reads the journal answers on it."""

    def __init__(self, place: Workspace, page: socket.socket | None) -> None:
        self._place, self._page = place, page
        self._shipper = Shipper(place.engine, place.folder / FOLDER, self._seen)
        self._metrics: Metrics | None = None
        self._pruned: datetime | None = None

    def turn(self, now: datetime) -> None:
        """Do what is due, if it is this worker that reads. Errors: those of the database; nothing is lost by them."""
        if not self._shipper.reads:
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

    def _seen(self, records: "Sequence[Ended]") -> None:
        if self._metrics:
            self._metrics.seen(records)
