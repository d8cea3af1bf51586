"""The workers of one machine: a process for each core, every one with a socket of its own on the same port.

The parent opens the sockets and keeps them: a worker that dies is started again and finds the connections that waited meanwhile.
"""

import logging
import os
import signal
import socket
import sys
import time
from types import FrameType

from detente.edge.proxy.opening import Settings
from detente.model.errors import DetenteError

LOG = logging.getLogger("detente.gateway")
BACKLOG = 4096


def listen(address: str, workers: int) -> list[socket.socket]:
    """A listening socket for each worker at HOST:PORT; the kernel spreads connections (SO_REUSEPORT). Errors: `gateway-listen`."""
    host, _, port = address.rpartition(":")
    if not port.isdecimal() or int(port) > 65535:
        raise DetenteError(
            f"'{address}' is no address", "It must be HOST:PORT.", "For example 127.0.0.1:8081.", code="gateway-listen"
        )
    made: list[socket.socket] = []
    try:
        for _ in range(workers):
            made.append(_bound(host.strip("[]") or "127.0.0.1", made[0].getsockname()[1] if made else int(port)))
    except OSError as fault:
        raise DetenteError(
            f"{address} cannot be listened on",
            f"{fault.strerror or fault}.",
            "Choose another port, or stop what holds it.",
            code="gateway-listen",
        ) from fault
    return made


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if hasattr(socket, "SO_REUSEPORT"):
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    made.bind((host, port))
    made.listen(BACKLOG)
    made.setblocking(False)
    return made


def serve(settings: Settings, sockets: list[socket.socket]) -> None:
    """Serve until SIGTERM or SIGINT. One worker runs in this process; more are children."""
    if len(sockets) == 1:
        from detente.edge.proxy.worker import work

        work(settings, sockets[0])
    else:
        Parent(settings, sockets).run()


class Parent:
    """Starts workers, starts them again, and passes signals on."""

    def __init__(self, settings: Settings, sockets: list[socket.socket]) -> None:
        self._settings, self._sockets = settings, sockets
        self._children: dict[int, int] = {}
        self._stopping = False

    def run(self) -> None:
        """Until every worker has ended after SIGTERM."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
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
        self._stopping = self._stopping or number != signal.SIGHUP
        for pid in self._children:
            os.kill(pid, number)

    def _fork(self, slot: int) -> None:
        if pid := os.fork():
            self._children[pid] = slot
            return
        code = 1
        try:
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                signal.signal(number, signal.SIG_DFL)
            from detente.edge.proxy.worker import work

            work(self._settings, self._sockets[slot])
            code = 0
        except DetenteError as fault:
            LOG.error("%s", fault)
        except Exception:
            LOG.exception("a worker failed")
        finally:
            sys.stderr.flush()
            os._exit(code)
