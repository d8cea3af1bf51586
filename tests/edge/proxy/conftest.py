"""A gateway and its vendors on real sockets, in one background loop for all tests of this folder."""

import asyncio
import http.client
import json
import re
import socket
import threading
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest
import uvloop

from detente.edge.clock import now, seconds
from detente.edge.proxy.inbound import Inbound
from detente.edge.proxy.limits import Limits
from detente.edge.proxy.opening import Settings, routes, upstreams
from detente.edge.proxy.porch import Porch
from detente.edge.proxy.shared import Shared
from detente.flows.prompt import Desk
from detente.flows.record import Recorder
from detente.flows.tenancy import open_gatekeeper
from detente.flows.workspace import open_workspace
from detente.model.verdict import Hit
from detente.store.journal import Journal
from edge.proxy.model import Model

KEY = "virtual-" + "7" * 24
PROVIDER_KEY = "provider-" + "9" * 24
SECRET = "tok_live_" + "8f3kd93kd0s2lq"
JEWEL = "jewel_" + "a" * 12
LIMITS = Limits(
    head=8 << 10,
    body=1 << 20,
    bodies=4 << 20,
    head_s=0.3,
    body_s=0.5,
    silence_s=0.6,
    linger_s=0.3,
    connect_s=1.0,
    aside=32 << 10,
)
T = TypeVar("T")


class Rules:
    """Two rules, so that what is tested is the sockets."""

    version = "1"
    longest_match, kinds = 64, frozenset({"secrets", "own_code"})
    _forms = (("secrets", "tok", rb"tok_live_\w{14}"), ("own_code", "crown_jewels/pay", rb"jewel_\w{12}"))

    def scan(self, data: bytes) -> list[Hit]:
        return [
            Hit(kind, rule, one.start(), one.end())
            for kind, rule, form in self._forms
            for one in re.finditer(form, data)
        ]

    def pending(self, data: bytes) -> int:
        return max(0, len(data) - self.longest_match)


UPSTREAMS = """
upstreams:
  - {{name: main, url: "http://127.0.0.1:{main}/v1", models: [m-*], key: MAIN_KEY}}
  - {{name: bedrock, url: "http://127.0.0.1:{main}", style: bedrock, models: [b-*], names: {{b-1: "eu.claude:0"}}}}
  - {{name: dead, url: "http://127.0.0.1:{dead}/v1", models: [f-*]}}
  - {{name: spare, url: "http://127.0.0.1:{spare}/other?from=detente", models: [f-*], names: {{f-1: spare-1}}}}
"""


@dataclass
class World:
    """What a test talks to: the gateway at `port`, the vendors behind it, its journal."""

    loop: asyncio.AbstractEventLoop
    shared: Shared
    main: Model
    spare: Model
    journal: Path
    port: int = 0
    servers: list[asyncio.Server] = field(default_factory=list)
    looking: asyncio.Task[None] | None = None

    def run(self, steps: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(steps, self.loop).result(10)

    def ask(self, path: str, body: Any, method: str = "POST", **headers: str) -> tuple[int, dict[str, str], bytes]:
        """One request on a connection of its own."""
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        sent = {
            "authorization": f"Bearer {KEY}",
            "content-type": "application/json",
            **{k.replace("_", "-"): v for k, v in headers.items()},
        }
        link.request(method, path, body if isinstance(body, bytes | None) else json.dumps(body).encode(), sent)
        got = link.getresponse()
        read = got.read()
        link.close()
        return got.status, {name.lower(): value for name, value in got.getheaders()}, read

    def talk(self, *pieces: bytes, wait: float = 5.0) -> bytes:
        """Raw bytes; returns all that comes until the gateway closes, or nothing comes for `wait` seconds."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=wait) as link:
            got = b""
            try:
                for piece in pieces:
                    link.sendall(piece)
                while more := link.recv(1 << 16):
                    got += more
            except TimeoutError:
                pass
            return got

    def records(self) -> list[dict[str, Any]]:
        """Of exchanges that are over."""
        found = [json.loads(line) for line in self.journal.read_text().splitlines()]
        return [{"code": "", "priced": False, **one} for one in found if one["is"] == "ended"]


def head(path: str = "/v1/chat/completions", *lines: str, method: str = "POST", key: str = KEY) -> bytes:
    """The head of a request, without its length."""
    return "\r\n".join(
        [f"{method} {path} HTTP/1.1", "host: gateway", f"authorization: Bearer {key}", *lines, ""]
    ).encode()


def prompt(text: str, *, model: str = "m-1", stream: bool = False) -> dict[str, Any]:
    return {"model": model, "stream": stream, "messages": [{"role": "user", "content": text}]}


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("gateway")
    loop = uvloop.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    keeper = open_gatekeeper(open_workspace(folder), now, bootstrap=KEY)
    desk = Desk(Rules(), keeper, Recorder(Journal(folder / "journal", "one")), seconds)
    world = World(
        loop,
        Shared(LIMITS, desk, Porch(folder, None)),
        Model(PROVIDER_KEY),
        Model(),
        folder / "journal" / "one" / "00000001.jsonl",
    )
    world.run(_begin(world, folder))
    yield world
    world.run(_end(world))
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


async def _begin(world: World, folder: Path) -> None:
    loop = asyncio.get_running_loop()
    world.servers += [await world.main.start(), await world.spare.start()]
    with socket.create_server(("127.0.0.1", 0)) as taken:
        dead = taken.getsockname()[1]
    text = UPSTREAMS.format(main=world.main.port, spare=world.spare.port, dead=dead)
    settings = Settings(folder, None, None, {"MAIN_KEY": PROVIDER_KEY}, LIMITS)
    (folder / "gateway.yaml").write_text(text)
    world.shared.routes = routes(upstreams(settings), world.shared)
    server = await loop.create_server(lambda: Inbound(world.shared, loop), "127.0.0.1", 0)
    world.servers.append(server)
    world.port = server.sockets[0].getsockname()[1]
    world.looking = loop.create_task(_look(world.shared))


async def _end(world: World) -> None:
    for server in world.servers:
        server.close()
    for one in [*world.shared.clients, *world.shared.upstreams]:
        one.due = 0
        one.expire()
    world.shared.threads.shutdown()
    running = asyncio.all_tasks() - {asyncio.current_task()}
    for task in running:
        task.cancel()
    await asyncio.wait(running)
    await asyncio.sleep(0.05)


async def _look(shared: Shared) -> None:
    while True:
        await asyncio.sleep(0.05)
        shared.look(asyncio.get_running_loop().time())


@pytest.fixture
def world(built: World) -> World:
    """The gateway with empty records."""
    built.main.seen.clear()
    built.spare.seen.clear()
    built.main.gone = built.spare.gone = 0
    built.journal.write_bytes(b"")
    return built
