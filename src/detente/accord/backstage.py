"""Backstage catalogues: catalog-info.yaml, any number of entities in one file.

Component and Resource become services, Group becomes a squad, System lends its owner, tags and annotations to its parts. Read are
spec.owner, spec.system, spec.lifecycle, spec.dependsOn, tags such as `tier-1`, and the annotations `github.com/project-slug`,
`detente.io/tier`, `exposure`, `data`, `scope`, `image`, `host`, `account` (services; lists with commas) and `detente.io/lead`,
`security_engineer`, `channel`, `tracker` (groups). Other kinds of entity say nothing about the estate.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from detente.accord.marks import Marked, Path, documents
from detente.accord.merge import Imported
from detente.accord.problems import Problem
from detente.accord.schema import described
from detente.model.estate import Claim, Estate, Exposure, Service, Squad

_CLAIMS = ("image", "host", "account", "project")


@dataclass(frozen=True, slots=True)
class _Entity:
    marked: Marked
    kind: str
    name: str
    spec: Mapping[str, Any]
    tags: tuple[str, ...]
    annotations: Mapping[str, Any]

    def says(self, word: str, prefix: str = "detente.io/") -> str:
        value = self.annotations.get(prefix + word)
        return value.strip() if isinstance(value, str) else ""


def load(text: str | bytes, name: str) -> Imported:
    """Read a catalogue. Entities that cannot be read are listed, the rest is kept; what is no YAML at all is an InvalidError."""
    skipped: list[Problem] = []
    found = [_entity(marked, skipped) for marked in documents(text, name) if marked.value is not None]
    entities = [entity for entity in found if entity]
    systems = {entity.name: entity for entity in entities if entity.kind == "System"}
    squads = tuple(_group(each) for each in entities if each.kind == "Group")
    parts = (each for each in entities if each.kind in ("Component", "Resource"))
    services = tuple(_service(each, systems.get(_name(each.spec.get("system"))), skipped) for each in parts)
    return Imported(Estate(squads, services), tuple(skipped))


def _entity(marked: Marked, skipped: list[Problem]) -> _Entity | None:
    top = _mapping(marked.value)
    metadata, name = _mapping(top.get("metadata")), _mapping(top.get("metadata")).get("name")
    if not isinstance(name, str) or not isinstance(top.get("kind"), str):
        skipped.append(_problem(marked, ("metadata",), described(name), "an entity with kind and metadata.name"))
        return None
    tags = metadata.get("tags")
    words = tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else ()
    return _Entity(marked, top["kind"], name, _mapping(top.get("spec")), words, _mapping(metadata.get("annotations")))


def _group(group: _Entity) -> Squad:
    lead, engineer = group.says("lead"), group.says("security_engineer")
    return Squad(group.name, lead, engineer, channel=group.says("channel"), tracker=group.says("tracker"))


def _service(part: _Entity, system: _Entity | None, skipped: list[Problem]) -> Service:
    sources = [part, system] if system else [part]
    owner = next(filter(None, (_name(source.spec.get("owner")) for source in sources)), "")
    lifecycle = part.spec.get("lifecycle")
    return Service(
        id=part.name,
        squad=owner,
        tier=next(filter(None, (source.says("tier") or _tier(source.tags) for source in sources)), ""),
        exposure=next(filter(None, (_exposure(source, skipped) for source in sources)), None),
        data=_list(_first(sources, "data")),
        scope=_list(_first(sources, "scope")),
        runs=tuple(_claims(part)),
        depends=tuple(dict.fromkeys(_targets(part.spec.get("dependsOn")))),
        lifecycle=lifecycle if isinstance(lifecycle, str) else "",
    )


def _first(sources: list[_Entity], word: str) -> str:
    return next(filter(None, (source.says(word) for source in sources)), "")


def _tier(tags: tuple[str, ...]) -> str:
    return next((tag for tag in tags if tag.startswith("tier-")), "")


def _exposure(entity: _Entity, skipped: list[Problem]) -> Exposure | None:
    word = entity.says("exposure")
    if word in [*Exposure]:
        return Exposure(word)
    if word:
        path = ("metadata", "annotations", "detente.io/exposure")
        skipped.append(_problem(entity.marked, path, described(word), f"an exposure: {', '.join(Exposure)}"))
    return None


def _claims(part: _Entity) -> Iterator[Claim]:
    if slug := part.says("project-slug", "github.com/"):
        yield Claim("repo", slug)
    for kind in _CLAIMS:
        for pattern in _list(part.says(kind)):
            yield Claim(kind, pattern)


def _targets(value: object) -> Iterator[str]:
    for reference in value if isinstance(value, list) else ():
        if isinstance(reference, str) and reference.partition(":")[0].lower() in ("component", "resource", reference):
            yield _name(reference)


def _name(reference: object) -> str:
    """The name within an entity reference, `[kind:][namespace/]name`."""
    return reference.rpartition(":")[2].rpartition("/")[2] if isinstance(reference, str) else ""


def _list(text: str) -> tuple[str, ...]:
    return tuple(filter(None, (word.strip() for word in text.split(","))))


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _problem(marked: Marked, path: Path, found: str, allowed: str) -> Problem:
    where = marked.mark(path)
    return Problem(marked.name, where.line, where.column, ".".join(map(str, path)), found, allowed)
