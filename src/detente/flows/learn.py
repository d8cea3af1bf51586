"""Learn the company's own code: repositories in, an index of keyed fingerprints out, without what is public anyway."""

import sysconfig
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from detente.flows.inspect import below
from detente.flows.scanning import LEARNED
from detente.gateway.winnow import Index
from detente.model.errors import DetenteError

LABELS = ("internal", "crown_jewels", "public_repos")
MOST_BYTES = 1 << 20
"""A larger file is generated or data, not code somebody wrote."""
_CODE = frozenset(
    b".py .js .jsx .ts .tsx .mjs .java .kt .scala .go .rs .c .h .cc .cpp .hpp .cs .rb .php .swift .m .mm .sql .sh .pl .lua .r .jl .ex .exs "
    b".erl .hs .ml .clj .vue .svelte .tf .proto .groovy .dart .zig".split()
)


@dataclass(frozen=True, slots=True)
class Learned:
    """What was learned now, and the index it went into: its repositories, its fingerprints, its size."""

    files: int
    bytes: int
    repos: tuple[str, ...]
    fingerprints: int
    index_bytes: int


def learn(workspace: Path, repos: Sequence[Path], label: str, public: Sequence[Path], key: int) -> Learned:
    """Add `repos` to the workspace's index; a repository that is in it, under whatever label, is learned anew.

    `key` is random, for the hashes of an index that begins. Raises DetenteError for what is no folder.
    """
    if label not in LABELS:
        raise DetenteError(
            f"Unknown label {label!r}",
            "The accord has no such kind of code.",
            f"Use one of {', '.join(LABELS)}.",
            code="label",
        )
    for folder in (*repos, *public):
        if not folder.is_dir():
            raise DetenteError(
                f"{folder} is no folder", "A repository is a folder of files.", "Name a checkout.", code="no-folder"
            )
    path = workspace / LEARNED
    old = Index.read(path.read_bytes()) if path.is_file() else Index.empty(key)
    names = [repo.resolve().name for repo in repos]
    texts = {f"{label}/{name}": list(_code(repo)) for name, repo in zip(names, repos, strict=True)}
    known = (text for folder in (*public, Path(sysconfig.get_path("stdlib"))) for text in _code(folder))
    made = old.forget(frozenset(f"{any_label}/{name}" for any_label in LABELS for name in names)).learn(texts, known)
    files = [text for found in texts.values() for text in found]
    count = len(made.exact.hashes) + len(made.renamed.hashes)
    return Learned(len(files), sum(map(len, files)), made.repos, count, _written(path, made))


def _code(folder: Path) -> Iterator[bytes]:
    for path in below(folder):
        if path.suffix.lower().encode() in _CODE and 0 < path.stat().st_size <= MOST_BYTES:
            yield path.read_bytes()


def _written(path: Path, made: Index) -> int:
    """Aside, then in place: a reader sees the old index or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(".new")
    size = aside.write_bytes(made.write())
    aside.replace(path)
    return size
