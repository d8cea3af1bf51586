"""YAML that remembers where everything stands.

Scalars stay text: what `no`, `1.10` or `2026-11-23` means is decided by the schema, never guessed by YAML 1.1. Reads
through libyaml where the wheel carries it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from detente.accord.problems import InvalidError, Problem

Path = tuple[str | int, ...]
Loader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

BYTES = 1 << 20  # a policy is a page; a mebibyte is already somebody else's file
NODES = 100_000  # aliases expanded: a bomb ends here
DEPTH = 50
_CORE = "tag:yaml.org,2002:"
_SAFE = frozenset(_CORE + kind for kind in ("str", "int", "float", "bool", "null", "timestamp", "seq", "map", "value"))


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a file, counted from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Marked:
    """One YAML document: plain `value` (dict, list, str, None), its bytes as written, and where each value and key stands."""

    name: str
    source: bytes
    value: Any
    values: Mapping[Path, Mark] = field(repr=False)
    keys: Mapping[Path, Mark] = field(repr=False)

    def mark(self, path: Path, *, key: bool = False) -> Mark:
        """Where `path` stands; for a path that is not written, where its nearest written parent stands."""
        for length in range(len(path), -1, -1):
            found = (self.keys.get(path[:length]) if key else None) or self.values.get(path[:length])
            if found:
                return found
        return Mark(1, 1)


def document(text: str | bytes, name: str) -> Marked:
    """Read a file that holds exactly one document; an empty one holds an empty mapping.

    Errors: InvalidError, as for `documents`.
    """
    found = documents(text, name)
    if len(found) > 1:
        where = found[1].mark(())
        raise _invalid(name, where, "a second document", "one document in this file")
    return found[0] if found else Marked(name, _encoded(text, name), {}, {}, {})


def documents(text: str | bytes, name: str) -> tuple[Marked, ...]:
    """Read every document of a file.

    Errors: InvalidError for what is not UTF-8, larger than `BYTES`, deeper than `DEPTH`, more than `NODES` values after aliases,
    for duplicate keys, tags outside the core schema, merge keys, and what is no YAML at all.
    """
    source = _encoded(text, name)
    try:
        nodes = list(yaml.compose_all(source.decode("utf-8-sig"), Loader=Loader))
    except UnicodeDecodeError as error:
        where = Mark(source.count(b"\n", 0, error.start) + 1, error.start - source.rfind(b"\n", 0, error.start))
        raise _invalid(name, where, f"byte 0x{source[error.start]:02x}", "text in UTF-8") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise _syntax(name, error) from error
    return tuple(_Reader(name, source).read(node) for node in nodes)


def _encoded(text: str | bytes, name: str) -> bytes:
    source = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    if len(source) > BYTES:
        raise _invalid(name, Mark(1, 1), f"{len(source):,} bytes", f"at most {BYTES:,} bytes")
    return source


def _syntax(name: str, error: Exception) -> InvalidError:
    mark = getattr(error, "problem_mark", None)
    where = Mark(mark.line + 1, mark.column + 1) if mark else Mark(1, 1)
    problem = getattr(error, "problem", "") or getattr(error, "reason", "") or "nesting without end"
    return _invalid(name, where, f"broken YAML ({problem})", "YAML 1.1")


def _invalid(name: str, where: Mark, found: str, allowed: str, path: Path = ()) -> InvalidError:
    return InvalidError(name, (Problem(name, where.line, where.column, dotted(path), found, allowed),), code="bad-yaml")


def dotted(path: Path) -> str:
    """A path as people write it: `objectives[0].target`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")


class _Reader:
    """Turns one composed document into plain values and remembers the marks."""

    def __init__(self, name: str, source: bytes) -> None:
        self.name, self.source, self.count = name, source, 0
        self.values: dict[Path, Mark] = {}
        self.keys: dict[Path, Mark] = {}

    def read(self, node: yaml.Node) -> Marked:
        return Marked(self.name, self.source, self._value(node, ()), self.values, self.keys)

    def _value(self, node: yaml.Node, path: Path) -> Any:
        self.values[path] = _mark(node)
        self._limits(node, path)
        if isinstance(node, yaml.MappingNode):
            return {key: self._value(child, (*path, key)) for key, child in self._pairs(node, path)}
        if isinstance(node, yaml.SequenceNode):
            return [self._value(child, (*path, index)) for index, child in enumerate(node.value)]
        return None if node.tag == _CORE + "null" else node.value

    def _limits(self, node: yaml.Node, path: Path) -> None:
        self.count += 1
        if self.count > NODES:
            raise _invalid(self.name, _mark(node), "aliases that expand without end", f"at most {NODES:,} values", path)
        if len(path) > DEPTH:
            raise _invalid(self.name, _mark(node), "deep nesting", f"at most {DEPTH} levels", path[:3])
        if node.tag not in _SAFE:
            found = "the tag " + node.tag.replace(_CORE, "!!")
            raise _invalid(self.name, _mark(node), found, "plain text, lists and mappings", path)

    def _pairs(self, node: yaml.MappingNode, path: Path) -> list[tuple[str, yaml.Node]]:
        seen: dict[str, Mark] = {}
        for key, _ in node.value:
            where = _mark(key)
            if not isinstance(key, yaml.ScalarNode) or key.tag == _CORE + "merge":
                raise _invalid(self.name, where, "a key that is no word", "plain keys, each written out", path)
            if key.value in seen:
                allowed = f"each key once (first in line {seen[key.value].line})"
                raise _invalid(self.name, where, "the key a second time", allowed, (*path, key.value))
            seen[key.value] = self.keys[*path, key.value] = where
        return [(key.value, child) for key, child in node.value]


def _mark(node: yaml.Node) -> Mark:
    return Mark(node.start_mark.line + 1, node.start_mark.column + 1)
