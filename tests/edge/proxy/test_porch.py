"""Who signed in gets a key from the gateway, and asks with it; nobody else gets anything."""

import asyncio
import json
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from detente.edge.cli import app
from detente.edge.proxy.inbound import Inbound
from detente.edge.proxy.porch import LETTER, WAITING, Porch
from detente.edge.proxy.shared import Shared
from detente.flows.workspace import open_workspace
from detente.store.keys import kept
from edge.proxy.conftest import LIMITS, World
from provider import Provider, provider

ACCORD = "accord: 1\norganisation: A\ncurrency: EUR\n"
LOGIN = "ai: {{gateway: {{login: {{issuer: '{}', client: detente, tenant: acme}}}}}}\n"


@pytest.fixture
def issuer() -> Iterator[Provider]:
    with provider() as server:
        server.pending, server.interval = 0, 0.001
        yield server


@pytest.fixture
def folder(tmp_path: Path, issuer: Provider) -> Path:
    (tmp_path / "accord.yaml").write_text(ACCORD + LOGIN.format(issuer.issuer))
    (tmp_path / "estate.yaml").write_text("squads: [{id: payments}]")
    return tmp_path


@pytest.fixture
def port(world: World, folder: Path) -> Iterator[int]:
    """A gateway whose workspace knows a provider."""
    shared = Shared(LIMITS, world.shared.desk, Porch(folder, None))

    async def begun() -> asyncio.Server:
        return await world.loop.create_server(lambda: Inbound(shared, world.loop), "127.0.0.1", 0)

    server = world.run(begun())
    yield server.sockets[0].getsockname()[1]
    world.loop.call_soon_threadsafe(server.close)


def asked(port: int, body: Any = None, path: str = "/login") -> tuple[int, Any]:
    link = HTTPConnection("127.0.0.1", port, timeout=20)
    link.request("POST" if body is not None else "GET", path, body if isinstance(body, bytes) else json.dumps(body))
    got = link.getresponse()
    read = json.loads(got.read())
    link.close()
    return got.status, read


def test_a_person_signs_in_at_a_gateway_far_away(
    port: int, folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """`detente login --gateway` on a machine that has neither workspace nor database."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    words = ["login", "--gateway", f"http://127.0.0.1:{port}/v1", "--code", "--tool", "codex", "--print"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.stderr
    assert "ann@acme.example, of squad payments" in done.stderr
    assert not list(Path().iterdir())
    (key,) = kept(open_workspace(folder).engine, "k-")
    assert (key.grant.tenant, key.grant.person, key.grant.squad, key.grant.tool) == (
        *("acme", "ann@acme.example", "payments", "codex"),
    )
    assert key.name in done.stderr
    assert CliRunner().invoke(app, words).stdout == done.stdout


def test_an_id_token_counts_while_it_is_fresh_and_only_from_the_provider(port: int, issuer: Provider) -> None:
    assert asked(port) == (200, {"issuer": issuer.issuer, "client": "detente"})
    status, given = asked(port, {"id_token": issuer.id_token()})
    assert (status, given["person"]) == (200, "ann@acme.example")
    issuer.claims = {"aud": "another"}
    status, told = asked(port, {"id_token": issuer.id_token()})
    assert (status, told["error"]["type"]) == (401, "authentication_error")
    assert "aud" in told["error"]["message"]


@pytest.mark.parametrize(("body", "status", "told"), [
    (b"{}", 401, "id_token"),
    (b"[1]", 401, "not understood"),
    (b"x" * (LETTER + 1), 413, "too large"),
    ({"id_token": "a.b.c"}, 401, "did not succeed"),
])  # fmt: skip
def test_anything_else_is_refused(port: int, body: Any, status: int, told: str) -> None:
    got = asked(port, body)
    assert got[0] == status
    assert told in got[1]["error"]["message"]


def test_where_the_accord_names_nobody_nobody_signs_in(world: World) -> None:
    assert asked(world.port)[0] == 401


def test_a_crowd_waits_and_more_than_that_is_told(world: World, folder: Path) -> None:
    async def crowd() -> list[bytes | Exception]:
        porch, told = Porch(folder, None), list[bytes | Exception]()
        for _ in range(WAITING):
            porch.open(b"", told.append)
        with pytest.raises(Exception, match="busy"):
            porch.open(b"", told.append)
        while len(told) < WAITING:
            await asyncio.sleep(0.01)
        return told

    assert {type(one) for one in world.run(crowd())} == {bytes}
