"""A worker's gatekeeper: keys, accord and prices as they stand in the workspace, and its leases on the budgets."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from importlib.resources import files
from os import urandom
from pathlib import Path
from threading import Lock
from time import sleep
from uuid import uuid4
from zoneinfo import ZoneInfo

from detente.flows import secrets
from detente.flows.workspace import ACCORD, Workspace
from detente.gateway import keys, prices
from detente.gateway.keeper import Keeper, Terms
from detente.gateway.verdict import policy
from detente.model.key import Grant, VirtualKey
from detente.store import keys as store
from detente.store.leases import Bank

KEY, PRICES = "tenant.key", "prices.yaml"
BOOTSTRAP = "bootstrap"
TENANT = "default"
"""The tenant of a company that has but one."""

PATIENCE_S = 1.2
"""How long a worker that ran short waits for the others to give back what they do not use: a little more than their second."""

_FORGET_S = 600.0
_TOLD = timedelta(days=1)
"""How long a worker remembers an expired key, to say that it was one."""


def open_gatekeeper(
    workspace: Workspace, now: Callable[[], datetime], *, bootstrap: str = "", patience_s: float = PATIENCE_S
) -> "Tenancy":
    """The gatekeeper of one worker process; open it after the fork, for no two workers may share leases.

    `bootstrap` is a key for a first run: it counts for a day and only in this process. Errors: DetenteError of the accord, `bad-prices`, `tenant-key`.
    """
    return Tenancy(workspace, now, bootstrap, patience_s)


class Tenancy(Keeper):
    """The protocol Gatekeeper over a workspace. `renew` and `close` may wait for the database; nothing else does."""

    def __init__(self, workspace: Workspace, now: Callable[[], datetime], bootstrap: str, patience_s: float) -> None:
        self._workspace, self._now, self._patience_s = workspace, now, patience_s
        self._bank, self._renewing = Bank(workspace.engine, uuid4().hex), Lock()
        self._seen, self._forgot = 0, 0.0
        self._stamp = _stamp(workspace)
        super().__init__(terms(workspace), lambda tenant: secret(workspace, tenant, now()))
        if bootstrap:
            self.admit([_first(bootstrap, now())])
        self._read_keys()

    def renew(self) -> None:
        """Read keys and policies anew, take larger shares of the budgets that ran short, give back those that lie idle."""
        self._read_keys()  # first of all: no mistake in a file and no wait keeps a withdrawn key alive
        if self._turn(again=True):
            sleep(self._patience_s)
            self._turn(again=False)
        self._read_terms()

    def close(self) -> None:
        """Give back what was not used. What still runs stays counted as spent."""
        with self._renewing:
            at = self._now().timestamp()
            self._bank.exchange(self.wallet.orders(at, last=True), at)

    def _turn(self, *, again: bool) -> bool:
        with self._renewing:
            at = self._now().timestamp()
            if not self._forgot <= at < self._forgot + _FORGET_S:
                self._bank.forget(at)
                self._forgot = at
            orders = self.wallet.orders(at, self._bank.asked(at))
            return self.wallet.receive(orders, self._bank.exchange(orders, at), at, again=again)

    def _read_keys(self) -> None:
        with self._renewing:
            since = self._now() - _TOLD
            found, self._seen = store.changed(self._workspace.engine, self._seen, since)
            self.admit(found)

    def _read_terms(self) -> None:
        """The accord and the prices, if a file has changed; while one has a mistake, the terms before it hold."""
        with self._renewing:
            if (stamp := _stamp(self._workspace)) != self._stamp:
                self._workspace = replace(self._workspace)  # a new one has read nothing yet
                self.govern(terms(self._workspace))
                self._stamp = stamp


def terms(workspace: Workspace) -> Terms:
    """What the accord and the prices of a workspace say now."""
    accord, own = workspace.accord, workspace.folder / PRICES
    read = [((files("detente.gateway") / PRICES).read_bytes(), "list prices")]
    read += [(own.read_bytes(), str(own))] if own.is_file() else []
    gateway = accord.ai.gateway
    return Terms(
        accord.version,
        policy(gateway, accord.version),
        gateway.budgets,
        ZoneInfo(accord.timezone),
        prices.load(read, accord.currency),
    )


def secret(workspace: Workspace, tenant: str, at: datetime) -> bytes:
    """The tenant's own secret, for placeholders and digests; 32 random bytes, made at the tenant's first use and kept wrapped.

    The wrapping key is a file of the workspace: neither the database nor a copy of it is enough to tell what a placeholder stands for.
    """
    file = workspace.folder / KEY
    key = secrets.own(file, lambda: urandom(32))
    sealed = store.tenant(workspace.engine, tenant)
    if sealed is None:
        with workspace.engine.begin() as connection:
            store.found(connection, tenant, secrets.wrapped(key, tenant, urandom(32)), at)
        sealed = store.tenant(workspace.engine, tenant)
        assert sealed, "just written, and never deleted"
    return secrets.opened(key, tenant, sealed, file)


def _first(bootstrap: str, at: datetime) -> VirtualKey:
    """The key of a first run, for the default tenant."""
    grant, digest = Grant(tenant=TENANT, person=BOOTSTRAP), keys.digest(bootstrap.encode())
    ends = at + timedelta(days=1)
    return VirtualKey(
        name=BOOTSTRAP, digest=digest, grant=grant, issued=at, expires=ends, issuer=BOOTSTRAP, family=BOOTSTRAP
    )


def _stamp(workspace: Workspace) -> tuple[tuple[int, int], ...]:
    """What tells that the accord or the prices were written anew."""
    paths = (workspace.accord_file or workspace.folder / ACCORD, workspace.folder / PRICES)
    return tuple(_written(path) for path in paths)


def _written(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except FileNotFoundError:
        return (0, 0)
    return found.st_mtime_ns, found.st_size
