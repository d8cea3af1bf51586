"""Numbers that states give to people, as rules: a form, its check digits, and the words that must stand before one of digits alone."""

import re
from collections.abc import Callable
from functools import cache

from detente.gateway import surroundings
from detente.gateway.rule import Find, Found, Rule


def number(
    name: str,
    title: str,
    form: str,
    check: Callable[[str], bool],
    *,
    beside: str = "",
    begin: str = "[0-9]",
    anchor: str = "",
) -> Rule:
    """A rule for numbers of this `form` that pass `check`, which gets them without separators.

    A number of digits alone needs one of the words `beside` before it: a tenth of all digits pass a check digit; `begin` is its begin, for
    words that are frequent. One with letters or a form of its own has an `anchor` instead, the form for both engines.
    """
    found = anchor or f"(?i:{beside})[^0-9]{{0,40}}{begin}"
    return Rule("personal_data", name, title, found, _find(form, check), 22, 110, r"[0-9A-Za-z ./+-]{0,24}")


@cache
def _find(form: str, check: Callable[[str], bool]) -> Find:
    pattern = re.compile(rf"(?<![0-9A-Za-z.+_-]){form}(?![0-9A-Za-z_]|[.-][0-9])".encode())
    drop = r"[ .]" if "[-+A]" in form else r"[^0-9A-Z]"

    def find(data: bytes, end: int) -> Found | None:
        found = surroundings.spanning(pattern, data, end, 22)
        if found is None:
            return None
        text = re.sub(drop, "", found[0].decode())
        return (*found.span(), 0.92) if len(set(text)) > 3 and check(text) else None

    return find
