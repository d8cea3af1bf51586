"""The records of a JSON report, decoded batch by batch into a parser's own types; a bad one is set aside alone."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, BinaryIO

import msgspec

from detente.model.finding import Rejected
from detente.queue import lax
from detente.queue.convert import convert
from detente.queue.outline import Batch, Trail, outline
from detente.queue.source import Record, Source
from detente.queue.tokens import COMMA, scan

_RAW_LIMIT = 1 << 20  # a larger broken record is named, not kept


def read(
    source: Source, records: Mapping[str, Any], tables: tuple[str, ...] = ()
) -> tuple[Any, Iterator[Record | Rejected], bool]:
    """Outline first, then a lazy pass over the record ranges: those of `tables` first, the rest as they stand."""
    with source.open() as stream:
        found = outline(stream, tuple(records))
    batches = sorted(found.batches, key=lambda batch: batch.path not in tables)
    return found.roots, _records(source, records, found.roots, batches, found.tail), found.truncated


def _records(
    source: Source, types: Mapping[str, Any], roots: list[Any], batches: list[Batch], tail: Batch | None
) -> Iterator[Record | Rejected]:
    with source.open() as stream:
        for batch in batches:
            if types[batch.path] is not None:
                yield from _batch(stream, batch, types[batch.path], roots)
        if tail is not None and types[tail.path] is not None:  # whole only if the report broke off right behind it
            yield _single(_slice(stream, tail).strip(), tail, types[tail.path], roots, _parents(roots, tail.trail))


def _slice(stream: BinaryIO, batch: Batch) -> bytes:
    stream.seek(batch.start)
    return stream.read(batch.end - batch.start)


def _batch(stream: BinaryIO, batch: Batch, kind: Any, roots: list[Any]) -> Iterator[Record | Rejected]:
    data, parents, origin = _slice(stream, batch), _parents(roots, batch.trail), (roots, batch)
    if batch.shape == "list":
        try:
            for value in _decoder(list[kind]).decode(b"[" + data + b"]"):
                yield Record(batch.path, parents, "", value, origin)
            return
        except ValueError:
            pass  # one of them is bad: take them one by one
    for piece in _pieces(data, batch.shape):
        yield _single(piece, batch, kind, roots, parents)


def _single(piece: bytes, batch: Batch, kind: Any, roots: list[Any], parents: tuple[Any, ...]) -> Record | Rejected:
    key, value = "", piece
    try:
        if batch.shape == "members":
            ((key, raw),) = _decoder(dict[str, msgspec.Raw]).decode(b"{" + piece + b"}").items()
            value = bytes(raw)
        return Record(batch.path, parents, key, _decoded(value, kind), (roots, batch))
    except ValueError as error:
        return _broken(roots, batch, piece, str(error))


def _pieces(data: bytes, shape: str) -> Iterator[bytes]:
    """Each record of a batch by itself: cut at commas of the outermost level, or after each root's end."""
    tokens = scan(data, 0)
    outermost = tokens.depth == 0
    cuts = tokens.position[outermost] + 1 if shape == "roots" else tokens.position[outermost & (tokens.byte == COMMA)]
    start = 0
    for cut in [*cuts.tolist(), len(data)]:
        piece = data[start:cut].strip()
        if piece:
            yield piece
        start = cut if shape == "roots" else cut + 1


def _parents(roots: list[Any], trail: Trail) -> tuple[Any, ...]:
    value: Any = roots
    parents = []
    for step in trail:
        value = value[step]
        if isinstance(value, dict):
            parents.append(value)
    return tuple(parents)


def raw(record: Record) -> bytes:
    """A small report with just this record inside copies of its ancestors."""
    value = msgspec.json.encode(record.value)
    if record.origin is None:
        return value
    roots, batch = record.origin
    return _alone(roots, batch, msgspec.json.encode(record.key) + b":" + value if batch.shape == "members" else value)


def _broken(roots: list[Any], batch: Batch, piece: bytes, reason: str) -> Rejected:
    return Rejected(0, reason, _alone(roots, batch, piece) if len(piece) <= _RAW_LIMIT else b"", batch.path)


def _alone(roots: list[Any], batch: Batch, piece: bytes) -> bytes:
    if batch.shape == "roots":
        return piece
    inner = b"{" + piece + b"}" if batch.shape == "members" else b"[" + piece + b"]"
    return _wrap(roots[int(batch.trail[0])], batch.trail[1:], inner)


def _wrap(value: Any, trail: Trail, inner: bytes) -> bytes:
    """A small report with this one record: every list on the way holds only the element that leads to it."""
    if not trail:
        return inner
    step, element = trail[0], _wrap(value[trail[0]], trail[1:], inner)
    if isinstance(value, list):
        return b"[" + element + b"]"
    rest = msgspec.json.encode({k: v for k, v in value.items() if k != step})[1:-1]
    return b"{" + rest + (b"," if rest else b"") + msgspec.json.encode(step) + b":" + element + b"}"


def _decoded(data: bytes, kind: Any) -> Any:
    try:
        return _decoder(kind).decode(data)
    except msgspec.DecodeError as error:
        try:
            value = lax.loads(data)
        except ValueError:
            raise error from None
    return convert(value, kind)


@lru_cache(maxsize=256)
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind, strict=False)
