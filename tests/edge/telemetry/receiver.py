"""A collector on a real socket: it keeps what it takes, and answers as it is told to."""

import gzip
import ssl
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import NamedTuple


class Reply(NamedTuple):
    """What it answers; a status of 0 drops the line without an answer."""

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass
class Receiver:
    """`replies` are given one after the other, then all is taken. `bodies` are those it took."""

    port: int = 0
    replies: deque[Reply] = field(default_factory=deque)
    bodies: list[bytes] = field(default_factory=list)
    heads: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def receiving(certificate: Path | None = None) -> Iterator[Receiver]:
    """One that listens until the end of the block; over TLS with a certificate, whose file has its key too."""
    seen = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            reply = seen.replies.popleft() if seen.replies else Reply()
            if reply.status == 200:
                seen.paths.append(self.path)
                seen.heads.append({name.lower(): value for name, value in self.headers.items()})
                seen.bodies.append(gzip.decompress(body) if self.headers["content-encoding"] == "gzip" else body)
            if not reply.status:
                self.close_connection = True
                return
            self.send_response(reply.status)
            for header in (*reply.headers, ("content-length", str(len(reply.body)))):
                self.send_header(*header)
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        if certificate:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(certificate)
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        seen.port = server.server_address[1]
        yield seen
        server.shutdown()
        thread.join()
