"""One worker process: it serves, looks after what is overdue, reads its files again on SIGHUP, and drains on SIGTERM."""

import asyncio
import logging
import signal
import socket
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any

from detente.edge.clock import now
from detente.edge.proxy import memory
from detente.edge.proxy.books import Books
from detente.edge.proxy.inbound import Inbound
from detente.edge.proxy.limits import BACKLOG
from detente.edge.proxy.opening import Settings, Setup, opened, routes, setup
from detente.edge.proxy.shared import Shared
from detente.flows.tenancy import Tenancy
from detente.model.errors import DetenteError

LOG = logging.getLogger("detente.gateway")


class Worker:
    """One event loop over one listening socket."""

    def __init__(self, settings: Settings, shared: Shared, keeper: Tenancy, books: Books) -> None:
        self._settings, self._shared, self._keeper, self._books = settings, shared, keeper, books
        self._stop = asyncio.Event()
        self._jobs: set[asyncio.Task[None]] = set()

    async def serve(self, listening: socket.socket) -> None:
        """Until SIGTERM or SIGINT; then no new connection is taken, and what runs may end."""
        loop, shared = asyncio.get_running_loop(), self._shared
        server = await loop.create_server(lambda: Inbound(shared, loop), sock=listening, backlog=BACKLOG)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._end)
        loop.add_signal_handler(signal.SIGHUP, lambda: self._start(self.reload()))
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})  # what came while it started waits since then
        self._start(watch(self._shared.look))
        self._start(self._every("keys and budgets", self._keeper.renew))
        self._start(self._every("records", lambda: self._books.turn(now())))
        for name in self._books.exporters:
            self._start(self._every(name, partial(self._books.export, name)))
        await self._stop.wait()
        server.close()
        await self._drain()

    def _start(self, job: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(job)
        self._jobs.add(task)
        task.add_done_callback(self._jobs.discard)

    def _end(self) -> None:
        """The first signal drains, the second ends at once."""
        if self._stop.is_set():
            for client in list(self._shared.clients):
                client.expire()
        self._stop.set()

    async def reload(self) -> None:
        """Read the rules and the upstreams again. With a mistake in them, those before stay; what runs keeps what it began with."""
        loop, shared = asyncio.get_running_loop(), self._shared
        try:
            found = await loop.run_in_executor(None, setup, self._settings)
        except (DetenteError, OSError) as fault:
            LOG.error("reload: %s", fault)
            return
        shared.routes = routes(found.upstreams, shared)
        shared.desk = replace(shared.desk, scanner=found.rules)
        LOG.warning("reloaded: %d upstreams", len(shared.routes))

    async def _every(self, what: str, job: Callable[[], object]) -> None:
        """A job for the database, once a second and off the loop; one that is away is tried again.

        Each has a thread of its own: a thread keeps what its largest job took, and what all of them keep must not be the largest job's of all.
        """
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1, what) as thread:
            while True:
                await asyncio.sleep(1)
                try:
                    await loop.run_in_executor(thread, job)
                except Exception as fault:  # noqa: BLE001 - whatever a database says, the next second may be better
                    LOG.error("%s: %s", what, type(fault).__name__)

    async def _drain(self) -> None:
        """Idle connections end now, busy ones after their answer."""
        shared, loop = self._shared, asyncio.get_running_loop()
        shared.draining = True
        for client in list(shared.clients):
            client.drain()
        ends = loop.time() + self._settings.limits.drain_s
        while shared.clients and loop.time() < ends:
            await asyncio.sleep(0.05)
        for job in self._jobs:
            job.cancel()


async def watch(look: Callable[[float], None], every_s: float = 1.0) -> None:
    """Whatever is overdue ends within a second. Once after a stall it is spared: what came while the process stood still is read first."""
    loop, spared = asyncio.get_running_loop(), False
    while True:
        begun = loop.time()
        await asyncio.sleep(every_s)
        spared = not spared and loop.time() - begun > 2 * every_s
        if not spared:
            look(loop.time())


def work(settings: Settings, found: Setup, listening: socket.socket) -> None:
    """Run one worker in this process until it is told to stop."""
    memory.share_heap()
    shared, keeper, books = opened(settings, found)
    memory.settle()

    async def main() -> None:
        await Worker(settings, shared, keeper, books).serve(listening)

    try:
        _run(main())
    finally:
        keeper.close()
        books.close(now())


def _run(main: Coroutine[Any, Any, None]) -> None:
    """On uvloop where it is installed; the standard loop serves alike, slower."""
    try:
        from uvloop import run
    except ImportError:
        asyncio.run(main)
        return
    run(main)
