"""docs/architecture.md: the rooms in their order, and what each module says it is for."""

import ast
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path

import detente

_PACKAGE = Path(detente.__file__).parent
_CONTRACTS = Path(__file__).resolve().parents[2] / ".importlinter"
_LISTED_ELSEWHERE = {"queue/parsers": "formats.md", "store/migrations/versions": "store.md"}
_INTRODUCTION = """\
# Architecture

{purpose}

The source is a stack of rooms. A room imports from those below it and never from one beside or above it; `make check` holds it to that
(`.importlinter`), as well as to our own rules (`tests/tidy`).

| room | holds | may import |
|---|---|---|
{rooms}

Kept contracts:
{contracts}

This page is generated from the docstrings by `make docs`.
"""


def render() -> str:
    """The whole page."""
    contracts = ConfigParser()
    contracts.read(_CONTRACTS)
    names = [contracts[section]["name"] for section in contracts.sections() if "name" in contracts[section]]
    layers = contracts["importlinter:contract:rooms"]["layers"].split("\n")
    rooms = [line.split(" | ") for line in map(str.strip, layers) if line]
    return _INTRODUCTION.format(
        purpose=_says(_PACKAGE / "__init__.py"),
        rooms="\n".join(_rows(rooms, _closed(contracts))),
        contracts="\n".join(f"- {name}" for name in names),
    ) + "".join(_section(folder) for level in rooms for room in level for folder in _packages(_PACKAGE / room))


def _closed(contracts: ConfigParser) -> set[tuple[str, str]]:
    """Rooms closed to one room by a contract of their own, as (importer, imported)."""
    whole = (contracts[section] for section in contracts.sections() if contracts[section].get("type") == "forbidden")
    pairs = ((one["source_modules"].split(), one["forbidden_modules"].split()) for one in whole)
    return {(source, each) for sources, forbidden in pairs for source in sources for each in forbidden}


def _rows(rooms: list[list[str]], closed: set[tuple[str, str]]) -> Iterator[str]:
    for number, level in enumerate(rooms):
        below = [room for lower in rooms[number + 1 :] for room in lower]
        for room in level:
            open_to = (each for each in below if (f"detente.{room}", f"detente.{each}") not in closed)
            allowed = ", ".join(open_to) or "the standard library"
            yield f"| [`{room}`](#{room}) | {_says(_PACKAGE / room / '__init__.py')} | {allowed} |"


def _packages(folder: Path) -> Iterator[Path]:
    """The folder and every package below it."""
    yield from sorted(found.parent for found in folder.rglob("__init__.py"))


def _section(folder: Path) -> str:
    place = folder.relative_to(_PACKAGE).as_posix()
    title = f"\n{'##' if '/' not in place else '###'} {place}\n{_says(folder / '__init__.py', whole=True)}\n"
    if place in _LISTED_ELSEWHERE:
        return f"{title}\nIts files are listed in [{_LISTED_ELSEWHERE[place]}]({_LISTED_ELSEWHERE[place]}).\n"
    modules = (path for path in sorted(folder.glob("*.py")) if path.stem != "__init__" and _says(path))
    rows = "".join(f"| `{path.stem}` | {_says(path)} |\n" for path in modules)
    return title + (f"\n| module | what it is for |\n|---|---|\n{rows}" if rows else "")


def _says(path: Path, *, whole: bool = False) -> str:
    """A module's docstring: its first paragraph, or all of it."""
    text = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
    return text if whole else " ".join(text.partition("\n\n")[0].split()).replace("|", "\\|")
