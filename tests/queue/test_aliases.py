"""Alias groups: joined in any order, never across two CVEs."""

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from detente.queue.aliases import canonicals

A, B = "CVE-2021-0001", "CVE-2021-0002"
G, H, R = "GHSA-2222-2222-2222", "GHSA-3333-3333-3333", "RUSTSEC-2021-0001"


def test_an_id_takes_the_one_cve_of_its_group() -> None:
    assert canonicals([(G, A)]) == {G: A}
    assert canonicals([(R, G), (G, A), (R, H)]) == {G: A, R: A, H: A}


def test_without_a_cve_the_first_ghsa_names_the_group() -> None:
    assert canonicals([(R, H), (R, G)]) == {R: G, H: G}


def test_two_cves_never_melt() -> None:
    assert canonicals([(G, A), (G, B)]) == {}
    assert canonicals([(A, B)]) == {}
    assert canonicals([(R, G, A), (R, H, B)]) == {G: A, H: B}


names = st.sampled_from([A, B, G, H, R, "GO-2021-0001", "PYSEC-2021-1"])
groups = st.lists(st.lists(names, min_size=2, max_size=4, unique=True).map(tuple), max_size=4)


@given(groups)
def test_order_does_not_matter_and_cves_stay_apart(found: list[tuple[str, ...]]) -> None:
    expected = canonicals(found)
    assert all(canonicals(order) == expected for order in permutations(found))
    assert not any(name.startswith("CVE-") for name in expected)
    assert all(target not in expected for target in expected.values())
