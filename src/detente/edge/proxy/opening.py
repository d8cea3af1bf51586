"""What a worker needs, read from the workspace and the environment; read again on reload."""

import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from detente.edge.clock import now, seconds
from detente.edge.proxy.books import Books
from detente.edge.proxy.limits import Limits
from detente.edge.proxy.pool import Pool
from detente.edge.proxy.porch import Porch
from detente.edge.proxy.shared import Route, Shared
from detente.edge.telemetry.settings import Telemetry
from detente.flows.prompt import Desk
from detente.flows.record import Recorder
from detente.flows.scanning import scanner
from detente.flows.shipping import FOLDER
from detente.flows.tenancy import Tenancy, open_gatekeeper
from detente.flows.workspace import open_workspace
from detente.gateway import providers
from detente.gateway.inspect import Scanner
from detente.gateway.providers import Provider
from detente.model.errors import DetenteError
from detente.store.journal import Journal

FILE = "gateway.yaml"
BOOTSTRAP, UPSTREAM_KEY = "DETENTE_GATEWAY_KEY", "DETENTE_UPSTREAM_KEY"


@dataclass(frozen=True, slots=True)
class Settings:
    """Where everything is. `environment` has the keys; nothing of it is shown. `page` listens for who wants metrics, `telemetry` is what is sent by itself."""

    workspace: Path
    database: str | None
    upstream: str | None
    environment: Mapping[str, str] = field(repr=False)
    limits: Limits = field(default_factory=Limits)
    page: socket.socket | None = None
    telemetry: Telemetry = field(default_factory=Telemetry)


@dataclass(frozen=True, slots=True)
class Setup:
    """What the files say: the rules, compiled, and whom to ask with which key."""

    upstreams: tuple[tuple[Provider, str], ...] = field(repr=False)
    rules: Scanner


def setup(settings: Settings) -> Setup:
    """Read the upstreams and the rules. Errors: `bad-gateway`, `gateway-variable`, and those of rules."""
    return Setup(upstreams=upstreams(settings), rules=scanner(settings.workspace))


def upstreams(settings: Settings) -> tuple[tuple[Provider, str], ...]:
    """Whom to ask, and the key to do it with. Errors: `bad-gateway`, `gateway-variable`."""
    return tuple((one, _secret(one, settings)) for one in _providers(settings))


def _providers(settings: Settings) -> tuple[Provider, ...]:
    """One address for everything, or the workspace's gateway.yaml."""
    if settings.upstream:
        return providers.single(settings.upstream, UPSTREAM_KEY if UPSTREAM_KEY in settings.environment else None)
    path = settings.workspace / FILE
    if not path.is_file():
        why = f"There is no {path}, and no --upstream."
        raise DetenteError("The gateway has no upstream", why, "Write it, or give --upstream URL.", code="bad-gateway")
    return providers.load(path.read_bytes(), str(path))


def routes(found: Iterable[tuple[Provider, str]], shared: Shared) -> dict[str, Route]:
    """The connections to each upstream; those of an address that stays are kept."""
    kept = {route.provider.url: route.pool for route in shared.routes.values()}
    return {
        one.name: Route(one, kept.get(one.url) or Pool(one.url, shared.limits, shared.upstreams), secret)
        for one, secret in found
    }


def _secret(provider: Provider, settings: Settings) -> str:
    if not provider.key:
        return ""
    found = settings.environment.get(provider.key, "").strip()
    if not found or not found.isascii() or not found.isprintable():
        why = f"The environment variable {provider.key} is not set, or holds no key."
        raise DetenteError(
            f"The upstream {provider.name} has no key", why, "Set it, and start again.", code="gateway-variable"
        )
    return found


def opened(settings: Settings, found: Setup) -> tuple[Shared, Tenancy, Books]:
    """Everything a worker shares, in its own process. Errors: those of the workspace's files."""
    place = open_workspace(settings.workspace, settings.database)
    keeper = open_gatekeeper(place, now, bootstrap=settings.environment.get(BOOTSTRAP, ""))
    journal = Journal(settings.workspace / FOLDER, uuid4().hex)
    desk = Desk(found.rules, keeper, Recorder(journal), seconds)
    shared = Shared(settings.limits, desk, Porch(settings.workspace, settings.database))
    shared.routes = routes(found.upstreams, shared)
    return shared, keeper, Books(place, settings.page, settings.telemetry)
