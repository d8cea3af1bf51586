"""What happened to rollouts, what was measured of uptime, whose line is stopped, and what two people let through."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, insert, select
from sqlalchemy.exc import IntegrityError

from detente.model.change import Event, Step
from detente.model.errors import DetenteError
from detente.store import ledger, tables
from detente.store.accords import Signed
from detente.store.database import reading


def append(connection: Connection, rollout: str, service: str, after: int, events: Sequence[Event]) -> None:
    """Add events behind the first `after` ones; decisions go into the ledger too, looks alone do not.

    Raises DetenteError, code `rollout-moved`, when somebody else was faster: read it again, then decide again.
    """
    rows = [
        {"rollout": rollout, "number": number, "service": service, "at": event.at, "step": event.step.value, "facts": dict(event.facts)}
        for number, event in enumerate(events, after + 1)
    ]  # fmt: skip
    try:
        connection.execute(insert(tables.rollout_event), rows)
    except IntegrityError as error:
        raise DetenteError(
            f"Rollout {rollout} has moved on meanwhile",
            "Another process recorded something at the same moment.",
            "Run the command again: it starts from what is there now.",
            code="rollout-moved",
        ) from error
    for event in events:
        if event.step is not Step.OBSERVED:
            body = {"service": service, "step": event.step.value, **event.facts}
            ledger.append(connection, [ledger.Entry("rollout", rollout, body)], event.at)


def events(engine: Engine, rollout: str = "", service: str = "", *, looks: bool = True) -> dict[str, list[Event]]:
    """The events of one rollout, of one service's, or of all; by rollout, each in its order.

    Without `looks` what was seen is left out: a day of looks is a thousand rows, and where a rollout stands does not need them.
    """
    table = tables.rollout_event
    wanted = [table.c.rollout == rollout] if rollout else []
    wanted += [] if looks else [table.c.step.not_in((Step.OBSERVED.value, Step.MISSED.value))]
    wanted += [table.c.service == service] if service else []
    query = select(table.c.rollout, table.c.at, table.c.step, table.c.facts).where(*wanted)
    found: dict[str, list[Event]] = defaultdict(list)
    with reading(engine) as connection:
        for name, at, step, facts in connection.execute(query.order_by(table.c.rollout, table.c.number)):
            found[name].append(Event(at, Step(step), facts))
    return dict(found)


@dataclass(frozen=True, slots=True)
class Measured:
    """`good` of `total` requests (or minutes) of a service, until `at`."""

    at: datetime
    good: int
    total: int
    source: str


def measure(connection: Connection, service: str, measured: Iterable[Measured]) -> None:
    """Keep measurements of uptime."""
    rows = [{"service": service, "at": m.at, "good": m.good, "total": m.total, "source": m.source} for m in measured]
    connection.execute(insert(tables.measurement), rows)


def measurements(engine: Engine, service: str, since: datetime) -> list[Measured]:
    """What was measured of a service since then, oldest first."""
    table = tables.measurement
    query = select(table.c.at, table.c.good, table.c.total, table.c.source)
    wanted = query.where(table.c.service == service, table.c.at > since).order_by(table.c.at)
    with reading(engine) as connection:
        return [Measured(*row) for row in connection.execute(wanted)]


@dataclass(frozen=True, slots=True)
class Halt:
    """A line that is stopped, by whom, why and since when."""

    scope: str
    person: str
    reason: str
    at: datetime


def halt(connection: Connection, said: Halt, *, stopped: bool) -> None:
    """Stop the line of a service (or of `all`), or let it go on; the ledger keeps both."""
    row = {"scope": said.scope, "stopped": int(stopped), "person": said.person, "reason": said.reason, "at": said.at}
    connection.execute(insert(tables.halt), row)
    kind = "line-stopped" if stopped else "line-resumed"
    ledger.append(connection, [ledger.Entry(kind, said.scope, {"person": said.person, "reason": said.reason})], said.at)


def halts(engine: Engine, service: str) -> list[Halt]:
    """What stops this service now: its own line, or that of all."""
    table = tables.halt
    query = select(table.c.scope, table.c.person, table.c.reason, table.c.at, table.c.stopped)
    last: dict[str, Halt | None] = {}
    with reading(engine) as connection:
        for *said, stopped in connection.execute(query.where(table.c.scope.in_((service, "all"))).order_by(table.c.id)):
            last[said[0]] = Halt(*said) if stopped else None
    return [one for one in last.values() if one]


@dataclass(frozen=True, slots=True)
class Override:
    """What may ship in spite of the gate: the statement as it is signed, until when, and who signed it so far."""

    digest: str
    text: str
    until: datetime
    signed: tuple[Signed, ...]


def allow(connection: Connection, digest: str, service: str, text: str, *, until: datetime, at: datetime) -> None:
    """Keep an override; it means nothing until two people have signed it."""
    row = {"digest": digest, "service": service, "text": text, "until": until, "made_at": at}
    connection.execute(insert(tables.override), row)


def sign(connection: Connection, digest: str, signed: Signed) -> None:
    """Keep one role's signature under an override; raises DetenteError, code `two-people`, for a person or key that signed already."""
    row = {
        "override": digest,
        "role": signed.role,
        "person": signed.person,
        "key_fingerprint": signed.key,
        "sshsig": signed.sshsig,
        "signed_at": signed.at,
    }
    try:
        connection.execute(insert(tables.override_signature), row)
    except IntegrityError as error:
        raise DetenteError(
            "The signature was not accepted",
            f"{signed.person}, or the same role or key, has already signed this override.",
            "Two roles need two people with a key each: let the other officer sign.",
            code="two-people",
        ) from error
    body = {"role": signed.role, "person": signed.person, "key": signed.key}
    ledger.append(connection, [ledger.Entry("override-signed", digest, body)], signed.at)


def overrides(engine: Engine, *, service: str = "", digest: str = "") -> list[Override]:
    """The overrides of a service, or the ones whose digest begins so, with their signatures."""
    table, signature = tables.override, tables.override_signature
    wanted = table.c.service == service if service else table.c.digest.startswith(digest, autoescape=True)
    columns = (
        signature.c.role,
        signature.c.person,
        signature.c.key_fingerprint,
        signature.c.sshsig,
        signature.c.signed_at,
    )
    query = select(table.c.digest, table.c.text, table.c.until, *columns).where(wanted).order_by(table.c.made_at)
    found: dict[str, tuple[str, datetime, list[Signed]]] = {}
    with reading(engine) as connection:
        for name, text, until, *signed in connection.execute(query.outerjoin_from(table, signature)):
            found.setdefault(name, (text, until, []))[2].extend([Signed(*signed)] if signed[0] else [])
    return [Override(name, text, until, tuple(signed)) for name, (text, until, signed) in found.items()]
