"""All report formats Détente reads, by name: a new one is one file in this folder, or an entry point of another package."""

from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pkgutil import iter_modules

from detente.model.errors import DetenteError
from detente.queue import parsers
from detente.queue.report import Parser

GROUP = "detente.parsers"
FREQUENT = ("trivy", "sarif", "anchore_grype", "cyclonedx", "tenable", "snyk", "semgrep", "generic")
"""Asked first, because most reports are theirs: a format that is not asked is not loaded."""


@cache
def names() -> tuple[str, ...]:
    """Every format: the frequent ones, then the others in alphabetical order, then those of other packages."""
    own = sorted(module.name for module in iter_modules(parsers.__path__) if module.name != "registry")
    rest = [name for name in own if name not in FREQUENT]
    return (*FREQUENT, *rest, *sorted(point.name for point in entry_points(group=GROUP)))


@cache
def parser(name: str) -> Parser:
    """The parser of one format, loaded on demand. Raises DetenteError for a name nobody registered."""
    for point in entry_points(group=GROUP, name=name):
        found: Parser = point.load()
        return found
    if name not in names():
        raise DetenteError(
            f"Unknown format {name!r}", "No parser has that name.", f"Known: {', '.join(names())}.", code="format"
        )
    own: Parser = import_module(f"{parsers.__name__}.{name}").PARSER
    return own
