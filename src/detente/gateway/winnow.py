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
EXACT, RENAMED, TELLING = 32, 44, 3
"""Tokens in line with one file that make a hit, as written and under other names; and how many of a run must say something under other names."""
_DRIFT = 6
_COMMON, _OTHER = 4, 0x5A5A

Hashes = NDArray[np.uint64]
Ints = NDArray[np.int64]
Rows = tuple[Hashes, NDArray[np.uint32], NDArray[np.uint32]]


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

    @classmethod
    def empty(cls) -> "Layer":
        """Nothing yet."""
        none = np.empty(0, np.uint64)
        return cls(none, none.astype(np.uint32), none.astype(np.uint32))

    @cached_property
    def _own(self) -> tuple[Hashes, Ints]:
        """The hashes that few files have, and the row of the first file that has each."""
        hashes, first, counts = np.unique(self.hashes, return_index=True, return_counts=True)
        return hashes[counts < _COMMON], first[counts < _COMMON]

    @cached_property
    def _likely(self) -> NDArray[np.bool_]:
        hashes, _ = self._own
        size = 1 << max(16, int(len(hashes) * 16).bit_length())
        table = np.zeros(size, np.bool_)
        table[hashes & np.uint64(size - 1)] = True
        return table

    def found(self, hashes: Hashes) -> tuple[Ints, Ints]:
        """Which of `hashes` are the company's own, and the rows they have here."""
        own, rows = self._own
        if not len(own):
            return np.empty(0, np.int64), np.empty(0, np.int64)
        likely = np.flatnonzero(self._likely[hashes & np.uint64(len(self._likely) - 1)])
        at = np.minimum(np.searchsorted(own, hashes[likely]), len(own) - 1)
        right = own[at] == hashes[likely]
        return likely[right], rows[at[right]]

    def without(self, files: NDArray[np.bool_]) -> "Layer":
        """Without the rows of the files that are marked; those that stay are numbered anew."""
        number = (np.cumsum(~files) - 1).astype(np.uint32)
        kept = ~files[self.files]
        return Layer(self.hashes[kept], number[self.files[kept]], self.places[kept])

    def plus(self, rows: list[Rows], public: list[Hashes]) -> "Layer":
        """With the rows of more files, and without what is public."""
        own = ((self.hashes, self.files, self.places), *rows)
        hashes, files, places = (np.concatenate(column) for column in zip(*own, strict=True))
        order = np.lexsort((files, hashes))
        if public:
            order = order[~np.isin(hashes[order], np.unique(np.concatenate(public)), kind="sort")]
        return Layer(hashes[order], files[order], places[order])


@dataclass(frozen=True)
class Index:
    """What was learned. `repos` are names as the accord's rules see them (`crown_jewels/engine`); `of` gives each file its repository."""

    key: int
    repos: tuple[str, ...]
    of: NDArray[np.uint16]
    exact: Layer
    renamed: Layer

    @classmethod
    def empty(cls, key: int) -> "Index":
        """Nothing yet. `key` keys the hashes of all that is learned."""
        return cls(key, (), np.empty(0, np.uint16), Layer.empty(), Layer.empty())

    def learn(self, repos: Mapping[str, Iterable[bytes]], public: Iterable[bytes]) -> "Index":
        """With the files of `repos`; one that is known already is learned anew. What `public` code has is left out, of all there is."""
        old = self.forget(frozenset(repos))
        of: list[int] = old.of.tolist()
        rows: tuple[list[Rows], list[Rows]] = ([], [])
        for number, files in enumerate(repos.values(), len(old.repos)):
            for data in files:
                for layer, (hashes, places) in zip(rows, _both(data, self.key), strict=True):
                    layer.append((hashes, np.full(len(hashes), len(of), np.uint32), places.astype(np.uint32)))
                of.append(number)
        known = [
            [hashes for hashes, _ in both] for both in zip(*(_both(data, self.key) for data in public), strict=True)
        ]
        exact, renamed = known or ([], [])
        layers = old.exact.plus(rows[0], exact), old.renamed.plus(rows[1], renamed)
        return Index(self.key, (*old.repos, *repos), np.array(of, np.uint16), *layers)

    def forget(self, repos: frozenset[str]) -> "Index":
        """Without these repositories."""
        gone = np.array([name in repos for name in self.repos], np.bool_)
        files = gone[self.of] if len(self.of) else np.empty(0, np.bool_)
        of = (np.cumsum(~gone) - 1).astype(np.uint16)[self.of[~files]]
        kept = tuple(name for name in self.repos if name not in repos)
        return Index(self.key, kept, of, self.exact.without(files), self.renamed.without(files))

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


def _both(data: bytes, key: int) -> tuple[tuple[Hashes, Ints], tuple[Hashes, Ints]]:
    found = tokens(data)
    return fingerprints(found.codes, key), shaped(*shapes(data, found), key)


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
        hits = list(self._hits(text, fingerprints(text.codes, index.key), index.exact, EXACT))
        bare, telling = shapes(data, text)
        renamed = self._hits(bare, shaped(bare, telling, index.key), index.renamed, RENAMED)
        covered = [(hit.start, hit.end) for hit in hits]
        return hits + [one for one in renamed if not any(one.start < end and start < one.end for start, end in covered)]

    def _hits(self, text: Tokens, printed: tuple[Hashes, Ints], layer: Layer, least: int) -> Iterator[Hit]:
        """Where `least` tokens or more of one file stand in line: as far from each other as there."""
        hashes, places = printed
        which, at = layer.found(hashes)
        here, files = places[which], layer.files[at]
        drift = (here - layer.places[at].astype(np.int64)) // _DRIFT
        groups: dict[tuple[int, int], list[int]] = {}
        for file, band, place in zip(files.tolist(), drift.tolist(), here.tolist(), strict=True):
            for near in (band, band + 1):
                groups.setdefault((file, near), []).append(place)
        for (file, _), found in groups.items():
            first, last = min(found), max(found) + KGRAM
            if len(set(found)) > 2 and last - first >= least:
                start, end = text.starts[first], text.ends[min(last, len(text.ends)) - 1]
                yield Hit("own_code", self._index.repos[self._index.of[file]], int(start), int(end), 0.9)
