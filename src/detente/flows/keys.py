"""A virtual key from issue to withdrawal: checked against accord and estate, kept as a digest, told to the ledger."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from os import urandom

from detente.flows.workspace import Workspace
from detente.gateway import keys
from detente.model.errors import DetenteError
from detente.model.key import Grant, VirtualKey
from detente.store import keys as store

LONGEST = timedelta(days=366)
"""No key lives longer: a year, and a day for leap years."""

OVERLAP = timedelta(hours=24)
"""How long an old key still counts once it was rotated, unless somebody says otherwise."""


def issue(
    workspace: Workspace, grant: Grant, *, lasts: timedelta, issuer: str, at: datetime, family: str = ""
) -> tuple[str, VirtualKey]:
    """A new key: its text, which is shown once and nowhere kept, and what is kept. Errors: `key-terms`.

    Keys of one `family` share the budgets of a key; its own name is its family if none is given.
    """
    _refuse(_faults(workspace, grant, lasts))
    text, key = _made(grant, lasts, issuer, at, family=family)
    with workspace.engine.begin() as connection:
        store.issue(connection, key)
    return text, key


def rotate(
    workspace: Workspace, name: str, *, lasts: timedelta, overlap: timedelta, issuer: str, at: datetime
) -> tuple[str, VirtualKey]:
    """A key that takes over what another is for; the other ends after the overlap. Errors: `key-terms`, `no-key`."""
    old = find(workspace, name)
    faults = list(_faults(workspace, old.grant, lasts))
    faults += [f"{old.name} counts no more since {old.ends:%Y-%m-%d %H:%M %Z}"] if old.ends <= at else []
    _refuse(faults)
    text, key = _made(old.grant, lasts, issuer, at, family=old.family)
    with workspace.engine.begin() as connection:
        store.rotate(connection, old, key, at + overlap)
    return text, key


def withdraw(workspace: Workspace, name: str, *, person: str, reason: str, at: datetime) -> VirtualKey:
    """End a key now; every worker knows it within a second or two. Errors: `no-key`."""
    key = find(workspace, name)
    if key.withdrawn is None:
        with workspace.engine.begin() as connection:
            store.withdraw(connection, key, at, person, reason)
    return find(workspace, key.name)


def find(workspace: Workspace, name: str) -> VirtualKey:
    """The key whose name begins so. Errors: `no-key` for none or several."""
    found = store.kept(workspace.engine, name)
    if len(found) != 1:
        why = f"{len(found)} keys have a name that begins with {name!r}."
        raise DetenteError("No such key", why, "`detente gateway key list` shows them all.", code="no-key")
    return found[0]


def _made(grant: Grant, lasts: timedelta, issuer: str, at: datetime, family: str = "") -> tuple[str, VirtualKey]:
    text = keys.key(urandom(keys.ENTROPY))
    digest = keys.digest(text.encode())
    name = keys.named(digest)
    ends = at + lasts
    return text, VirtualKey(
        name=name, digest=digest, grant=grant, issued=at, expires=ends, issuer=issuer, family=family or name
    )


def _faults(workspace: Workspace, grant: Grant, lasts: timedelta) -> Iterator[str]:
    """What speaks against such a key."""
    classes, squads = workspace.accord.ai.data, [squad.id for squad in workspace.estate.squads]
    if not timedelta(0) < lasts <= LONGEST:
        yield f"it must end within {LONGEST.days} days, and not before it begins"
    if grant.data and grant.data not in classes:
        yield f"{grant.data} is no class of ai.data ({', '.join(classes)})"
    if grant.squad and squads and grant.squad not in squads:
        yield f"{grant.squad} is no squad of the estate ({', '.join(squads[:12])})"
    for name in ("tenant", "person", "squad", "tool", "repo"):
        if not getattr(grant, name).isprintable():
            yield f"the {name} has characters that cannot be printed"
    if not grant.tenant.strip():
        yield "it must belong to a tenant"


def _refuse(faults: "list[str] | Iterator[str]") -> None:
    if found := list(faults):
        why = f"{'; '.join(found)}."
        raise DetenteError("The key cannot be issued", why, "Correct that, then ask again.", code="key-terms")
