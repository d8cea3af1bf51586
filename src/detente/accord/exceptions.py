"""Exceptions: two keys, always an end, never one's own request, void as soon as the facts change.

The signed text is canonical JSON (keys sorted, two spaces, UTF-8), so that `ssh-keygen -Y verify -n exception@detente` accepts what
`detente exception sign` makes. State follows from the request and its events alone; every signature is verified again
each time, so that a row slipped into a database signs for nobody.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256
from zoneinfo import ZoneInfo

from detente.accord import quantity
from detente.accord.document import Accord, Party
from detente.accord.signatures import folded, lasts, unexpired, verify
from detente.accord.spans import SKEW, end, lasting
from detente.model.errors import DetenteError
from detente.model.estate import Exposure
from detente.model.exception import Event, Reach, Request, Safeguard, Situation, State, Step

NAMESPACE = "exception@detente"
WIDTH = {Exposure.ISOLATED: 0, Exposure.INTERNAL: 1, Exposure.PARTNER: 2, Exposure.INTERNET: 3, None: 3}
"""From narrow to wide; an exposure nobody stated counts as the widest."""
_FINAL = {Step.DENIED: State.DENIED, Step.EXPIRED: State.EXPIRED, Step.VOIDED: State.VOIDED}


@dataclass(frozen=True, slots=True)
class Case:
    """A request, its events (oldest first), and the accord it was asked under."""

    request: Request
    events: tuple[Event, ...]
    accord: Accord


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an exception stands: `signed` maps roles to people, `missing` are the roles that have yet to sign."""

    state: State
    signed: Mapping[str, str]
    missing: tuple[str, ...]
    reason: str = ""


def text(request: Request) -> bytes:
    """The canonical text of a request: what both sign."""
    fields = {name: value for name, value in asdict(request).items() if value is not None}
    fields |= {"asked": request.asked.astimezone(UTC).isoformat(), "findings": sorted(request.findings)}
    return (json.dumps(fields, sort_keys=True, indent=2, ensure_ascii=False, default=str) + "\n").encode()


def read(canonical: bytes) -> Request:
    """The request a canonical text holds. Raises ValueError when it is none."""
    fields = json.loads(canonical)
    safeguard = fields.get("safeguard")
    if safeguard:
        dated = date.fromisoformat(safeguard["until"])
        fields["safeguard"] = Safeguard(safeguard["name"], Decimal(safeguard["effect"]), dated)
    typed = {
        "reach": Reach(fields["reach"]),
        "findings": tuple(fields["findings"]),
        "until": date.fromisoformat(fields["until"]),
        "asked": datetime.fromisoformat(fields["asked"]),
        "loss_month": Decimal(fields["loss_month"]),
        "exposure": Exposure(fields["exposure"]) if "exposure" in fields else None,
    }
    found = Request(**fields | typed)
    if text(found) != canonical:
        raise ValueError("the text is not in canonical form")
    return found


def identity(request: Request) -> str:
    """The name of an exception: `e-` and 16 hexadecimal digits of its text."""
    return f"e-{sha256(text(request)).hexdigest()[:16]}"


def roles(accord: Accord) -> tuple[str, ...]:
    """The roles that together sign an exception."""
    return accord.exceptions.sign or tuple(accord.parties)


def check(request: Request, situation: Situation, accord: Accord) -> None:
    """Return when the accord allows this to be asked; else DetenteError, code `exception-terms` for what is missing, `exception-refused` for what the accord rules out."""
    zone = ZoneInfo(accord.timezone)
    latest = _latest(request, accord)
    if not request.reason.strip() or not request.requester.strip():
        raise _terms("it names no reason, or nobody who asks.", "Say why with --reason, and who asks with --by.")
    if not request.findings:
        raise _terms(f"no open finding fits {request.reach} {request.of}.", "Look them up with `detente queue --all`.")
    if not request.asked.astimezone(zone).date() <= request.until <= latest:
        longest = f"it would end on {request.until}; the accord allows none longer than {accord.exceptions.longest}"
        raise _refused(f"{longest}.", f"Choose a day from today to {latest}.")
    if len(roles(accord)) < 2:
        raise _terms("the accord names no two roles that could sign it.", "Name both officers under `parties`.")
    if reason := void(request, situation, accord, request.asked):
        do = "Fix it, or agree on other conditions in `exceptions.void_when`."
        raise _refused(f"it would be void at once: {reason}.", do)


def void(request: Request, situation: Situation, accord: Accord, now: datetime) -> str:
    """Why an exception no longer holds, in words; empty when it does. An expired safeguard always ends it."""
    zone = ZoneInfo(accord.timezone)
    if request.safeguard and now > end(request.safeguard.until, zone):
        return f"its safeguard {request.safeguard.name} expired on {request.safeguard.until}"
    broken = (_broken(condition, request, situation) for condition in accord.exceptions.void_when)
    return next(filter(None, broken), "")


