"""Several sources of an estate become one; the first that names a field wins, and what it overrules is listed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

from detente.accord.problems import Problem
from detente.model.estate import Estate, Service, Squad

Noun = TypeVar("Noun", bound=Service | Squad)
_ADDED = frozenset({"runs", "depends"})  # facts that add up: a catalogue knows the repository, a CMDB the hosts


@dataclass(frozen=True, slots=True)
class Imported:
    """What one foreign source yielded: its estate, and every record that could not be read, with its reason."""

    estate: Estate
    skipped: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two sources disagree about `field` of `id`: `kept` was named first, `dropped` later."""

    id: str
    field: str
    kept: str
    kept_from: str
    dropped: str
    dropped_from: str


@dataclass(frozen=True, slots=True)
class Merged:
    """One estate out of several. `dangling` names dependencies on services that no source knows, as `service -> target`."""

    estate: Estate
    conflicts: tuple[Conflict, ...]
    dangling: tuple[str, ...]


def merge(sources: Mapping[str, Estate]) -> Merged:
    """Merge estates by name of their source, in order. Claims and dependencies add up; a squad only named becomes a bare one."""
    estate, conflicts = overlay(sources)
    known = {service.id for service in estate.services}
    dangling = tuple(f"{each.id} -> {on}" for each in estate.services for on in each.depends if on not in known)
    kept = tuple(replace(each, depends=tuple(on for on in each.depends if on in known)) for each in estate.services)
    named = {"", *(squad.id for squad in estate.squads)}
    bare = dict.fromkeys(each.squad for each in kept if each.squad not in named)
    return Merged(Estate((*estate.squads, *map(Squad, bare)), kept), conflicts, dangling)


def overlay(sources: Mapping[str, Estate]) -> tuple[Estate, tuple[Conflict, ...]]:
    """The union alone: dependencies on services that are still to come stay."""
    conflicts: list[Conflict] = []
    squads = _united({name: estate.squads for name, estate in sources.items()}, conflicts)
    services = _united({name: estate.services for name, estate in sources.items()}, conflicts)
    return Estate(squads, services), tuple(conflicts)


def _united(groups: Mapping[str, tuple[Noun, ...]], conflicts: list[Conflict]) -> tuple[Noun, ...]:
    found: dict[str, Noun] = {}
    origin: dict[tuple[str, str], str] = {}
    for source, nouns in groups.items():
        for noun in nouns:
            kept = found.get(noun.id, noun)
            conflicts.extend(_conflicts(kept, noun, source, origin))
            found[noun.id] = _joined(kept, noun)
            for name in _stated(noun):
                origin.setdefault((noun.id, name), source)
    return tuple(found.values())


def _joined(kept: Noun, later: Noun) -> Noun:
    changes: dict[str, Any] = {name: getattr(later, name) for name in _stated(later) if name not in _stated(kept)}
    for both in _ADDED.intersection(_stated(later)):
        changes[both] = tuple(dict.fromkeys((*getattr(kept, both), *getattr(later, both))))
    return replace(kept, **changes)


def _conflicts(kept: Noun, later: Noun, source: str, origin: Mapping[tuple[str, str], str]) -> Iterator[Conflict]:
    before = _stated(kept)
    for name, value in _stated(later).items():
        if name in before and name not in _ADDED and before[name] != value:
            yield Conflict(kept.id, name, str(before[name]), origin[kept.id, name], str(value), source)


def _stated(noun: Service | Squad) -> dict[str, Any]:
    values = {field.name: getattr(noun, field.name) for field in fields(noun)}
    return {name: value for name, value in values.items() if value is not None and value not in ("", ())}
