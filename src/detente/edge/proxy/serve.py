"""The workers of one machine: a process for each core, every one with a socket of its own on the same port.

The parent opens the sockets and keeps them: a worker that dies is started again and finds the connections that waited meanwhile.
"""

import logging
import os
import signal
import socket
import sys
import time
from contextlib import suppress
from types import FrameType
from typing import NoReturn

from detente.edge.proxy.limits import BACKLOG
from detente.edge.proxy.opening import Settings, Setup, setup
from detente.flows.workspace import open_workspace
from detente.model.errors import DetenteError

LOG = logging.getLogger("detente.gateway")
SIGNALS = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}


def listen(address: str, workers: int) -> list[socket.socket]:
    """A listening socket for each worker at HOST:PORT; the kernel spreads connections (SO_REUSEPORT). Errors: `gateway-listen`."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        do = "For example 127.0.0.1:8081."
        raise DetenteError(f"'{address}' is no address", "It must be HOST:PORT.", do, code="gateway-listen")
    made: list[socket.socket] = []
    try:
        for _ in range(workers):
            made.append(_bound(host.strip("[]"), made[0].getsockname()[1] if made else int(port)))
    except OSError as fault:
        for one in made:
            one.close()
        why, do = f"{fault.strerror or fault}.", "Choose another port, or stop what holds it."
        raise DetenteError(f"{address} cannot be listened on", why, do, code="gateway-listen") from fault
    return made


def _bound(host: str, port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        made.bind((host, port))
        made.listen(BACKLOG)
    except OSError:
        made.close()
        raise
    made.setblocking(False)
    return made


def serve(settings: Settings, found: Setup, sockets: list[socket.socket]) -> None:
    """Serve until SIGTERM or SIGINT. One worker runs in this process; more are children."""
    _bring_up(settings)
    if len(sockets) == 1:
        from detente.edge.proxy.worker import work

        work(settings, found, sockets[0])
    else:
        Parent(settings, found, sockets).run()


def _bring_up(settings: Settings) -> None:
    """Make the database one of this version in a process of its own: what that loads, 10 MB, would stay in every worker."""
    pid = os.fork()
    if pid:
        os.waitpid(pid, 0)
        return
    try:
        with suppress(DetenteError):  # which the worker meets again, and tells
            open_workspace(settings.workspace, settings.database)
    finally:
        os._exit(0)


class Parent:
    """Starts workers, starts them again, and passes signals on. The files are read once, here, and shared with all that fork from it."""

    def __init__(self, settings: Settings, found: Setup, sockets: list[socket.socket]) -> None:
        self._settings, self._found, self._sockets = settings, found, sockets
        self._children: dict[int, int] = {}
        self._outdated = self._stopping = False

    def run(self) -> None:
        """Until every worker has ended after SIGTERM."""
        for number in SIGNALS:
            signal.signal(number, self._pass)
        for slot in range(len(self._sockets)):
            self._fork(slot)
        while self._children:
            pid, status = os.wait()
            slot = self._children.pop(pid)
            if not self._stopping:
                LOG.error("worker %d ended with status %d and is started again", pid, status)
                time.sleep(1)  # a worker that cannot start must not spin
                self._fork(slot)

    def _pass(self, number: int, frame: FrameType | None) -> None:
        """To every worker. Who stops takes no new connection; after a reload, later workers start with what the files say by then."""
        self._outdated = True
        if number != signal.SIGHUP:
            self._stopping = True
            for one in self._sockets:
                one.close()
        for pid in self._children:
            os.kill(pid, number)

    def _fork(self, slot: int) -> None:
        if self._outdated:
            self._read()
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)  # until the child is known, so that none misses one
        if not self._stopping:
            pid = os.fork()
            if not pid:
                self._child(slot)
            self._children[pid] = slot
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)

    def _read(self) -> None:
        """As a worker does on reload: with a mistake in the files, what was read before stays, for a worker must always start again."""
        self._outdated = False
        try:
            self._found = setup(self._settings)
        except (DetenteError, OSError) as fault:
            LOG.error("reload: %s", fault)

    def _child(self, slot: int) -> NoReturn:
        code = 1
        try:
            for number in SIGNALS:
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS - {signal.SIGHUP})  # which waits until its loop is there
            for other in self._sockets[:slot] + self._sockets[slot + 1 :]:
                other.close()
            from detente.edge.proxy.worker import work

            work(self._settings, self._found, self._sockets[slot])
            code = 0
        except DetenteError as fault:
            LOG.error("%s", fault)
        except Exception:
            LOG.exception("a worker failed")
        finally:
            sys.stderr.flush()
            os._exit(code)
