import pytest

from detente.queue.fields import advised


@pytest.mark.parametrize(
    ("text", "versions"),
    [
        ("Upgrade to version 2.2.3 or above.", ("2.2.3",)),
        ("Upgrade apt from 1.4.8 to 1.4.9", ("1.4.9",)),
        ("Upgrade to versions 1.2.3, 4.5.6 or above.", ("1.2.3", "4.5.6")),
        ("Upgrade a.b:core-2.0 to version 2.6.7.5, 2.8 or higher.", ("2.6.7.5", "2.8")),
        ("Upgrade a to version 1.2; Upgrade b to version v2.0", ("1.2", "v2.0")),
        ("fixed in 1:9.10.3.dfsg.P4-12.3+deb9u4, 2.0~rc1", ("1:9.10.3.dfsg.P4-12.3+deb9u4", "2.0~rc1")),
        ("No solution provided", ()),
        ("Introduced in version 3.2", ()),
        (None, ()),
        ("fix " * 100_000, ()),
    ],
)
def test_the_versions_a_sentence_advises(text: str | None, versions: tuple[str, ...]) -> None:
    assert advised(text) == versions
