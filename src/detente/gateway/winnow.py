"""Own code: fingerprints of the company's repositories, found again in a prompt, verbatim, laid out anew, or with other names.

Winnowing (Schleimer, Wilkerson, Aiken, SIGMOD 2003) over tokens, twice. The exact layer hashes tokens as they are. The other writes each
name as the distance to its last use nearby (Baker's parameterised strings, 1993): renaming changes nothing in it, and other code of the
same shape differs. Layout, commas, quotes and semicolons count in neither. Hashes are keyed: a stolen index confirms no guess.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detente.gateway.tokens import Tokens, mixed, shapes, tokens
from detente.model.verdict import Hit

KGRAM, WINDOW = 25, 8
"""Tokens in a fingerprint, and how many neighbours compete for one."""
EXACT, RENAMED, TELLING = 3, 3, 3
"""Fingerprints of one file that make a hit: as written, or in line with each other under other names;
and how many tokens of a run must say something under other names."""
_DRIFT = 6
RUN = 40
_COMMON, _OTHER = 4, 0x5A5A

Hashes = NDArray[np.uint64]
Ints = NDArray[np.int64]


def fingerprints(codes: Hashes, key: int) -> tuple[Hashes, Ints]:
    """The winnowed hashes of runs of KGRAM token codes, and the token at which each begins."""
    if len(codes) < KGRAM:
        return np.empty(0, np.uint64), np.empty(0, np.int64)
    grams = mixed(rolled(codes, KGRAM) ^ np.uint64(key))
    least = _sliding(grams, np.minimum)
    most = _sliding(np.pad(least, (WINDOW - 1, WINDOW - 1), mode="edge"), np.maximum)[: len(grams)]
    chosen = np.flatnonzero(most == grams)
    return grams[chosen], chosen


def shaped(text: Tokens, telling: NDArray[np.bool_], key: int) -> tuple[Hashes, Ints]:
    """The fingerprints under any names; a run that says too little under other names (a list of words) gives none."""
    hashes, places = fingerprints(text.codes, key ^ _OTHER)
    told: Ints = np.concatenate((np.zeros(1, np.int64), np.cumsum(telling, dtype=np.int64)))
    enough = told[places + KGRAM] - told[places] >= TELLING if len(places) else places
    return hashes[enough], places[enough]


def rolled(codes: Hashes, size: int) -> Hashes:
    """A polynomial hash of every run of `size` codes, modulo 2**64."""
    found = np.zeros(len(codes) - size + 1, np.uint64)
    for at in range(size):
        found = found * np.uint64(0x9E3779B97F4A7C15) + codes[at : at + len(found)]
    return found


def _sliding(values: Hashes, choose: Any) -> Hashes:
    """The least or greatest of each WINDOW neighbours; fewer than that are one window."""
    step = 1
    while step < WINDOW and len(values) > step:
        values = choose(values[:-step], values[step:])
        step *= 2
    return values


@dataclass(frozen=True)
class Layer:
    """One kind of fingerprints in order, each with the file and the token it comes from."""

    hashes: Hashes
    files: NDArray[np.uint32]
    places: NDArray[np.uint32]

    @cached_property
    def _likely(self) -> NDArray[np.bool_]:
        size = 1 << max(16, int(len(self.hashes) * 16).bit_length())
        table = np.zeros(size, np.bool_)
        table[self.hashes & np.uint64(size - 1)] = True
        return table

    def found(self, hashes: Hashes) -> tuple[Ints, Ints]:
        """Which of `hashes` are here, and where."""
        if not len(self.hashes):
            return np.empty(0, np.int64), np.empty(0, np.int64)
        likely = np.flatnonzero(self._likely[hashes & np.uint64(len(self._likely) - 1)])
        at = np.searchsorted(self.hashes, hashes[likely])
        at = np.minimum(at, len(self.hashes) - 1)
        right = self.hashes[at] == hashes[likely]
        return likely[right], at[right]


@dataclass(frozen=True)
class Index:
    """What was learned. `repos` are names as the accord's rules see them (`crown_jewels/engine`); `of` gives each file its repository."""

    key: int
    repos: tuple[str, ...]
    of: NDArray[np.uint16]
    exact: Layer
    renamed: Layer

    def write(self) -> bytes:
        """As bytes; hashes and names of repositories, nothing of the code."""
        out = BytesIO()
        layers = {f"{name}_{part}": getattr(layer, part) for name, layer in self._layers for part in _PARTS}
        np.savez(out, key=np.uint64(self.key), repos=np.array(self.repos, dtype=np.str_), of=self.of, **layers)
        return out.getvalue()

    @classmethod
    def read(cls, data: bytes) -> "Index":
        """From what `write` gave."""
        with np.load(BytesIO(data), allow_pickle=False) as found:
            layers = [Layer(*(found[f"{name}_{part}"] for part in _PARTS)) for name in ("exact", "renamed")]
            return cls(int(found["key"]), tuple(map(str, found["repos"])), found["of"], *layers)

    @property
    def _layers(self) -> tuple[tuple[str, Layer], ...]:
        return ("exact", self.exact), ("renamed", self.renamed)


