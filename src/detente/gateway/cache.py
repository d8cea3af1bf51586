"""What became of blocks seen before: a cache for each tenant, bounded by bytes over all of them."""

from collections import OrderedDict
from collections.abc import Iterator, MutableMapping

from detente.gateway.inspect import Inspected

LIMIT = 24 << 20
"""Bytes of all caches of a worker: some sixty thousand clean blocks."""

_ENTRY, _FINDING = 400, 600
"""Bytes of an entry and of a finding beside their texts, in CPython."""


class Cache(MutableMapping[bytes, Inspected]):
    """One tenant's blocks, least recently used first."""

    def __init__(self, caches: "Caches") -> None:
        self._caches, self._kept, self.size = caches, OrderedDict[bytes, Inspected](), 0

    def __getitem__(self, digest: bytes) -> Inspected:
        found = self._kept[digest]
        self._kept.move_to_end(digest)
        return found

    def __setitem__(self, digest: bytes, seen: Inspected) -> None:
        self.pop(digest, None)
        self._kept[digest] = seen
        self.size += weight(seen)
        self._caches.trim()

    def __delitem__(self, digest: bytes) -> None:
        self.size -= weight(self._kept.pop(digest))

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._kept)

    def __len__(self) -> int:
        return len(self._kept)


class Caches:
    """All caches of a worker under one policy. Room is made in the largest one, so that a tenant who floods the cache pushes out its own
    blocks first.

    Another thread may add caches while one uses them: the table of them is replaced, never changed.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self._kept: dict[str, Cache] = {}
        self._limit = limit

    def of(self, tenant: str) -> Cache:
        """The tenant's own cache."""
        if tenant not in self._kept:
            self._kept = {**self._kept, tenant: Cache(self)}
        return self._kept[tenant]

    def trim(self) -> None:
        """Make room until all caches together are within the limit."""
        caches = self._kept.values()
        while sum(cache.size for cache in caches) > self._limit:
            largest = max(caches, key=lambda cache: cache.size)
            del largest[next(iter(largest))]


def weight(seen: Inspected) -> int:
    """About how many bytes an entry takes."""
    edits = sum(len(text) + 120 for *_, text in seen.edits)
    hidden = sum(len(placeholder) + len(secret) + 200 for placeholder, secret in seen.hidden.items())
    return _ENTRY + edits + hidden + _FINDING * len(seen.findings)