def _broken(condition: str, request: Request, now: Situation) -> str:
    if condition == "exposure widened":
        wider = WIDTH[now.exposure] > WIDTH[request.exposure]
        return f"exposure widened from {request.exposure} to {now.exposure or 'unstated'}" if wider else ""
    if condition in ("kev", "exploited"):
        listed = {"kev": now.kev, "exploited": now.kev or now.exploited}
        words = {"kev": "CISA lists it as known exploited", "exploited": "it is known to be exploited"}
        return words[condition] if listed[condition] else ""
    holds = quantity.comparison(condition.removeprefix("p30 ")).holds(now.p30)
    return f"{condition} (now {now.p30:.3g}, the larger of EPSS and the ranker's)" if holds else ""


def standing(case: Case, now: datetime) -> Standing:
    """Fold the events. A signature that does not hold counts as none, nor does one before its request or from the future.

    A text that asks for longer than the accord allows ends there.
    """
    signed: dict[str, str] = {}
    for event in case.events:
        if event.step in _FINAL:
            return Standing(_FINAL[event.step], signed, (), event.reason)
        if event.at <= now + SKEW and _holds(case, event, signed):
            signed[event.role] = case.accord.parties[event.role].name
    missing = tuple(role for role in roles(case.accord) if role not in signed)
    last = min(case.request.until, _latest(case.request, case.accord))
    if now > end(last, ZoneInfo(case.accord.timezone)):
        return Standing(State.EXPIRED, signed, (), f"it ended with {last}")
    whole = len(roles(case.accord)) > 1 and not missing
    return Standing(State.ACTIVE if whole else State.SIGNED if signed else State.REQUESTED, signed, missing)


def sign(case: Case, role: str, armoured: str, now: datetime) -> Event:
    """The event of a role's signature.

    Errors: DetenteError, code `exception-state` when this role has nothing to sign, `own-request` for who asked,
    `expired-key`, `bad-signature`.
    """
    party = _party(case, role, now)
    unexpired(case.accord, role, now)
    if case.request.asked > now + SKEW:
        dated = f"it says that it was asked for at {case.request.asked:%Y-%m-%d %H:%M}Z, which is still to come"
        raise _state(f"{dated}.", "Set the clock of the machine that asked, and ask anew.")
    if role not in standing(case, now).missing:
        raise _state(f"{role} has signed it, or it needs no signature any more.", "Nothing needs to be done.")
    if folded(party.name) == folded(case.request.requester):
        raise DetenteError(
            "The signature was not accepted",
            f"{party.name} asked for this exception.",
            "Nobody signs an own request: let somebody else ask for it.",
            code="own-request",
        )
    verify(text(case.request), armoured, party.key, namespace=NAMESPACE)
    signed = Event(
        step=Step.SIGNED, at=now, role=role, person=folded(party.name), key=fingerprint(party.key), sshsig=armoured
    )
    if role not in standing(replace(case, events=(*case.events, signed)), now).signed:
        raise _state("the accord names one person in two roles.", "Two roles need two people.")
    return signed


def deny(case: Case, role: str, reason: str, now: datetime) -> Event:
    """The event of a role's no, which ends a request; an active exception it withdraws. Errors: code `exception-state`."""
    party = _party(case, role, now)
    return Event(step=Step.DENIED, at=now, reason=f"{party.name} ({role}): {reason}")


def _latest(request: Request, accord: Accord) -> date:
    """The last day that the accord allows a request of its moment."""
    zone = ZoneInfo(accord.timezone)
    return lasting(request.asked, zone, accord.exceptions.longest).astimezone(zone).date()


def _party(case: Case, role: str, now: datetime) -> Party:
    """Who holds a role that may still decide."""
    found = standing(case, now).state
    if found in _FINAL.values():
        raise _state(f"it is {found}.", "Ask for a new one with `detente exception request`.")
    if role not in roles(case.accord):
        raise _state(f"{role} decides on no exceptions.", f"These roles do: {', '.join(roles(case.accord))}.")
    return case.accord.parties[role]


def fingerprint(key: str) -> str:
    """SHA-256 of a public key line without its comment, in hexadecimal."""
    return sha256(" ".join(key.split()[:2]).encode()).hexdigest()


def residual(request: Request, loss_month: Decimal) -> Decimal:
    """What of a loss is left with the safeguard in place; exact for small hazards, else a little too low."""
    return loss_month * (1 - request.safeguard.effect) if request.safeguard else loss_month


def _holds(case: Case, event: Event, signed: Mapping[str, str]) -> bool:
    """Whether a kept signature counts: the role's own key, in its time, on this text, by somebody who neither asked nor signed already."""
    party = case.accord.parties.get(event.role)
    if party is None or event.role not in roles(case.accord) or not lasts(case.accord, event.role, event.at):
        return False
    if event.at < case.request.asked - SKEW:
        return False
    if folded(party.name) in {folded(name) for name in (case.request.requester, *signed.values())}:
        return False
    try:
        verify(text(case.request), event.sshsig, party.key, namespace=NAMESPACE)
    except DetenteError:
        return False
    return True


def _terms(why: str, do: str) -> DetenteError:
    return DetenteError("The exception cannot be asked for", why, do, code="exception-terms")


def _refused(why: str, do: str) -> DetenteError:
    return DetenteError("The accord does not allow this exception", why, do, code="exception-refused")


def _state(why: str, do: str) -> DetenteError:
    return DetenteError("The exception cannot be changed", why, do, code="exception-state")
