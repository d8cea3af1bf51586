"""The tree against the RFC's published roots, an independent library and the RFC's own recursive definition."""

from hashlib import sha256
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree, verify_consistency, verify_inclusion

from detente.store.merkle import EMPTY, Tree, consistency, consistent, included, inclusion, leaf, root

# The reference entries and roots of certificate transparency (RFC 6962).
ENTRIES = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAVES = st.lists(st.binary(max_size=4).map(leaf), min_size=1, max_size=20)


def slow(leaves: list[bytes]) -> bytes:
    """The definition of RFC 6962, section 2.1, word for word."""
    if len(leaves) <= 1:
        return leaves[0] if leaves else sha256().digest()
    cut = 1
    while cut * 2 < len(leaves):
        cut *= 2
    return sha256(b"\x01" + slow(leaves[:cut]) + slow(leaves[cut:])).digest()


@pytest.mark.parametrize("size", range(9))
def test_published_roots(size: int) -> None:
    assert root([leaf(data) for data in ENTRIES[:size]]).hex() == ROOTS[size]


@given(LEAVES, st.lists(st.integers(0, 20)))
def test_root_is_the_definitions_however_the_leaves_arrive(leaves: list[bytes], cuts: list[int]) -> None:
    tree, marks = Tree(), sorted({0, len(leaves), *(cut for cut in cuts if cut < len(leaves))})
    for start, end in pairwise(marks):
        tree.extend(leaves[start:end])
        assert (tree.size, tree.root) == (end, slow(leaves[:end]))


def test_the_empty_tree() -> None:
    assert Tree().root == root([]) == EMPTY


@given(LEAVES, st.data())
def test_a_leaf_is_proven_where_it_stands_and_nowhere_else(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    proof, top, size = inclusion(leaves, index), root(leaves), len(leaves)
    assert included(leaves[index], index, size, proof, top)
    assert not included(leaf(b"another entry"), index, size, proof, top)
    assert not included(leaves[index], index, size, [*proof, top], top)
    assert not included(leaves[index], size, size, proof, top)
    for elsewhere in set(range(size)) - {index}:
        assert leaves[elsewhere] == leaves[index] or not included(leaves[index], elsewhere, size, proof, top)


@given(LEAVES, st.data())
def test_growth_is_proven_and_a_changed_past_is_not(leaves: list[bytes], data: st.DataObject) -> None:
    old = data.draw(st.integers(1, len(leaves)))
    proof, new = consistency(leaves, old), len(leaves)
    assert consistent(old, new, root(leaves[:old]), root(leaves), proof)
    assert not consistent(old, new, leaf(b"another past"), root(leaves), proof)
    assert not consistent(old, new, root(leaves[:old]), leaf(b"another present"), proof)
    assert not consistent(old, new, root(leaves[:old]), root(leaves), [*proof, EMPTY])
    assert not consistent(new + 1, new, root(leaves), root(leaves), proof)


@given(st.lists(st.binary(max_size=4), min_size=1, max_size=12), st.data())
def test_proofs_agree_with_an_independent_library(entries: list[bytes], data: st.DataObject) -> None:
    other, leaves = InmemoryTree.init_from_entries(entries), [leaf(entry) for entry in entries]
    index = data.draw(st.integers(0, len(entries) - 1))
    assert other.get_root() == root(leaves)
    place = other.prove_inclusion(index + 1, len(entries))
    verify_inclusion(leaves[index], root(leaves), place)
    assert sorted(place.path) == sorted([leaves[index], *inclusion(leaves, index)])
    verify_consistency(root(leaves[: index + 1]), root(leaves), other.prove_consistency(index + 1, len(entries)))


@pytest.mark.parametrize("index", [-1, 3])
def test_no_proof_outside_the_tree(index: int) -> None:
    leaves = [leaf(data) for data in ENTRIES[:3]]
    with pytest.raises(IndexError):
        inclusion(leaves, index)
    with pytest.raises(IndexError):
        consistency(leaves, index + (index > 0))