_PARTS = ("hashes", "files", "places")


def learn(repos: Mapping[str, Iterable[bytes]], public: Iterable[bytes], key: int) -> Index:
    """An index of the files of `repos`, without what `public` code has too, and without what many files have."""
    known = _public(public, key)
    of: list[int] = []
    rows: tuple[list[Any], list[Any]] = ([], [])
    for number, files in enumerate(repos.values()):
        for data in files:
            for layer, (hashes, places) in zip(rows, _both(data, key), strict=True):
                layer.append((hashes, np.full(len(hashes), len(of), np.uint32), places.astype(np.uint32)))
            of.append(number)
    exact, renamed = (_layer(layer, without) for layer, without in zip(rows, known, strict=True))
    return Index(key, tuple(repos), np.array(of, np.uint16), exact, renamed)


def _both(data: bytes, key: int) -> Iterator[tuple[Hashes, Ints]]:
    found = tokens(data)
    yield fingerprints(found.codes, key)
    yield shaped(*shapes(data, found), key)


def _public(files: Iterable[bytes], key: int) -> tuple[Hashes, Hashes]:
    parts: tuple[list[Hashes], list[Hashes]] = ([np.empty(0, np.uint64)], [np.empty(0, np.uint64)])
    for data in files:
        for part, (hashes, _) in zip(parts, _both(data, key), strict=True):
            part.append(hashes)
    first, second = (np.unique(np.concatenate(part)) for part in parts)
    return first, second


def _layer(rows: list[Any], without: Hashes) -> Layer:
    """All rows in order, the first of equal ones kept; what `_COMMON` files or `without` have is nobody's own."""
    if not rows:
        return Layer(np.empty(0, np.uint64), np.empty(0, np.uint32), np.empty(0, np.uint32))
    hashes, files, places = (np.concatenate(column) for column in zip(*rows, strict=True))
    _, first, counts = np.unique(hashes, return_index=True, return_counts=True)
    kept = first[counts < _COMMON]
    kept = kept[~np.isin(hashes[kept], without, kind="sort")]
    return Layer(hashes[kept], files[kept], places[kept])


class OwnCode:
    """Finds what an index holds. A part of a Scanner."""

    kinds = frozenset({"own_code"})
    held = 0  # a passage takes twenty lines: nobody waits so long

    def __init__(self, index: Index) -> None:
        self._index = index
        self.version = blake2b(index.exact.hashes.tobytes() + index.renamed.hashes.tobytes(), digest_size=8).hexdigest()

    def scan(self, data: bytes) -> list[Hit]:
        """The passages of `data` that are in the index."""
        if len(data) < 4 * KGRAM:
            return []
        text, index = tokens(data), self._index
        hits = [*self._hits(text, fingerprints(text.codes, index.key), index.exact, EXACT)]
        covered = [(hit.start, hit.end) for hit in hits]
        bare, telling = shapes(data, text)
        renamed = self._hits(bare, shaped(bare, telling, index.key), index.renamed, RENAMED, in_line=True)
        return [
            *hits,
            *(hit for hit in renamed if not any(hit.start < end and start < hit.end for start, end in covered)),
        ]

    def _hits(
        self, text: Tokens, printed: tuple[Hashes, Ints], layer: Layer, least: int, *, in_line: bool = False
    ) -> Iterator[Hit]:
        hashes, places = printed
        which, at = layer.found(hashes)
        if len(which) < least:
            return
        here, files = places[which], layer.files[at].astype(np.int64)
        drift = (here - layer.places[at].astype(np.int64)) // _DRIFT if in_line else np.zeros(len(here), np.int64)
        groups: dict[tuple[int, int], list[int]] = {}
        for file, line, place in zip(files.tolist(), drift.tolist(), here.tolist(), strict=True):
            for near in (line, line + 1) if in_line else (line,):
                groups.setdefault((file, near), []).append(place)
        for (file, _), found in groups.items():
            if len(set(found)) >= least and (not in_line or max(found) - min(found) + KGRAM >= RUN):
                start, end = text.starts[min(found)], text.ends[min(max(found) + KGRAM, len(text.ends)) - 1]
                yield Hit("own_code", self._index.repos[self._index.of[file]], int(start), int(end), 0.9)
