"""The reference of a file's keys, written from its models, so that no key can be without its explanation."""

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic.fields import FieldInfo

from detente.accord.schema import Strict, children, inside, shown_default


@dataclass(frozen=True, slots=True)
class Entry:
    """One key: its path with `[]` for list entries and `NAME` for keys that the writer chooses."""

    key: str
    meaning: str
    default: str


def entries(model: type[Strict], prefix: str = "") -> Iterator[Entry]:
    """All keys of a file in the order of its models."""
    for name, field in children(model).items():
        path = f"{prefix}{name}"
        yield Entry(path, field.description or "", _default(field))
        how, inner = inside(field.annotation)
        if inner:
            yield from entries(inner, path + {"": ".", "[]": "[].", "{}": ".NAME."}[how])


def markdown(model: type[Strict]) -> str:
    """One heading per key, with its meaning and its default."""
    return "\n".join(f"### `{entry.key}`\n{entry.meaning} {entry.default}\n" for entry in entries(model))


def _default(field: FieldInfo) -> str:
    return "Required." if field.is_required() else f"Default: {shown_default(field)}."
