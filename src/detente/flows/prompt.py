"""The sentence prompt -> verdict -> answer -> record: one exchange, from whose key it is to what is written down of it."""

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

from msgspec.structs import replace

from detente.flows.record import MOST, Recorder
from detente.gateway.admission import Ask, Caller, Charge, Gatekeeper, Reservation
from detente.gateway.dialects import Endpoint
from detente.gateway.dialects.dialect import JSON, Dialect
from detente.gateway.exchange import Answer, Exchange, Upstream
from detente.gateway.inspect import Inspector, Scanner
from detente.gateway.record import Course
from detente.gateway.verdict import UnscannedError
from detente.model.errors import DetenteError
from detente.model.verdict import Hit

STATUS = {
    "gateway-key": 401,
    "login": 401,
    "gateway-model": 403,
    "gateway-path": 404,
    "gateway-unserved": 404,
    "gateway-slow": 408,
    "gateway-size": 413,
    "gateway-encoding": 415,
    "gateway-budget": 429,
    "gateway-rate": 429,
    "gateway-upgrade": 426,
    "gateway-fault": 500,
    "gateway-upstream": 502,
    "gateway-busy": 503,
    "gateway-record": 503,
    "gateway-silent": 504,
}
"""The HTTP status of each refusal; any other is 400."""

GONE = 499
"""The status of an exchange that its client left (as nginx has it)."""

AGAIN = frozenset({"gateway-rate", "gateway-slow", "gateway-upstream", "gateway-busy", "gateway-silent"})
"""Refusals after which the same request may go through a little later."""


def refusal(dialect: Dialect, fault: DetenteError) -> Answer:
    """A refusal in the client's dialect."""
    status = STATUS.get(fault.code, 400)
    return Answer(status, JSON, dialect.error(status, str(fault), fault.code.replace("-", "_")))


class Patient:
    """A scanner that gives up once the texts of one exchange took longer than `patience_s` seconds to look through."""

    def __init__(self, scanner: Scanner, patience_s: float) -> None:
        self.kinds, self.longest_match, self.version = scanner.kinds, scanner.longest_match, scanner.version
        self._scanner, self._left_s = scanner, patience_s

    def scan(self, data: bytes) -> list[Hit]:
        """The hits. Raises UnscannedError when the time is up."""
        if self._left_s <= 0:
            raise UnscannedError("Looking through it took too long.", self.kinds)
        started = perf_counter()
        try:
            return self._scanner.scan(data)
        finally:
            self._left_s -= perf_counter() - started

    def pending(self, data: bytes) -> int:
        """From where on a hit may still grow; see Scanner."""
        return self._scanner.pending(data)


@dataclass(frozen=True, slots=True)
class Desk:
    """What every exchange of a worker shares. `clock` gives seconds since 1970; `patience_s` is what looking at one exchange may take."""

    scanner: Scanner
    keeper: Gatekeeper
    recorder: Recorder
    clock: Callable[[], float]
    patience_s: float = 5.0


class Turn:
    """One exchange. `ask`, `reserve`, `begin`, `feed`, then `end`; `drop` wherever it ends otherwise. Either of the last two writes the record."""

    def __init__(self, desk: Desk, endpoint: Endpoint, caller: Caller, trace: bytes = b"") -> None:
        self.endpoint, self.caller = endpoint, caller
        self.upstream = self.code = ""
        self._desk, self._at, self._status = desk, desk.clock(), 0
        self._first_s = -1.0
        self._held: Reservation | None = None
        scanner = Patient(desk.scanner, desk.patience_s)
        inspector = Inspector(scanner, caller.policy, caller.scope, caller.key)
        self._exchange = Exchange(inspector, endpoint, now=int(self._at), cache=caller.cache)
        self._gone = False
        self._entry, self._written, self._answer = desk.recorder.open(caller, self._at, trace), False, bytearray()

    @property
    def name(self) -> str:
        """The name under which the record keeps this exchange."""
        return self._entry.id

    @property
    def model(self) -> str:
        """The model that was asked for."""
        return self._exchange.model

    @property
    def status(self) -> int:
        """The status the client gets: the upstream's, unless its answer could not be read."""
        return self._exchange.status

    @property
    def streamed(self) -> bool:
        """Whether the client wants a stream."""
        return self._exchange.streamed

    @property
    def done(self) -> bool:
        """Whether the rest of the upstream's answer is not wanted."""
        return self._exchange.done

    def ask(self, body: bytes) -> Upstream | Answer:
        """Inspect the prompt: what goes on, or what the client gets instead."""
        return self._exchange.request(body)

    def reserve(self, prompt: int) -> None:
        """Take the worst case of `prompt` bytes from the budgets. Errors: those of `Gatekeeper.reserve`; ShortError."""
        exchange = self._exchange
        size = -1 if exchange.beyond else prompt
        most = exchange.most
        ask = Ask(endpoint=self.endpoint.name, model=self.model, prompt=size, answer=most, choices=exchange.choices)
        self._held = self._desk.keeper.reserve(self.caller, ask, self._desk.clock())

    def refuse(self, fault: DetenteError) -> Answer:
        """No model answers: the client reads why, in its own dialect."""
        self.code = fault.code
        answer = refusal(self.endpoint.dialect, fault)
        self._status = answer.status
        self.drop(answer.status)
        return answer

    def leave(self, body: bytes) -> None:
        """The prompt is about to be sent on. Errors: `gateway-record`; then it must not be."""
        self._entry.leaves(self._exchange.record(), body)

    def begin(self, status: int, media: str) -> None:
        """The head of the upstream's answer."""
        self._status, self._first_s = status, self._desk.clock() - self._at
        self._exchange.response_headers(status, media)

    def feed(self, data: bytes) -> bytes:
        """Some of the answer; returns what may be sent on."""
        if self._entry.keeps:
            self._answer += data[: MOST - len(self._answer)]
        return self._exchange.feed(data)

    def end(self) -> bytes:
        """The answer is complete: it is paid for and written down before its last bytes, which this returns, are sent."""
        last = self._exchange.close()
        self._settle(self._pay(sent=self._status < 400, whole=True), whole=True)
        return last

    def stop(self, fault: DetenteError) -> bytes:
        """The upstream broke off in mid-stream; returns the last bytes to send, which say so."""
        self.code = fault.code
        last = self._exchange.close()
        self._settle(self._pay(sent=True, whole=False))
        return last + self.endpoint.dialect.fault(str(fault), fault.code.replace("-", "_"))

    def drop(self, status: int, *, sent: bool = False) -> None:
        """It ended without an answer: refused, failed, or the client went away. `sent` says that a model may have worked on it."""
        self._status, self._gone = self._status or status, status == GONE
        self._settle(self._pay(sent=sent, whole=False))

    def _pay(self, *, sent: bool, whole: bool) -> Charge | None:
        """What it did cost. Of an answer that broke off nobody knows how much was written: its worst case is paid."""
        held, self._held = self._held, None
        if held is None:
            return None
        now = self._desk.clock()
        if not sent:
            self._desk.keeper.release(held, now)
            return None
        usage = self._exchange.usage
        return self._desk.keeper.settle(held, usage if whole else replace(usage, written=-1), now)

    def _settle(self, charge: Charge | None, *, whole: bool = False) -> None:
        if self._written:
            return
        self._written = True
        took_s = self._desk.clock() - self._at
        course = Course(self._status, took_s, self._first_s, self.upstream, self.code, self._gone)
        self._entry.ends(self._exchange.record(), charge, course, bytes(self._answer), whole=whole)
