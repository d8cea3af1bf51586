"""From what an identity provider says of a person to a short-lived key: the estate knows the squad, the accord the time."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from detente.accord.tools import Login
from detente.flows import keys
from detente.flows.workspace import Workspace
from detente.model.errors import DetenteError
from detente.model.estate import Estate
from detente.model.key import Grant


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """A key as its owner gets it, once. `squad` is empty where the estate names none of theirs."""

    key: str
    name: str
    person: str
    squad: str
    expires: datetime


def terms(workspace: Workspace) -> Login:
    """Who may sign in here. Errors: `login` where the accord names nobody."""
    login = workspace.accord.ai.gateway.login
    if login is None:
        why = "ai.gateway.login of the accord names no identity provider."
        do = "Add its issuer and client there, or issue a key with `detente gateway key issue`."
        raise DetenteError("Nobody can sign in", why, do, code="login")
    return login


def admit(workspace: Workspace, claims: Mapping[str, Any], at: datetime, *, tool: str = "") -> Given:
    """A key for the person these verified claims are about. Errors: `login` for one without an address that was verified."""
    login = terms(workspace)
    person = claims.get("email")
    if not isinstance(person, str) or "@" not in person or claims.get("email_verified") is False:
        why = "the identity provider names no e-mail address of yours that it has verified."
        do = "Let its administrator add the scope or claim `email`."
        raise DetenteError("The sign-in did not succeed", why, do, code="login")
    person = person.casefold()
    team = squad(workspace.estate, person, claims.get(login.groups))
    grant = Grant(tenant=login.tenant, person=person, squad=team, tool=tool)
    family = f"login {login.tenant} {person}"  # so that signing in again opens no new budget
    text, key = keys.issue(workspace, grant, lasts=login.lasts.timedelta, issuer=login.issuer, at=at, family=family)
    return Given(key=text, name=key.name, person=person, squad=team, expires=key.expires)


def squad(estate: Estate, person: str, groups: object) -> str:
    """The squad of a person: the first of the estate that is one of their groups, else the one they lead; empty if none.

    A group counts by its name or the last part of its path: `payments`, `/squads/payments`.
    """
    said = groups if isinstance(groups, list) else [groups]
    names = {str(group).rpartition("/")[2].casefold() for group in said}
    member = (one.id for one in estate.squads if one.id.casefold() in names)
    leads = (
        one.id for one in estate.squads if person and person in (one.lead.casefold(), one.security_engineer.casefold())
    )
    return next(member, "") or next(leads, "")
