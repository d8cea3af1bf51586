"""What the models of accord and estate share: the strict base, the typed fields, and errors that point at a line."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, ValidationError, ValidationInfo
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from detente.accord import quantity
from detente.accord.marks import Marked, Path, dotted
from detente.accord.problems import InvalidError, Problem
from detente.accord.quantity import Comparison, Duration, Share
from detente.model.money import Money

NAME = "a short name of letters, digits, `-`, `_` and `.`"
TEXT = "text in one piece"
DAY = "a day as 2026-11-23"

_WORDS = {
    "missing": "a value, as this key is required",
    "model_type": "a mapping of keys",
    "dict_type": "a mapping of keys",
    "mapping_type": "a mapping of keys",
    "tuple_type": "a list",
    "int_parsing": "a whole number",
    "float_parsing": "a number",
    "bool_parsing": "yes or no",
    "bool_type": "yes or no",
    "finite_number": "a finite number",
}


class Strict(BaseModel):
    """Frozen; an unknown key is a mistake; numbers are finite."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, populate_by_name=False)


def key(description: str, default: Any = ..., *, shown: str = "", **limits: Any) -> Any:
    """A key of the file: what it means, its default in the file's own spelling, how the reference prints that default."""
    extra: dict[str, Any] = {"shown": shown}
    return Field(default, description=description, validate_default=True, json_schema_extra=extra, **limits)


def shown_default(field: FieldInfo) -> str:
    """How the default of a key is printed."""
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    return str(extra.get("shown") or field.default)


def plain(parse: Callable[[str], Any], allowed: str) -> PlainValidator:
    """A field that is read from text by `parse`; anything but text is refused with `allowed`."""

    def read(value: object) -> Any:
        if not isinstance(value, str):
            raise ValueError(allowed)
        return parse(value)

    return PlainValidator(read)


def _named(text: str) -> str:
    if not re.fullmatch(r"[^\W_][\w.-]*", text):
        raise ValueError(NAME)
    return text


def _written(text: str) -> str:
    if not text.strip():
        raise ValueError(TEXT)
    return text.strip()


def _calendar(text: str) -> Duration:
    length = quantity.duration(text)
    if length.business:
        raise ValueError("calendar time, such as `2h` or `30d`")
    return length


def _dated(text: str) -> date:
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        raise ValueError(DAY)
    return date.fromisoformat(text)


def currency_of(info: ValidationInfo) -> str:
    """The one currency of the file being read; empty while it names none."""
    return str((info.context or {}).get("currency", ""))


def _money(value: object, info: ValidationInfo) -> Money:
    currency = currency_of(info)
    if isinstance(value, Money):
        return value
    if isinstance(value, Decimal):
        return priced(value, currency)
    if not isinstance(value, str):
        raise ValueError(quantity.MONEY)
    return quantity.money(value, currency)


def _comparison(value: object, info: ValidationInfo) -> Comparison:
    if not isinstance(value, str):
        raise ValueError(quantity.COMPARISON)
    return quantity.comparison(value, currency_of(info))


NEAR = frozenset({"EUR", "USD", "GBP", "CHF"})


def priced(default: Decimal, currency: str, allowed: str = quantity.MONEY) -> Money:
    """A default amount in the accord's currency; ValueError where that figure would be of another order of magnitude."""
    if currency and currency not in NEAR:
        raise ValueError(f"{allowed}; a default exists only in {', '.join(sorted(NEAR))}")
    return Money(default, currency)


Name = Annotated[str, plain(_named, NAME)]
Text = Annotated[str, plain(_written, TEXT)]
Day = Annotated[date, plain(_dated, DAY)]
Span = Annotated[Duration, plain(_calendar, quantity.DURATION)]
Part = Annotated[Share, plain(quantity.share, quantity.SHARE)]
Amount = Annotated[Money, PlainValidator(_money)]
Target = Annotated[Comparison, PlainValidator(_comparison)]

Model = TypeVar("Model", bound=Strict)
Fault = tuple[Path, str, str]  # where, what was found, what is allowed


def validated(model: type[Model], marked: Marked, *, code: str, context: Mapping[str, Any]) -> Model:
    """The document as `model`; InvalidError with every mistake and its place."""
    try:
        return model.model_validate(marked.value, context=dict(context))
    except ValidationError as error:
        details = [detail for detail in error.errors() if detail["type"] != "default_factory_not_called"]
        raise _invalid(marked, [_problem(model, marked, each) for each in details], code) from error


def refuse(marked: Marked, faults: Iterator[Fault], *, code: str) -> None:
    """Raise InvalidError when any of `faults` (checks between keys) occurred."""
    problems = [_placed(marked, path, found, allowed) for path, found, allowed in faults]
    if problems:
        raise _invalid(marked, problems, code)


def _invalid(marked: Marked, problems: list[Problem], code: str) -> InvalidError:
    return InvalidError(marked.name, tuple(sorted(problems, key=lambda each: (each.line, each.column))), code=code)


def _placed(marked: Marked, path: Path, found: str, allowed: str, *, at_key: bool = False) -> Problem:
    where = marked.mark(path, key=at_key)
    return Problem(marked.name, where.line, where.column, dotted(path), found, allowed)


def _problem(model: type[Strict], marked: Marked, detail: ErrorDetails) -> Problem:
    path = tuple(step for step in detail["loc"] if step != "[key]")
    if detail["type"] == "extra_forbidden":
        return _placed(marked, path, "an unknown key", _nearest(model, path), at_key=True)
    cause = detail.get("ctx", {}).get("error")
    allowed = str(cause) if cause else _WORDS.get(detail["type"]) or _worded(detail["msg"])
    found = "nothing" if detail["type"] == "missing" else described(detail["input"])
    return _placed(marked, path, found, allowed)


def _worded(message: str) -> str:
    """Pydantic's own words for limits and choices, as a thing that is allowed."""
    words = message.removeprefix("Input should be ")
    return f"a number {words}" if words.startswith(("greater", "less")) else words


def described(value: object) -> str:
    """What was found, in a few words."""
    if isinstance(value, str):
        return f"'{value[:60]}'" if value else "empty text"
    return "a mapping" if isinstance(value, dict) else "a list" if isinstance(value, list) else "nothing"


def _nearest(model: type[Strict], path: Path) -> str:
    names = list(children(_model_at(model, path[:-1])))
    close = get_close_matches(str(path[-1]), names, n=1, cutoff=0.6)
    hint = f"did you mean `{close[0]}`? " if close else ""
    return f"{hint}known here: {', '.join(names)}"


def children(model: type[Strict]) -> Mapping[str, FieldInfo]:
    """The keys of a model as they are spelled in the file."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _model_at(model: type[Strict], path: Path) -> type[Strict]:
    for step in path:
        inner = inside(children(model)[step].annotation) if isinstance(step, str) and step in children(model) else None
        model = inner[1] if inner and inner[1] else model
    return model


def inside(annotation: Any) -> tuple[str, type[Strict] | None]:
    """How a key holds its content (`""`, `[]` list, `{}` mapping) and the model within, if any."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, Strict):
        return "", annotation
    if origin is Annotated:
        return inside(arguments[0])
    if origin in (Union, UnionType):
        return inside(next(kind for kind in arguments if kind is not type(None)))
    if origin is tuple:
        return "[]", inside(arguments[0])[1]
    return ("{}", inside(arguments[1])[1]) if isinstance(origin, type) and issubclass(origin, Mapping) else ("", None)
