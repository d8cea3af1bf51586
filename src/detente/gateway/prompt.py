"""A request's body, cut into blocks that are inspected one by one: turns, tools, and every other member."""

from dataclasses import dataclass

from detente.gateway.dialects.dialect import Dialect
from detente.gateway.spans import NAME, Span, items, malformed, members, named

_ALL = 1 << 62


@dataclass(frozen=True, slots=True)
class Block:
    """A JSON value of a body: its span, the member it belongs to, where it is in words, and whether it is new in this turn."""

    start: int
    end: int
    name: str
    where: str
    fresh: bool


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a body asks for. Nothing of it is left out of the blocks."""

    model: str
    stream: bool
    blocks: tuple[Block, ...]


def read(body: bytes, dialect: Dialect) -> Prompt:
    """Cut `body`. Raises DetenteError where it is not one JSON object that everybody reads alike."""
    start = len(body) - len(body.lstrip(b" \t\r\n"))
    try:
        body.decode()
    except UnicodeDecodeError as fault:
        raise malformed(f"byte {fault.start} is not UTF-8") from fault
    if body[start : start + 1] != b"{":
        raise malformed("it is no object")
    inside = members(body, (start, len(body)))
    top = {name: value for name, (_, value) in inside.items()}
    stream = _flag(body, top)
    model = named(body, top["model"]) if "model" in top else ""
    turns = _turns(body, top, dialect)
    begun = any(turns.values()) or "previous_response_id" in top
    blocks: list[Block] = []
    for name, span in top.items():
        old = begun and name not in dialect.histories
        blocks += _member(body, name, span, turns.get(name, _ALL if old else 0))
        if len(name) >= NAME:
            blocks.append(Block(*inside[name][0], "", "a name", fresh=not begun))
    return Prompt(model, stream, tuple(sorted(blocks, key=lambda block: block.start)))


def _flag(body: bytes, top: dict[str, Span]) -> bool:
    """Whether a stream is asked for: a reader that takes other words for yes would answer unseen."""
    start, end = top.get("stream", (0, 0))
    word = body[start:end]
    if word not in {b"", b"true", b"false", b"null"}:
        raise malformed("`stream` is neither true nor false")
    return word == b"true"


def _turns(body: bytes, top: dict[str, Span], dialect: Dialect) -> dict[str, int]:
    """For each member that holds turns: how many of them are history, up to the last one the model spoke."""
    found = {}
    for name in dialect.histories:
        if name in top and body[top[name][0]] not in b'["':
            raise malformed(f"`{name}` is neither text nor a list")
        if name in top and body[top[name][0]] == 0x5B:
            spans = items(body, top[name])
            last = next((at for at in range(len(spans) - 1, -1, -1) if dialect.spoken(body, spans[at])), -1)
            found[name] = last + 1
    return found


def _member(body: bytes, name: str, span: Span, history: int) -> list[Block]:
    """One member as blocks: each item of an array, or the whole of any other value. The first `history` items are not new.

    What stands before the turns (tools, system) is new only in the first turn: later it was either sent or refused before.
    """
    if body[span[0]] != 0x5B:
        return [Block(*span, name, name, fresh=not history)] if body[span[0]] in b'"{' else []
    return [
        Block(*item, name, f"{name}[{at}]", fresh=at >= history)
        for at, item in enumerate(items(body, span))
        if body[item[0]] in b'"{['
    ]
