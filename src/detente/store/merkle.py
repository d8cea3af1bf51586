"""The Merkle tree of RFC 6962 (and RFC 9162, section 2.1): one hash for a whole list, short proofs about its parts.

A leaf is SHA-256(0x00 || data), a node SHA-256(0x01 || left || right), and a last node without a partner is carried up
unchanged, which equals the RFC's split at the largest power of two.
"""

from collections.abc import Sequence
from hashlib import sha256

EMPTY = sha256(b"").digest()


def leaf(data: bytes) -> bytes:
    """The hash of one entry."""
    return sha256(b"\0" + data).digest()


def node(left: bytes, right: bytes) -> bytes:
    """The hash over two neighbours."""
    return sha256(b"\1" + left + right).digest()


class Tree:
    """A growing tree that keeps one hash per level at most: memory is the logarithm of its size."""

    def __init__(self) -> None:
        self.size = 0
        self._open: list[bytes] = []  # per level the node that waits for its right neighbour, b"" where none does

    def extend(self, leaves: Sequence[bytes]) -> None:
        """Add leaf hashes at the right end."""
        self.size += len(leaves)
        level, row = 0, list(leaves)
        while row:
            row, level = self._join(level, row), level + 1

    def _join(self, level: int, row: list[bytes]) -> list[bytes]:
        """Pair up `row` behind what waits at `level`; the nodes above it."""
        if level == len(self._open):
            self._open.append(b"")
        if self._open[level]:
            row.insert(0, self._open[level])
        self._open[level] = row[-1] if len(row) % 2 else b""
        return [sha256(b"\1" + left + right).digest() for left, right in zip(row[::2], row[1::2], strict=False)]

    @property
    def root(self) -> bytes:
        """The tree's hash; SHA-256 of nothing for the empty tree."""
        waiting = [hash_ for hash_ in self._open if hash_]
        top = waiting[0] if waiting else EMPTY
        for left in waiting[1:]:
            top = node(left, top)
        return top


def root(leaves: Sequence[bytes]) -> bytes:
    """The hash of the tree over these leaf hashes."""
    tree = Tree()
    tree.extend(leaves)
    return tree.root


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1


def inclusion(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The siblings on the way from leaf `index` to the root (RFC 9162, 2.1.3.1). Raises IndexError outside the tree."""
    if not 0 <= index < len(leaves):
        raise IndexError(f"no leaf {index} in a tree of {len(leaves)}")
    if len(leaves) == 1:
        return []
    cut = _split(len(leaves))
    if index < cut:
        return [*inclusion(leaves[:cut], index), root(leaves[cut:])]
    return [*inclusion(leaves[cut:], index - cut), root(leaves[:cut])]


def included(leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], top: bytes) -> bool:
    """Whether `proof` shows that the leaf stands at `index` of the tree with `size` leaves and root `top` (2.1.3.2)."""
    if not 0 <= index < size:
        return False
    at, last, hash_ = index, size - 1, leaf_hash
    for sibling in proof:
        if last == 0:
            return False
        if at % 2 or at == last:
            hash_ = node(sibling, hash_)
            at, last = _skip(at, last)
        else:
            hash_ = node(hash_, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and hash_ == top


def _skip(at: int, last: int) -> tuple[int, int]:
    """Up over the levels where a node without a partner was carried unchanged."""
    while at and not at % 2:
        at, last = at >> 1, last >> 1
    return at, last


def consistency(leaves: Sequence[bytes], size: int) -> list[bytes]:
    """The nodes that show that the tree of the first `size` leaves lives on unchanged in this one (2.1.4.1).

    Raises IndexError unless 0 < `size` <= the number of leaves.
    """
    if not 0 < size <= len(leaves):
        raise IndexError(f"no earlier tree of {size} leaves in a tree of {len(leaves)}")
    return _subproof(leaves, size, whole=True)


def _subproof(leaves: Sequence[bytes], size: int, *, whole: bool) -> list[bytes]:
    if size == len(leaves):
        return [] if whole else [root(leaves)]
    cut = _split(len(leaves))
    if size <= cut:
        return [*_subproof(leaves[:cut], size, whole=whole), root(leaves[cut:])]
    return [*_subproof(leaves[cut:], size - cut, whole=False), root(leaves[:cut])]


def consistent(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether `proof` shows that the tree of `old` leaves is the beginning of the tree of `new` leaves (2.1.4.2)."""
    if not 0 < old <= new:
        return False
    if old == new:
        return not proof and old_root == new_root
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not path:
        return False
    at, last = old - 1, new - 1
    while at % 2:
        at, last = at >> 1, last >> 1
    before = after = path[0]
    for hash_ in path[1:]:
        if last == 0:
            return False
        if at % 2 or at == last:
            before, after = node(hash_, before), node(hash_, after)
            at, last = _skip(at, last)
        else:
            after = node(after, hash_)
        at, last = at >> 1, last >> 1
    return last == 0 and before == old_root and after == new_root
