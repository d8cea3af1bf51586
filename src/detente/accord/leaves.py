"""Every value of an accord under its key, in words: what `accord show` prints and `accord diff` compares."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from detente.accord import quantity
from detente.accord.document import Accord
from detente.accord.schema import Strict, children, shown_default
from detente.model.money import Money


@dataclass(frozen=True, slots=True)
class Leaf:
    """One value: its key, its text as the accord spells it, and whether it is a default that nobody wrote down."""

    key: str
    text: str
    default: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """One key on which two accords differ; an empty side says the key is not there."""

    key: str
    before: str
    after: str


def leaves(accord: Accord) -> tuple[Leaf, ...]:
    """All values in the order of the document, defaults included and marked."""
    return tuple(_model(accord, "", default=False, listed=False))


def diff(before: Accord, after: Accord) -> tuple[Difference, ...]:
    """What changes in meaning: order of keys, comments and spelling (`9M EUR`, `9000k EUR`) do not count."""
    old = {leaf.key: leaf.text for leaf in leaves(before)}
    new = {leaf.key: leaf.text for leaf in leaves(after)}
    order = [*new, *(key for key in old if key not in new)]
    return tuple(Difference(key, old.get(key, ""), new.get(key, "")) for key in order if old.get(key) != new.get(key))


def _model(model: Strict, prefix: str, *, default: bool, listed: bool) -> Iterator[Leaf]:
    fields = zip(children(type(model)).items(), type(model).model_fields, strict=True)
    for (spelled, field), name in fields:
        value = getattr(model, name)
        if listed and value in (None, ()):
            continue  # an entry of a list is what it states, not what it leaves out
        unstated = default or name not in model.model_fields_set
        yield from _value(value, f"{prefix}.{spelled}".lstrip("."), unstated, shown_default(field))
    if not type(model).model_fields:
        yield Leaf(prefix, "on", default)


def _value(value: Any, path: str, default: bool, empty: str, *, listed: bool = False) -> Iterator[Leaf]:
    if isinstance(value, Strict):
        yield from _model(value, path, default=default, listed=listed)
    elif isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _value(inner, f"{path}.{key}", default, "nothing")
    elif isinstance(value, tuple) and value and isinstance(value[0], Strict):
        for label, item in _labelled(value):
            yield from _value(item, path + label, default, empty, listed=True)
    else:
        yield Leaf(path, empty if value is None or value in ((), {}) else _text(value), default)


def _labelled(items: tuple[Any, ...]) -> Iterator[tuple[str, Any]]:
    seen: dict[str, int] = {}
    for item in items:
        seen[item.label] = seen.get(item.label, 0) + 1
        number = f" {seen[item.label]}" if seen[item.label] > 1 else ""
        yield f"[{item.label}{number}]" if item.label else "", item


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (Decimal, Money)):
        return quantity.shown(value)
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    if isinstance(value, date):
        return value.isoformat()
    return f"{value:g}" if isinstance(value, float) else str(value)
