"""A decoded value in a parser's own type: rubbish in an optional field costs that field, not the record around it."""

import re
from copy import deepcopy
from functools import lru_cache
from typing import Annotated, Any, TypeAlias, TypeVar, get_args

import msgspec

_ESSENTIAL = msgspec.Meta(extra={"essential": True})
_T = TypeVar("_T")
Essential: TypeAlias = Annotated[_T, _ESSENTIAL]
"""An optional field that says what is found, or how many findings there are: rubbish in it spoils the record."""

_PLACE = re.compile(r" - at `\$([^`]+)`$")
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+)\]|(\[\.\.\.\])")
_REPAIRS = 64  # more rubbish than this is no record


def convert(value: Any, kind: Any) -> Any:
    """`value` as a `kind`, without what does not fit. Raises msgspec.ValidationError where that is required or essential.

    A number where a text belongs is its digits; anything else that does not fit is left out, elements of lists one by one.
    """
    try:
        return msgspec.convert(value, kind, strict=False)
    except msgspec.ValidationError:
        value = deepcopy(value)
    for _ in range(_REPAIRS):
        try:
            return msgspec.convert(value, kind, strict=False)
        except msgspec.ValidationError as error:
            if not _repaired(value, kind, str(error)):
                raise
    return msgspec.convert(value, kind, strict=False)


def _repaired(value: Any, kind: Any, message: str) -> bool:
    """Whether what `message` complains about could be mended or left out."""
    place, spare, ours = _PLACE.search(message), list[tuple[Any, Any]](), False
    holder, key = None, None
    for name, index, mapping in _STEP.findall(place[1] if place else ""):
        if mapping:
            break  # of what is inside, the message does not say where
        holder, key = value, name or int(index)
        if name:
            ours, essential, kind = _field(kind, name)
            spare = [] if essential else spare
        spare += [(holder, key)] * ours
        value = holder[key]
    if holder is not None and "Expected `str" in message and type(value) in (int, float):
        holder[key] = str(value)
        return True
    if spare:
        holder, key = spare[-1]
        del holder[key]
    return bool(spare)


@lru_cache(maxsize=4096)
def _field(kind: Any, name: str) -> tuple[bool, bool, Any]:
    """Whether a field, by its name in JSON, may be left out, whether it is essential, and the struct in it, if one is."""
    field = next(field for field in msgspec.structs.fields(kind) if field.encode_name == name)
    essential = _ESSENTIAL in getattr(field.type, "__metadata__", ())
    return not (field.required or essential), essential, _struct(field.type)


def _struct(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return annotation
    return next(filter(None, map(_struct, get_args(annotation))), None)
