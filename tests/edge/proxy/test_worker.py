"""Real processes: `detente gateway` serves, reloads without dropping a stream, drains, and starts its workers again."""

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from detente.edge.proxy.inbound import Inbound
from detente.edge.proxy.opening import Settings, routes, upstreams
from detente.edge.proxy.serve import listen
from detente.edge.proxy.shared import Shared
from detente.model.errors import DetenteError
from edge.proxy.conftest import KEY, LIMITS, World, head, prompt

END = b"data: [DONE]\n\n\r\n0\r\n\r\n"
GATEWAY = """
upstreams:
  - {{name: only, url: "http://127.0.0.1:{port}/v1", models: [{models}]}}
"""

STANDING = """
import asyncio, uvloop
from detente.edge.proxy.inbound import Inbound
from detente.edge.proxy.limits import Limits
from detente.edge.proxy.shared import Shared
from detente.edge.proxy.worker import watch

async def main():
    loop, shared = asyncio.get_running_loop(), Shared(Limits(head_s=1.5), None, {})
    server = await loop.create_server(lambda: Inbound(shared, loop), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await watch(shared.look, 0.5)

uvloop.run(main())
"""
"""A gateway without upstreams that gives a client a second and a half to ask."""


@contextmanager
def started(folder: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The command itself."""
    run = [
        sys.executable,
        "-c",
        "from detente.edge.cli import main; main()",
        "gateway",
        "--listen",
        "127.0.0.1:0",
        *options,
    ]
    environment = {**os.environ, "DETENTE_HOME": str(folder), "DETENTE_GATEWAY_KEY": KEY}
    with subprocess.Popen(run, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        found = re.search(r"listens on http://127.0.0.1:(\d+)", process.stderr.readline())
        assert found
        try:
            yield process, int(found[1])
        finally:
            process.terminate()
            process.wait(60)


def asked(port: int, text: str, *lines: str, model: str = "m-1", stream: bool = True) -> socket.socket:
    body = json.dumps(prompt(text, model=model, stream=stream)).encode()
    link = socket.create_connection(("127.0.0.1", port), timeout=60)
    try:
        link.sendall(
            head("/v1/chat/completions", *lines, f"content-length: {len(body)}", "connection: close", "") + body
        )
    except OSError:
        link.close()
        raise
    return link


def rest(link: socket.socket) -> bytes:
    got = b""
    with link:
        while more := link.recv(1 << 16):
            got += more
    return got


def test_reload_restart_and_drain_drop_no_stream(world: World, tmp_path: Path) -> None:
    file = tmp_path / "gateway.yaml"
    file.write_text(GATEWAY.format(port=world.main.port, models="m-*"))
    with started(tmp_path, "--workers", "2") as (process, port):
        assert b" 404 " in rest(asked(port, "hi", model="n-1"))
        running = asked(port, "a long answer " * 30, "x-play: slow")
        first = running.recv(200)
        file.write_text(GATEWAY.format(port=world.main.port, models="m-*, n-*"))
        process.send_signal(signal.SIGHUP)
        until(lambda: all(b" 200 " in rest(asked(port, "hi", model="n-1")) for _ in range(8)))
        assert (first + rest(running)).endswith(END)
        _children(process, signal.SIGKILL)
        with ThreadPoolExecutor(4) as pool:  # these wait for the workers to come back
            assert {got[:12] for got in pool.map(lambda _: rest(asked(port, "hi")), range(4))} == {b"HTTP/1.1 200"}
        file.write_text("upstreams: 1")  # a mistake changes nothing, not even for a worker that starts again
        process.send_signal(signal.SIGHUP)
        _children(process, signal.SIGKILL)
        running = asked(port, "a long answer " * 30, "x-play: slow")
        first = running.recv(200)
        process.send_signal(signal.SIGTERM)
        assert (first + rest(running)).endswith(END)
        assert process.wait(60) == 0
        with pytest.raises(ConnectionRefusedError):
            asked(port, "hi")


def _children(process: subprocess.Popen[str], number: signal.Signals) -> None:
    for child in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split():
        os.kill(int(child), number)


def until(true: Callable[[], bool]) -> None:
    """Wait for it, a minute at most."""
    ends = time.monotonic() + 60
    while not true():
        assert time.monotonic() < ends
        time.sleep(0.1)


@pytest.fixture
def standing() -> Iterator[tuple["subprocess.Popen[str]", int]]:
    """A process that serves so, and its port."""
    with subprocess.Popen([sys.executable, "-c", STANDING], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield process, int(process.stdout.readline())
        finally:
            process.kill()


def test_a_process_that_stood_still_reads_what_came_before_anybody_is_too_slow(
    standing: tuple["subprocess.Popen[str]", int],
) -> None:
    process, port = standing
    hello = b"GET /api/hello HTTP/1.1\r\nhost: gateway\r\n\r\n"
    with (
        socket.create_connection(("127.0.0.1", port), 20) as first,
        socket.create_connection(("127.0.0.1", port), 20) as link,
    ):
        link.sendall(hello)
        assert link.recv(100).startswith(b"HTTP/1.1 200 ")  # so the first one is taken, too
        process.send_signal(signal.SIGSTOP)
        first.sendall(hello)
        time.sleep(1.8)
        process.send_signal(signal.SIGCONT)
        assert first.recv(100).startswith(b"HTTP/1.1 200 ")


def test_on_the_standard_loop_it_serves_alike(world: World, tmp_path: Path) -> None:
    async def steps() -> bytes:
        loop = asyncio.get_running_loop()
        settings = Settings(tmp_path, None, f"http://127.0.0.1:{world.main.port}", {}, LIMITS)
        shared = Shared(LIMITS, world.shared.desk, world.shared.porch)
        shared.routes = routes(upstreams(settings), shared)
        server = await loop.create_server(lambda: Inbound(shared, loop), "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        got = await loop.run_in_executor(None, lambda: rest(asked(port, "hi")))
        server.close()
        for upstream in shared.upstreams:
            upstream.expire()
        return got

    assert asyncio.run(steps()).endswith(END)


def test_where_it_cannot_listen() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(DetenteError, match="Choose another port"):
        listen(f"127.0.0.1:{taken.getsockname()[1]}", 1)
    for address in ("8081x", "127.0.0.1:99999", "127.0.0.1"):
        with pytest.raises(DetenteError, match="is no address"):
            listen(address, 1)
