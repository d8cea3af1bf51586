"""A request's body, cut into blocks that are inspected one by one: turns, tools, and every other member."""

from collections.abc import Iterator
from typing import NamedTuple

from msgspec import Struct

from detente.gateway.dialects.dialect import Dialect
from detente.gateway.spans import NAME, Span, items, malformed, members, named

_ALL = 1 << 62
_KEPT = frozenset({"previous_response_id", "conversation"})
_LIMITS = ("max_tokens", "max_completion_tokens", "max_output_tokens")
_CHOICES, _MANY = ("n", "best_of"), 128  # 128 is the most OpenAI lets one ask for


class Block(NamedTuple):
    """A JSON value of a body: its span, the member it belongs to and its place there (-1: all of it), and whether it is new in this turn."""

    start: int
    end: int
    name: str
    at: int
    fresh: bool

    @property
    def where(self) -> str:
        """Where it is, in words."""
        return f"{self.name}[{self.at}]" if self.at >= 0 else self.name or "a name"


class Prompt(Struct, frozen=True):
    """What a body asks for. Nothing of it is left out of the blocks. `answer` is how many tokens each of `choices` may have (-1: it does not say);
    `beyond` says that it points to earlier turns that the vendor keeps.
    """

    model: str
    stream: bool
    answer: int
    choices: int
    beyond: bool
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
    lists = {name: items(body, span) for name, span in top.items() if body[span[0]] == 0x5B}
    history = {name: _history(body, name, top, lists, dialect) for name in dialect.histories if name in top}
    begun = any(history.values()) or "previous_response_id" in top
    blocks: list[Block] = []
    for name, (label, value) in inside.items():
        old = history.get(name, _ALL if begun else 0)
        if len(name) >= NAME:
            blocks.append(Block(*label, "", -1, fresh=not begun))
        if name in lists:
            blocks += _items(body, name, lists[name], old)
        elif body[value[0]] in b'"{':
            blocks.append(Block(*value, name, -1, fresh=not old))
    return Prompt(model, stream, _most(body, top), _choices(body, top), not _KEPT.isdisjoint(top), tuple(blocks))


def _flag(body: bytes, top: dict[str, Span]) -> bool:
    """Whether a stream is asked for: a reader that takes other words for yes would answer unseen."""
    start, end = top.get("stream", (0, 0))
    word = body[start:end]
    if word not in {b"", b"true", b"false", b"null"}:
        raise malformed("`stream` is neither true nor false")
    return word == b"true"


def _most(body: bytes, top: dict[str, Span]) -> int:
    """The tokens a choice may have at most; -1 where the body does not say so in plain numbers."""
    said = [_count(body, top[name]) for name in _LIMITS if name in top]
    return max(said) if said and min(said) >= 0 else -1


def _choices(body: bytes, top: dict[str, Span]) -> int:
    """How many answers are made and paid for: what is no plain number counts as many."""
    said = [_count(body, top[name]) for name in _CHOICES if name in top and body[top[name][0]] != 0x6E]
    return max([1, *(_MANY if count < 0 else count for count in said)])


def _count(body: bytes, span: Span) -> int:
    found = body[span[0] : span[1]]
    return int(found) if found.isdigit() and len(found) < 10 else -1


def _history(body: bytes, name: str, top: dict[str, Span], lists: dict[str, list[Span]], dialect: Dialect) -> int:
    """How many items of a member that holds turns are history: all up to the last one the model spoke."""
    if name not in lists and body[top[name][0]] != 0x22:
        raise malformed(f"`{name}` is neither text nor a list")
    turns = lists.get(name, [])
    return next((at + 1 for at in range(len(turns) - 1, -1, -1) if dialect.spoken(body, turns[at])), 0)


def _items(body: bytes, name: str, spans: list[Span], history: int) -> Iterator[Block]:
    """The items of a list, each a block; the first `history` are not new.

    What stands beside the turns (tools, system) is new only in the first turn: later it was either sent or refused before.
    """
    for at, (start, end) in enumerate(spans):
        if body[start] in b'"{[':
            yield Block(start, end, name, at, fresh=at >= history)
