"""Records on their way out of the house, to a collector of traces or a SIEM: what the database has, in order, each at least once.

How far a writer has come stands in the database; machines take turns by it. Who is away holds up nothing and loses nothing: the records lie
where they are, and the cursor goes on when it is back. What retention has removed by then is gone.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from detente.gateway import record as lines
from detente.gateway.record import Ended
from detente.store import exchanges, exports

LOG = logging.getLogger("detente.gateway")
PAGE, PIECE = 1000, 250
"""Records that are read, and that are sent, at once."""

TURN, LASTS = timedelta(seconds=5), timedelta(minutes=1)
"""How long one turn goes on where much waits, and how long others leave it to who has the turn."""

FIRST_S, LONGEST_S = 1.0, 300.0
"""The rest after a first failure, doubled with each, and the longest."""


class AwayError(Exception):
    """The other side takes nothing now; it may after `rest_s` seconds, if it has said so."""

    def __init__(self, why: str, rest_s: float | None = None) -> None:
        super().__init__(why)
        self.rest_s = rest_s


class RefusedError(Exception):
    """The other side will never take this."""


Writer = Callable[[Sequence[Ended]], int]
"""Sends records; gives how many of them the other side refused for good. Raises AwayError, RefusedError."""


Told = Callable[[int, int], None]
"""Hears how many records were taken just now, and how many the other side would not have."""


class Export:
    """One writer's way through the records."""

    def __init__(
        self, engine: Engine, name: str, writer: Writer, clock: Callable[[], datetime], told: Told = lambda *_: None
    ) -> None:
        self.name = name
        self._engine, self._writer, self._clock, self._told = engine, writer, clock, told
        self._rests, self._failures = datetime.min.replace(tzinfo=UTC), 0

    def turn(self) -> None:
        """Send what waits, for some seconds at most. Errors: those of the database."""
        ends = self._clock() + TURN
        while self._page() and self._clock() < ends:
            pass

    def _page(self) -> bool:
        """Some batches; whether more may be sent at once."""
        now = self._clock()
        if now < self._rests or not exports.due(self._engine, self.name):
            return False
        start = exports.take(self._engine, self.name, now, LASTS)
        if start is None:
            return False
        found, sent = exchanges.after(self._engine, start, PAGE), 0
        try:
            for at in range(0, len(found), PIECE):
                self._send([lines.whole(line) for _, line in found[at : at + PIECE]])
                sent = at + PIECE
        except AwayError as away:
            self._rest(away)
        exports.done(self._engine, self.name, _through([batch for batch, _ in found], sent, start))
        return sent >= len(found) > 0

    def _send(self, records: Sequence[Ended]) -> None:
        """Send these; where they are refused in one piece, find the one that is to blame, so that the others arrive."""
        try:
            refused = self._writer(records)
        except RefusedError as fault:
            if len(records) > 1:
                half = len(records) // 2
                self._send(records[:half])
                self._send(records[half:])
                return
            LOG.error("%s: %s is refused: %s", self.name, records[0].id, fault)
            refused = 1
        if self._failures:
            LOG.warning("%s: it is back", self.name)
        self._failures = 0
        self._told(len(records) - refused, refused)

    def _rest(self, away: AwayError) -> None:
        """Longer after each failure; said once."""
        if not self._failures:
            LOG.error("%s: %s; what waits is sent when it is back", self.name, away)
        rest_s = FIRST_S * 2**self._failures if away.rest_s is None else away.rest_s
        self._failures = min(self._failures + 1, 10)
        self._rests = self._clock() + timedelta(seconds=min(rest_s, LONGEST_S))


def _through(batches: Sequence[int], sent: int, start: int) -> int:
    """The last batch of which every record is sent."""
    if sent >= len(batches):
        return batches[-1] if batches else start
    return batches[sent] - 1
