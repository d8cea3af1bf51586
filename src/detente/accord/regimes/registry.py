"""All rule books by name: a new one is one file in this folder, and a key of `regimes` in the accord."""

from collections.abc import Iterable
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from detente.accord import regimes
from detente.model.clock import Clock, Facts


class Rulebook(Protocol):
    """What a file of this folder offers."""

    NAME: str
    TITLE: str
    VERSION: str

    def clocks(self, facts: Facts, terms: Any, zone: ZoneInfo) -> Iterable[Clock]:
        """The clocks that run for a finding under `terms`, the regime's settings in the accord; days as in `zone`."""


@cache
def rulebooks() -> dict[str, Rulebook]:
    """Every rule book by the name the accord gives it."""
    names = [module.name for module in iter_modules(regimes.__path__) if module.name != "registry"]
    found: list[Any] = [import_module(f"{regimes.__name__}.{name}") for name in names]
    return {book.NAME: book for book in found}
