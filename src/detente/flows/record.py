"""Writing exchanges down: before a prompt leaves, and before its answer ends. Between the two, only the death of the gateway can come.

    entry = recorder.open(caller, now)                       # entry.id is told to the client
    entry.leaves(exchange.record(), body)                    # the prompt is about to be sent on
    entry.ends(exchange.record(), charge, course, answer)    # the last bytes are about to be given

What cannot be written down does not happen where the accord says so (`on_failure.record: closed`); elsewhere it is counted, and the
count is written as soon as the disk takes it.
"""

import hmac
from datetime import UTC, datetime, timedelta
from os import urandom
from typing import Any

import msgspec

from detente.flows import secrets
from detente.gateway import record as lines
from detente.gateway.admission import Caller, Charge, Journal
from detente.gateway.exchange import Record
from detente.gateway.record import VERSION, Course, Lost, Sealed
from detente.model.errors import DetenteError

MOST = 1 << 20
"""Bytes of a prompt, and of an answer, that are kept at most."""


class Texts(msgspec.Struct, frozen=True, array_like=True):
    """What left the house and what came back, both with placeholders, up to MOST bytes; the record has the whole sizes."""

    sent: bytes
    came: bytes


def sealing(key: bytes) -> bytes:
    """The key for kept texts, from the tenant's own (HKDF-Expand of RFC 5869, one block)."""
    return hmac.digest(key, b"kept texts\x01", "sha256")


class Recorder:
    """Of one worker. `lost` counts exchanges that went on without a record and are not told yet."""

    def __init__(self, journal: Journal) -> None:
        self._journal, self.lost = journal, 0

    def open(self, caller: Caller, now: float, trace: bytes = b"") -> "Entry":
        """An exchange begins; `now` is seconds since 1970, `trace` a client's `traceparent`. Nothing is written yet."""
        return Entry(self, lines.named(now, urandom(6)), caller, now, trace)

    def write(self, line: lines.Line, now: float, *, needed: bool) -> None:
        """Write a line, and before it how many were lost. Errors: `gateway-record`, for one that is needed."""
        try:
            if self.lost:
                self._journal.write(lines.write(Lost(v=VERSION, at=datetime.fromtimestamp(now, UTC), n=self.lost)))
                self.lost = 0
            self._journal.write(lines.write(line))
        except OSError as error:
            if needed:
                why = f"{error.strerror or 'The disk refuses'}, and the accord lets nothing happen without a record."
                do = "Tell whoever runs the gateway: the disk of its journal is full or broken."
                raise DetenteError("The exchange cannot be recorded", why, do, code="gateway-record") from error
            self.lost += not isinstance(line, Sealed)


class Entry:
    """One exchange. `keeps` says whether the accord keeps its texts: only then `leaves` and `ends` need them."""

    __slots__ = ("_at", "_caller", "_known", "_recorder", "_sent", "_trace", "id", "keeps")

    def __init__(self, recorder: Recorder, name: str, caller: Caller, now: float, trace: bytes) -> None:
        self.id, self.keeps = name, caller.policy.keeps_s > 0
        self._recorder, self._caller, self._at = recorder, caller, now
        self._known: dict[str, Any] = {}
        self._sent, self._trace = b"", trace

    def leaves(self, record: Record, body: bytes = b"") -> None:
        """The prompt is about to be sent on; a second time says nothing new. Errors: `gateway-record`; then it must not be sent."""
        if not self._known:
            known = lines.facts(self.id, self._at, self._caller, record, self._trace)
            self._recorder.write(lines.begun(known, record), self._at, needed=self._caller.policy.recorded)
            self._known, self._sent = known, body if self.keeps else b""

    def ends(
        self, record: Record, charge: Charge | None, course: Course, answer: bytes = b"", *, whole: bool = True
    ) -> None:
        """The exchange is over, whether or not its prompt left; `whole` says that its answer is about to end well.

        Errors: `gateway-record` for a whole answer; then it must not end well. For any other there is nothing left to withhold.
        """
        caller, at, left = self._caller, self._at, bool(self._known)
        needed = whole and left and caller.policy.recorded
        if self._sent:
            self._recorder.write(self._sealed(answer), at, needed=needed)
        known = self._known or lines.facts(self.id, at, caller, record, self._trace)
        self._recorder.write(
            lines.ended(known, caller, record, charge=charge, course=course, left=left), at, needed=needed
        )

    def _sealed(self, answer: bytes) -> Sealed:
        caller = self._caller
        texts = msgspec.msgpack.encode(Texts(self._sent[:MOST], answer[:MOST]))
        until = datetime.fromtimestamp(self._at, UTC) + timedelta(seconds=caller.policy.keeps_s)
        sealed = secrets.wrapped(sealing(caller.key), self.id, texts)
        return Sealed(v=VERSION, id=self.id, tenant=caller.tenant, until=until, text=sealed)
