import pytest

from detente.queue.cvss import best, score


@pytest.mark.parametrize(
    ("vector", "expected"),
    [
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:H/A:N", 7.5),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", 10.0),
        ("CVSS:3.0/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 6.1),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H/E:P", 7.5),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", 0.0),
        ("AV:N/AC:L/Au:N/C:P/I:P/A:P", 7.5),
        ("(AV:L/AC:L/Au:N/C:C/I:C/A:C)", 7.2),
        ("AV:N/AC:L/Au:N/C:N/I:N/A:N", 0.0),
        ("CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:N/VC:H/VI:H/VA:N/SC:L/SI:L/SA:N", None),
        ("CVSS:3.1/AV:X", None),
        ("high", None),
    ],
)
def test_the_score_of_a_vector(vector: str, expected: float | None) -> None:
    assert score(vector) == expected


def test_the_newest_version_wins_and_the_first_among_equals() -> None:
    two, three = ("AV:N/AC:L/Au:N/C:P/I:P/A:P", 7.5), "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:H/A:N"
    assert best([two, (None, 9.9), (three, None), (three, 1.0)]) == (three, 7.5)
    assert best([(None, None), ("", None)]) == ("", None)
    assert best([(None, 5.0)]) == ("", 5.0)
