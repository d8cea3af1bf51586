"""The beginning of a JSON value as an object, mended where the look stopped: enough to recognise a format."""

from json import JSONDecodeError
from typing import Any

from detente.queue import lax
from detente.queue.limits import LIMITS, exceeded
from detente.queue.tokens import CLOSE_BRACE, CLOSE_BRACKET, COMMA, OPEN_BRACE, OPEN_BRACKET, scan


def peek(data: bytes) -> Any:
    """The first JSON value in `data`, complete if it fits, else with everything after the last whole element left out.

    None when there is no JSON value. A value cut inside nested containers keeps what was read of each of them. Where
    something is no JSON, the look stops.
    """
    text = data.lstrip()
    for _ in range(2):
        try:
            return lax.loads(_mended(text))
        except JSONDecodeError as error:
            text = error.doc[: error.pos].encode()
        except ValueError:
            break
    return None


def _mended(text: bytes) -> bytes:
    """The first value of `text` by itself, with the closers that it lacks."""
    if text[:1] not in (b"{", b"["):
        return text
    tokens = scan(text, 0)
    if len(tokens.depth) and (deepest := int(tokens.depth.max())) > LIMITS.depth:
        raise exceeded("The nesting of the report", f"{deepest} levels deep", f"{LIMITS.depth} levels")
    ends = (tokens.depth == 0).nonzero()[0]
    if len(ends):
        return text[: int(tokens.position[ends[0]]) + 1]
    cut, closers = _cut(tokens.position.tolist(), tokens.byte.tolist())
    return text[:cut] + closers


def _cut(positions: list[int], kinds: list[int]) -> tuple[int, bytes]:
    """Where the last whole element ends, and the closers that are missing there."""
    stack: list[int] = []
    best = (0, b"")
    for position, kind in zip(positions, kinds, strict=True):
        if kind in (OPEN_BRACE, OPEN_BRACKET):
            stack.append(kind)
            best = (position + 1, _closers(stack)) if kind == OPEN_BRACKET or best[0] == 0 else best
        elif kind in (CLOSE_BRACE, CLOSE_BRACKET) and stack:
            stack.pop()
            best = (position + 1, _closers(stack))
        elif kind == COMMA:
            best = (position, _closers(stack))
    return best


def _closers(stack: list[int]) -> bytes:
    return bytes(CLOSE_BRACE if kind == OPEN_BRACE else CLOSE_BRACKET for kind in reversed(stack))
