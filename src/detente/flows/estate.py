"""The estate from all its sources: estate.yaml, then catalogues, CMDB exports and CODEOWNERS in the folder beside it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from detente.accord import backstage, cmdb, codeowners, estate
from detente.accord.codeowners import Codeowners
from detente.accord.marks import document
from detente.accord.merge import Conflict, Imported, Merged, merge
from detente.accord.problems import InvalidError, Problem
from detente.model.estate import Estate

OWNERS, COLUMNS = "CODEOWNERS", "columns.yaml"
_INNER = frozenset({".github", ".gitlab", "docs"})  # where a repository may keep its CODEOWNERS
_SHOWN = 20  # notes of one kind; their number is told beyond


@dataclass(frozen=True)
class Gathered:
    """What the sources say together, who owns which path of which repository, and what was left out and why."""

    estate: Estate
    owners: Mapping[str, Codeowners] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def gather(file: Path) -> Gathered:
    """Read `file` (estate.yaml) and all that lies in the folder of the same name beside it; none of them need be there.

    Errors: InvalidError for a source that cannot be read at all: without it the estate would be another.
    """
    own = estate.load(file.read_bytes(), str(file)) if file.is_file() else Estate()
    folder = file.with_suffix("")
    files = {path.relative_to(folder.parent).as_posix(): path for path in sorted(folder.rglob("*")) if _visible(path)}
    if not files:
        return Gathered(own)
    imported = {name: _imported(path, name) for name, path in files.items() if _is_source(path)}
    owners = {name: _owners(path, name) for name, path in files.items() if _is_owners(path, folder)}
    sources = {name: found.estate for name, found in imported.items()}
    squads = {name: Estate(found.squads) for name, found in owners.items()}
    merged = merge({file.name: own} | sources | squads)
    skipped = [each for found in imported.values() for each in found.skipped]
    skipped += [each for found in owners.values() for each in found.skipped]
    read = {*imported, *owners}
    strange = [name for name, path in files.items() if name not in read and path.name != COLUMNS]
    by_repo = {found.repo.lower(): found for found in owners.values()}
    return Gathered(merged.estate, by_repo, tuple(_notes(skipped, merged, strange)))


def _visible(path: Path) -> bool:
    return path.is_file() and not path.name.startswith(".")


def _is_source(path: Path) -> bool:
    return path.suffix in (".csv", ".yaml", ".yml") and path.name != COLUMNS


def _is_owners(path: Path, folder: Path) -> bool:
    return path.name == OWNERS and path.parent != folder  # its folder names the repository


def _imported(path: Path, name: str) -> Imported:
    """A CMDB export or a catalogue."""
    if path.suffix == ".csv":
        return cmdb.load(path.read_bytes(), name, _columns(path.with_name(COLUMNS)))
    return backstage.load(path.read_bytes(), name)


def _columns(path: Path) -> dict[str, str]:
    """The column map beside an export: our field and the heading that holds it."""
    if not path.is_file():
        return {}
    found = document(path.read_bytes(), path.name).value
    if not isinstance(found, dict) or not all(isinstance(heading, str) for heading in found.values()):
        fault = Problem(path.name, 1, 1, "", "no list of columns", "lines such as `squad: Owning Team`")
        raise InvalidError(path.name, (fault,), code=cmdb.CODE)
    return found


def _owners(path: Path, name: str) -> Codeowners:
    """The CODEOWNERS of the repository whose name is the folder it lies in: `estate/shop/checkout/CODEOWNERS`."""
    places = Path(name).parts[1:-1]
    repo = "/".join(places[:-1] if places and places[-1] in _INNER else places)
    return codeowners.load(path.read_text("utf-8", "replace"), repo, name)


def _notes(skipped: list[Problem], merged: Merged, strange: list[str]) -> Iterator[str]:
    yield from _few([f"estate, left out: {problem}" for problem in skipped])
    yield from _few([_told(conflict) for conflict in merged.conflicts])
    yield from _few([f"estate, left out: {needs}, which no source knows" for needs in merged.dangling])
    yield from _few(
        [f"estate, left out: {name} is no catalogue, CSV or CODEOWNERS of a repository" for name in strange]
    )


def _told(one: Conflict) -> str:
    return f"estate: {one.field} of {one.id} is {one.kept} ({one.kept_from}); {one.dropped} ({one.dropped_from}) is left out"


def _few(notes: list[str]) -> list[str]:
    more = len(notes) - _SHOWN
    return [*notes[:_SHOWN], f"estate: {more} more notes like the last"] if more > 0 else notes
