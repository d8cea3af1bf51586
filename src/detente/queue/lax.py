"""JSON as it is written in the wild: what RFC 8259 forbids inside one value must not make a report unreadable."""

import json
import math
from typing import Any

import msgspec


def loads(data: bytes) -> Any:
    """The value in `data`. Raises ValueError when it is no JSON.

    NaN and numbers beyond all bounds are null; bytes that are no UTF-8, and halves of characters, are U+FFFD or `?`.
    """
    try:
        return msgspec.json.decode(data)
    except ValueError:
        value = json.loads(data.decode("utf-8", "replace"), strict=False, parse_constant=_null, parse_float=_finite)
        return msgspec.json.decode(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))


def _null(_: str) -> None:
    return None


def _finite(text: str) -> float | None:
    number = float(text)
    return number if math.isfinite(number) else None
