"""What is written down of an exchange, as a line of JSON and back: who asked, how it went, what was found. No text of it.

The only name a client chooses is the model's (ids of a trace are hexadecimal): it is cut, cleaned, and hidden where a rule found something in it. What was found is named by
digests keyed by the tenant; so are prompt and answer, for a plain digest of a short text confirms a guess.
"""

import re
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import blake2b
from typing import Any, NamedTuple

import msgspec

from detente.gateway.admission import Caller, Charge
from detente.gateway.dialects.dialect import Usage
from detente.gateway.exchange import Record
from detente.model.errors import DetenteError

VERSION = 1
"""Of the lines. A reader leaves alone what a later version wrote."""

HIDDEN = "(hidden)"
"""In place of a model's name that a rule found something in."""

NAME, DIGESTS = 120, 8
"""Characters of a model's name, and digests of one kind of hit, that are kept."""


_TRACE = re.compile(rb"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?")
"""`traceparent` of W3C Trace Context, later versions too, which may only add to its end."""


class Hits(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """`n` distinct findings of one rule with one action; the first few by their digests."""

    kind: str
    rule: str
    action: str
    n: int
    digests: tuple[str, ...]


class Course(NamedTuple):
    """How it went, as the sockets saw it. `first_s` is until the first byte of the answer, -1 where none came; `code` names an error,
    `gone` says that the client did not wait for the end.
    """

    status: int
    took_s: float
    first_s: float = -1.0
    upstream: str = ""
    code: str = ""
    gone: bool = False


class Begun(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False, tag_field="is", tag="begun"):
    """A prompt that is about to leave. If nothing follows, the gateway died while the model answered.

    `trace` is what the client belongs to, if it says so: ids of trace and parent, flags, in hexadecimal.
    """

    v: int
    id: str
    at: datetime
    key: str
    tenant: str
    person: str = ""
    squad: str = ""
    tool: str = ""
    repo: str = ""
    endpoint: str
    model: str = ""
    policy: str
    streamed: bool = False
    asked: int = 0
    sent: int = 0
    prompt: str = ""
    trace: str = ""
    hits: tuple[Hits, ...] = ()
    unscanned: tuple[str, ...] = ()


class Ended(Begun, frozen=True, kw_only=True, omit_defaults=True, gc=False, tag="ended"):
    """A whole exchange. Sizes are bytes, tokens the vendor's count (-1 unknown), times milliseconds.

    `outcome`: `passed`, `redacted`, `blocked` by policy, `refused` before anything was sent, `failed` after that, `left` by the client,
    `cut` where the gateway died meanwhile. `lines` are fingerprints of the code it brought. `cost` is an amount of `currency`; where it is not `priced`, the worst case.
    """

    outcome: str
    status: int = 0
    code: str = ""
    upstream: str = ""
    came: int = 0
    given: int = 0
    answer: str = ""
    lines: bytes = b""
    hidden: int = 0
    usage: Usage = Usage()
    cost: Decimal | None = None
    currency: str = ""
    priced: bool = False
    first_ms: float | None = None
    took_ms: float | None = None


class Sealed(msgspec.Struct, frozen=True, kw_only=True, tag_field="is", tag="sealed"):
    """The texts of an exchange under the tenant's key, for an accord that keeps them; `until` is when they are deleted."""

    v: int
    id: str
    tenant: str
    until: datetime
    text: bytes


class Lost(msgspec.Struct, frozen=True, kw_only=True, tag_field="is", tag="lost"):
    """Exchanges went on without a record, because the accord said so and the disk refused: how many, up to this moment."""

    v: int
    at: datetime
    n: int


Line = Begun | Ended | Sealed | Lost

write = msgspec.json.Encoder().encode
_READ: msgspec.json.Decoder[Line] = msgspec.json.Decoder(Line)


def read(line: bytes) -> Line:
    """A line again. Errors: DetenteError, code `journal-line`, for what is none, or of another version."""
    try:
        found = _READ.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _unreadable(f"{len(line)} bytes are no record.") from error
    if found.v != VERSION:
        raise _unreadable(f"It is of version {found.v}, and this program reads {VERSION}.")
    return found


def whole(line: str) -> Ended:
    """The record of a whole exchange, as the database has it. Errors: as those of `read`."""
    found = read(line.encode())
    assert isinstance(found, Ended), "only whole exchanges come into the database"
    return found


def _unreadable(why: str) -> DetenteError:
    do = "Keep the file: a newer version may read it, or the disk be at fault."
    return DetenteError("A line of the journal cannot be read", why, do, code="journal-line")


def named(now: float, random: bytes) -> str:
    """An exchange's id: its millisecond, then randomness; so ids sort by time, in an index too."""
    return f"{since(now)}{random.hex()}"


def since(now: float) -> str:
    """What the ids of this millisecond begin with. Ids below it are earlier."""
    return f"x-{int(now * 1000):012x}"


def facts(name: str, now: float, caller: Caller, record: Record, trace: bytes = b"") -> dict[str, Any]:
    """What both lines say of an exchange, once its prompt was read; `trace` is the header `traceparent`."""
    scope = caller.scope
    return {
        "v": VERSION,
        "id": name,
        "at": datetime.fromtimestamp(now, UTC),
        "key": caller.name,
        "tenant": caller.tenant,
        "person": caller.person,
        "squad": caller.squad,
        "tool": scope.tool,
        "repo": scope.repo,
        "endpoint": record.endpoint,
        "model": _model(record),
        "policy": record.policy,
        "streamed": record.streamed,
        "asked": record.asked,
        "sent": record.sent,
        "prompt": _keyed(caller.key, b"prompt", record.prompt),
        "trace": trace[3:55].decode() if trace and _TRACE.fullmatch(trace) else "",
    }


def begun(known: dict[str, Any], record: Record) -> Begun:
    """The line before a prompt leaves."""
    return Begun(**known, hits=_hits(record), unscanned=record.unscanned)


def ended(
    known: dict[str, Any], caller: Caller, record: Record, *, charge: Charge | None, course: Course, left: bool
) -> Ended:
    """The line of a whole exchange; `left` says that its prompt was sent on."""
    return Ended(
        **known,
        hits=_hits(record),
        unscanned=record.unscanned,
        outcome=_outcome(record, course, left=left),
        status=course.status,
        code=course.code,
        upstream=course.upstream,
        came=record.came,
        given=record.given,
        answer=_keyed(caller.key, b"answer", record.answer) if record.came else "",
        lines=record.lines,
        hidden=record.hidden,
        usage=record.usage,
        cost=charge.amount if charge else None,
        currency=charge.currency if charge else "",
        priced=charge.known if charge else False,
        first_ms=_ms(course.first_s) if course.first_s >= 0 else None,
        took_ms=_ms(course.took_s),
    )


def cut(found: Begun) -> Ended:
    """The record of an exchange during which the gateway died."""
    return Ended(**{name: getattr(found, name) for name in found.__struct_fields__}, outcome="cut")


def _outcome(record: Record, course: Course, *, left: bool) -> str:
    if record.outcome in ("blocked", "refused"):
        return record.outcome
    if course.code:
        return "failed" if left else "refused"
    return "left" if course.gone else record.outcome


def _model(record: Record) -> str:
    """The model's name, if nothing was found in it."""
    name = record.model[:NAME]
    if any(one.where.startswith("model") for one in record.findings):
        return HIDDEN
    return name if name.isprintable() else "".join(filter(str.isprintable, name))


def _keyed(key: bytes, what: bytes, digest: str) -> str:
    """A digest that only who has the tenant's key can make: BLAKE2b with key and person (RFC 7693), a third of HMAC's time."""
    return blake2b(digest.encode(), key=key, person=what, digest_size=16).hexdigest() if digest else ""


def _ms(seconds: float) -> float:
    return int(seconds * 1e5) / 100


def _hits(record: Record) -> tuple[Hits, ...]:
    if not record.findings:
        return ()
    found: dict[tuple[str, str, str], list[str]] = {}
    for one in record.findings:
        found.setdefault((one.kind, one.rule, one.action), []).append(one.digest)
    return tuple(Hits(*about, len(digests), tuple(sorted(digests)[:DIGESTS])) for about, digests in found.items())
