"""Bodies that a client compressed: decoded to be inspected, and never to more than the limit."""

import zlib
from collections.abc import Callable

from detente.edge.proxy.request import overlong
from detente.model.errors import DetenteError


def decoded(body: bytes, coding: bytes, limit: int) -> bytes:
    """The plain body. Errors: `gateway-encoding` for a coding that is not known or not kept to; `gateway-size` beyond `limit` bytes."""
    name = coding.strip().lower().decode("latin-1")
    if name in ("", "identity"):
        return body
    if name not in _CODINGS:
        raise _unreadable(f"{name} is not decoded here, only {', '.join(_CODINGS)}.")
    plain = _CODINGS[name](body, limit)
    if len(plain) > limit:
        raise overlong(f"Its body has more than {limit} bytes once it is decoded.")
    return plain


def _unreadable(why: str) -> DetenteError:
    return DetenteError("The body cannot be read", why, "Send it without content-encoding.", code="gateway-encoding")


def _inflated(body: bytes, limit: int, window: int) -> bytes:
    engine = zlib.decompressobj(window)
    try:
        plain = engine.decompress(body, limit + 1)
    except zlib.error as fault:
        raise _unreadable(f"{fault}.") from fault
    if len(plain) <= limit and (not engine.eof or engine.unused_data):
        raise _unreadable("It ends too early, or goes on behind its end.")
    return plain


def _gzip(body: bytes, limit: int) -> bytes:
    return _inflated(body, limit, 31)


def _deflate(body: bytes, limit: int) -> bytes:
    return _inflated(body, limit, 15)


def _brotli(body: bytes, limit: int) -> bytes:
    import brotli

    engine, parts = brotli.Decompressor(), [b""]
    try:
        parts.append(engine.process(body, output_buffer_limit=limit + 1))
        while not engine.can_accept_more_data() and sum(map(len, parts)) <= limit:
            parts.append(engine.process(b"", output_buffer_limit=limit + 1))
    except brotli.error as fault:
        raise _unreadable(f"{fault}.") from fault
    plain = b"".join(parts)
    if len(plain) <= limit and not engine.is_finished():
        raise _unreadable("It ends too early.")
    return plain


def _zstd(body: bytes, limit: int) -> bytes:
    """A step of 256 bytes grows by 8 MiB at most, so that no bomb goes far beyond the limit (RFC 8878: 128 KiB from a block of four bytes)."""
    import zstandard

    engine, parts, size = zstandard.ZstdDecompressor(max_window_size=8 << 20).decompressobj(), [], 0
    try:
        for at in range(0, len(body), 256):
            if engine.eof or size > limit:
                break
            parts.append(engine.decompress(body[at : at + 256]))
            size += len(parts[-1])
    except zstandard.ZstdError as fault:
        raise _unreadable(f"{fault}.") from fault
    if size <= limit and (not engine.eof or engine.unused_data or at + 256 < len(body)):
        raise _unreadable("It ends too early, or goes on behind its end.")
    return b"".join(parts)


_CODINGS: dict[str, Callable[[bytes, int], bytes]] = {"gzip": _gzip, "deflate": _deflate, "br": _brotli, "zstd": _zstd}
