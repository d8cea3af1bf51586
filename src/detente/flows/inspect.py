"""Inspect files before they leave: the gateway's rules and the accord's actions, over paths or standard input."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from detente.gateway.scan import Scanner
from detente.gateway.verdict import RANK, Policy, Scope
from detente.model.errors import DetenteError
from detente.model.verdict import Hit

_SKIPPED = frozenset({".git", ".hg", ".svn", "node_modules", ".venv", "site-packages", "__pycache__"})


@dataclass(frozen=True, slots=True)
class Seen:
    """A hit in a file: its line (from 1), byte offsets in the file, and what the accord does with it. Never the text itself."""

    kind: str
    rule: str
    file: str
    line: int
    start: int
    end: int
    confidence: float
    action: str
    coaching: str


@dataclass(frozen=True, slots=True)
class Inspection:
    """All that was seen, and the gravest action of it."""

    hits: tuple[Seen, ...]
    files: int
    bytes: int

    @property
    def verdict(self) -> str:
        """`allow`, `warn`, `redact` or `block`."""
        return max((hit.action for hit in self.hits), key=lambda action: RANK[action], default="allow")  # type: ignore[index]  # actions are the keys of RANK


def inspect(paths: Iterable[str], scanner: Scanner, policy: Policy, stdin: Callable[[], bytes]) -> Inspection:
    """What `scanner` finds in files and folders, judged by `policy`; `-` reads `stdin`. Raises DetenteError for a path that is not there."""
    found: list[Seen] = []
    files = total = 0
    for name, data in _texts(paths, stdin):
        files, total = files + 1, total + len(data)
        found += _seen(name, data, scanner.scan(data), policy)
    return Inspection(tuple(found), files, total)


def _texts(paths: Iterable[str], stdin: Callable[[], bytes]) -> Iterator[tuple[str, bytes]]:
    for path in paths:
        if path == "-":
            yield "-", stdin()
        elif Path(path).is_dir():
            yield from ((str(file), file.read_bytes()) for file in below(Path(path)))
        else:
            yield path, _read(Path(path))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        why = error.strerror or "It cannot be read"
        raise DetenteError(
            f"{path} cannot be read", f"{why}.", "Check the path and its permissions.", code="no-file"
        ) from error


def below(folder: Path) -> Iterator[Path]:
    """Files of a folder, without what tools keep there; binary files are read too: they may hold text."""
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not path.is_symlink() and path.name not in _SKIPPED:
            yield from below(path)
        elif path.is_file():
            yield path


def _seen(name: str, data: bytes, hits: Iterable[Hit], policy: Policy) -> Iterator[Seen]:
    line = at = 0
    for hit in sorted(hits, key=lambda one: one.start):
        line, at = line + data.count(b"\n", at, hit.start), hit.start
        decision = policy.decide(hit, Scope(""))
        if decision.action != "allow":
            yield Seen(
                *(hit.kind, hit.rule, name, line + 1, hit.start, hit.end),
                *(round(hit.confidence, 2), decision.action, decision.coaching),
            )
