import pytest

from detente.queue.names import parted


@pytest.mark.parametrize(
    ("own", "others", "aliases", "related"),
    [
        ("GHSA-35jh-r3h4-6jhm", ["cve-2020-0001", "DSA-1-1"], ("CVE-2020-0001",), ("DSA-1-1",)),
        ("CVE-2020-0001", ["CVE-2020-0001", "", "RUSTSEC-2020-0001"], ("RUSTSEC-2020-0001",), ()),
        ("CVE-2020-0001", ["CVE-2020-0002", "GHSA-35JH-R3H4-6JHM"], ("GHSA-35jh-r3h4-6jhm",), ("CVE-2020-0002",)),
        ("BDSA-2020-1", ["CVE-2020-0001", "CVE-2020-0002"], (), ("CVE-2020-0001", "CVE-2020-0002")),
    ],
)
def test_only_names_that_mean_the_same_are_aliases(
    own: str, others: list[str], aliases: tuple[str, ...], related: tuple[str, ...]
) -> None:
    assert parted(own, others) == {"aliases": aliases, "related": related}
