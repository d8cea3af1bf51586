"""Reading a client's request: llhttp in its strict mode, and what it leaves to its caller.

Two readers that see different ends of one message are how requests are smuggled past a gateway (RFC 9112, section 11.2): whatever could be read in
two ways is refused here, and what goes upstream is framed anew.
"""

import httptools
from msgspec import Struct

from detente.edge.proxy.limits import Limits
from detente.model.errors import DetenteError

_KEYS = frozenset({b"authorization", b"x-api-key", b"api-key"})
_HOPS = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
        b"http2-settings",
    }
)
_OURS = frozenset({b"host", b"content-length", b"content-encoding", b"accept-encoding", b"expect"})
_SECRET = frozenset({*_KEYS, b"cookie", b"proxy-authorization"})
_KEPT_BACK = _HOPS | _OURS | _SECRET
_NOTED = _KEPT_BACK | {b"anthropic-version", b"traceparent"}
_ONCE = frozenset({b"host", b"content-length", b"transfer-encoding", b"expect", b"content-encoding"})


def refused(why: str) -> DetenteError:
    """A message that no two readers are sure to read alike."""
    return DetenteError("The request is refused", why, "Send it as HTTP/1.1 has it (RFC 9112).", code="gateway-http")


def overlong(why: str) -> DetenteError:
    """A message beyond the limits."""
    return DetenteError("The request is too large", why, "Send less.", code="gateway-size")


class Request(Struct, eq=False):
    """What came. `lines` are the headers that go on, byte for byte; `apart` are those that concern this connection, by lower-case name;
    `keys` are the virtual keys the client shows: as bearer, or as Anthropic's or Azure's clients send them.
    """

    method: str = ""
    target: bytes = b""
    lines: list[bytes] = []
    apart: dict[bytes, bytes] = {}
    keys: list[bytes] = []
    body: list[bytes] = []
    length: int = 0
    headed: bool = False
    whole: bool = False
    keep: bool = False
    old: bool = False
    """HTTP/1.0, whose clients know no chunks."""

    @property
    def anthropic(self) -> bool:
        """Whether one of Anthropic's clients asks."""
        return b"anthropic-version" in self.apart


class Reader:
    """Cuts the bytes of one connection into requests. `now` is the one being read; a second one before it is answered sets `ahead`."""

    def __init__(self, limits: Limits) -> None:
        self.now, self.ahead = Request(), False
        self._limits, self._parser = limits, httptools.HttpRequestParser(self)
        self._head, self._begun = 0, False

    def next(self) -> None:
        """The present one is answered."""
        self.now, self._head, self._begun = Request(), 0, False

    def feed(self, data: bytes) -> None:
        """Some more bytes. Errors: DetenteError `gateway-http`, `gateway-size`."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as fault:
            why = "It asks for another protocol: no websocket, no tunnel and no HTTP/2 is spoken here."
            do = "Ask over HTTP/1.1; assistants do so by themselves."
            raise DetenteError("Only HTTP/1.1 is spoken here", why, do, code="gateway-upgrade") from fault
        except httptools.HttpParserCallbackError as fault:
            raise fault.__context__ or fault from fault
        except httptools.HttpParserError as fault:
            if not self.now.whole:
                raise refused(f"{fault}.") from fault
            self.ahead = True
        if not self.now.headed:
            self._head += len(data)
            self._bound(self._head)

    def on_message_begin(self) -> None:
        """Called by the parser."""
        if self._begun:
            self.ahead = True
        self._begun = True

    def on_url(self, url: bytes) -> None:
        """Called by the parser."""
        if not self.ahead:
            self.now.target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by the parser."""
        if self.ahead or self.now.headed:  # of a second request, or trailers: they are not passed on
            return
        now, lower = self.now, name.lower()
        if lower in _ONCE and lower in now.apart:
            raise refused(f"The header {lower.decode()} comes twice.")
        if lower in _KEYS:
            now.keys.append(value[7:].strip() if value[:7].lower() == b"bearer " else value)
        elif lower in _NOTED:
            now.apart[lower] = value
        if lower not in _KEPT_BACK:
            now.lines.append(name + b": " + value + b"\r\n")
            if len(now.lines) > self._limits.lines:
                raise overlong(f"It has more than {self._limits.lines} headers.")

    def on_headers_complete(self) -> None:
        """Called by the parser."""
        if self.ahead:
            return
        now, version = self.now, self._parser.get_http_version()
        now.method, now.keep, now.old = (
            self._parser.get_method().decode(),
            self._parser.should_keep_alive(),
            version == "1.0",
        )
        self._bound(len(now.target) + sum(map(len, now.lines)))
        _checked(now, version)
        now.headed = True

    def on_body(self, body: bytes) -> None:
        """Called by the parser."""
        if self.ahead:
            return
        self.now.body.append(body)
        self.now.length += len(body)
        if self.now.length > self._limits.body:
            raise overlong(f"Its body has more than {self._limits.body} bytes.")

    def on_message_complete(self) -> None:
        """Called by the parser."""
        self.now.whole = True

    def _bound(self, size: int) -> None:
        if size > self._limits.head:
            raise overlong(f"Its head has more than {self._limits.head} bytes.")


def _checked(now: Request, version: str) -> None:
    """What llhttp lets pass. Errors: `gateway-http`."""
    coding = now.apart.get(b"transfer-encoding")
    if version not in ("1.0", "1.1"):
        raise refused("It is of another version of HTTP.")
    if coding is not None and (coding.lower() != b"chunked" or now.old):
        raise refused("Its transfer encoding is not chunked, and chunked alone.")
    if b"host" not in now.apart and not now.old:
        raise refused("It has no host.")
    if not now.target.startswith(b"/"):
        raise refused("Its target is no path.")
    if now.apart.get(b"expect", b"100-continue").lower() != b"100-continue":
        raise refused("It expects what is not known here.")
    if named := now.apart.get(b"connection"):
        _hop(now, named)


def _hop(now: Request, named: bytes) -> None:
    """Headers that the client says are meant for this connection alone."""
    hops = {name.strip().lower() for name in named.split(b",")} - {b"close", b"keep-alive", b""}
    if hops:
        now.lines = [line for line in now.lines if line.partition(b":")[0].lower() not in hops]
