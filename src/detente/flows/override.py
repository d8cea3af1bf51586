"""Shipping in spite of the gate: a statement with a reason and an end, signed by both roles, each signature checked at every use.

The signed text is canonical JSON, so `ssh-keygen -Y verify -n override@detente` accepts what an officer signed here.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from detente.accord.document import Accord
from detente.accord.signatures import folded, lasts, unexpired, verify
from detente.accord.spans import SKEW
from detente.flows.workspace import Workspace
from detente.model.errors import DetenteError
from detente.plan.gate import Pass
from detente.store import ledger, rollouts
from detente.store.accords import Signed

NAMESPACE = "override@detente"
LONGEST = timedelta(days=7)


def ask(workspace: Workspace, service: str, change: str, reason: str, *, until: datetime, now: datetime) -> str:
    """Write the statement down; gives its id. It lets nothing through until both roles have signed it."""
    if not reason.strip():
        raise _refused("it has no reason", "Say why with --reason.")
    if not now < until <= now + LONGEST:
        raise _refused(
            f"it would end at {until:%Y-%m-%d %H:%M}Z", f"Let it end later than now and within {LONGEST.days} days."
        )
    fields = {
        "change": change,
        "reason": reason.strip(),
        "service": service,
        "until": until.astimezone(UTC).isoformat(),
    }
    text = json.dumps(fields | {"asked": now.isoformat()}, sort_keys=True, indent=2, ensure_ascii=False) + "\n"
    digest = sha256(text.encode()).hexdigest()
    with workspace.engine.begin() as connection:
        rollouts.allow(connection, digest, service, text, until=until, at=now)
        ledger.append(connection, [ledger.Entry("override-asked", digest, fields)], now)
    return digest[:12]


def find(workspace: Workspace, name: str, now: datetime) -> rollouts.Override:
    """The override whose id begins so and can still be signed. Errors: DetenteError, code `override`."""
    found = rollouts.overrides(workspace.engine, digest=name) if len(name) >= 6 else []
    if len(found) != 1:
        raise _refused(f"no single override is named {name!r}", "Give the id that asking for it printed.")
    if found[0].until <= now:
        raise _refused(
            f"it ended at {found[0].until:%Y-%m-%d %H:%M}Z", "Ask for a new one: an old signature is not used again."
        )
    return found[0]


def sign(workspace: Workspace, override: rollouts.Override, role: str, armoured: str, now: datetime) -> tuple[str, ...]:
    """Keep the signature of `role`; gives the roles that have yet to sign."""
    if role not in roles(workspace.accord):
        raise _refused(f"{role} has no say in it", f"Let {' and '.join(roles(workspace.accord))} sign.")
    unexpired(workspace.accord, role, now)
    party = workspace.accord.parties[role]
    verify(override.text.encode(), armoured, party.key, namespace=NAMESPACE)
    fingerprint = sha256(" ".join(party.key.split()[:2]).encode()).hexdigest()
    with workspace.engine.begin() as connection:
        rollouts.sign(connection, override.digest, Signed(role, party.name, fingerprint, armoured, now))
    return tuple(
        each for each in roles(workspace.accord) if each != role and each not in {one.role for one in override.signed}
    )


def roles(accord: Accord) -> tuple[str, ...]:
    """Who together may override."""
    return accord.change.override or tuple(accord.parties)


def holding(workspace: Workspace, service: str, change: str, now: datetime) -> Iterator[Pass]:
    """The overrides that hold for this change now: signed by all roles, by different people, over exactly this text."""
    for one in rollouts.overrides(workspace.engine, service=service):
        told = json.loads(one.text)
        if told["service"] != service or told["change"] not in ("", change) or not _lasts(told, one.until, now):
            continue
        signed = {
            each.role: workspace.accord.parties[each.role]
            for each in one.signed
            if _counts(workspace.accord, one, each)
        }
        people = {folded(party.name) for party in signed.values()}
        needed = roles(workspace.accord)
        if len(needed) >= 2 and set(needed) <= set(signed) and len(people) == len(signed):
            named = tuple(f"{party.name} ({role})" for role, party in signed.items())
            yield Pass(one.digest[:12], named, told["reason"], one.until)


def _lasts(told: Mapping[str, str], until: datetime, now: datetime) -> bool:
    """Whether the text itself holds now: it says its own end, at most the longest after it was asked for, and that has been."""
    asked = datetime.fromisoformat(told["asked"])
    return told["until"] == until.isoformat() and asked - SKEW <= now < min(until, asked + LONGEST)


def _counts(accord: Accord, override: rollouts.Override, signed: Signed) -> bool:
    """Whether the accord's own holder of the role signed this text: a row alone signs for nobody."""
    if signed.role not in accord.parties or not lasts(accord, signed.role, signed.at):
        return False
    try:
        verify(override.text.encode(), signed.sshsig, accord.parties[signed.role].key, namespace=NAMESPACE)
    except DetenteError:
        return False
    return True


def _refused(why: str, do: str) -> DetenteError:
    return DetenteError("The override was not accepted", f"{why}.", do, code="override")
