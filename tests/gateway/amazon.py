"""Messages of Amazon's event stream, written from its specification."""

import json
from base64 import b64encode
from struct import pack
from zlib import crc32


def message(headers: dict[str, str], payload: bytes, extra: bytes = b"") -> bytes:
    """`extra` are headers as bytes, for values that are no text."""
    named = extra + b"".join(
        pack(">B", len(name)) + name.encode() + b"\x07" + pack(">H", len(value)) + value.encode()
        for name, value in headers.items()
    )
    start = pack(">II", 16 + len(named) + len(payload), len(named))
    whole = start + pack(">I", crc32(start)) + named + payload
    return whole + pack(">I", crc32(whole))


def chunk(event: bytes) -> bytes:
    """A model's event as Bedrock sends it, with padding against guesses from its length."""
    headers = {":event-type": "chunk", ":content-type": "application/json", ":message-type": "event"}
    return message(headers, json.dumps({"bytes": b64encode(event).decode(), "p": "abcdef"}).encode())


def exception(kind: str, said: str) -> bytes:
    return message({":exception-type": kind, ":message-type": "exception"}, json.dumps({"message": said}).encode())


def cut(stream: bytes) -> list[bytes]:
    """The data of each of a stream's events."""
    return [one.partition(b"data: ")[2] for one in stream.split(b"\n\n") if one]
