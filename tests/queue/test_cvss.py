import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from detente.queue.cvss import best, metrics, normal, score


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
        ("CVSS2#AV:N/AC:M/Au:N/C:C/I:C/A:C", 9.3),
        ("8.1 (av:n/ac:h/pr:n/ui:n/s:u/c:h/i:h/a:h)", 8.1),
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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:H/A:N", "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:H/A:N"),
        ("AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:H/A:N", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:H/A:N"),
        ("7.5 (cvss:3.0/av:n/ac:l)", "CVSS:3.0/AV:N/AC:L"),
        ("(AV:N/AC:L/Au:N/C:P/I:P/A:P)", "AV:N/AC:L/Au:N/C:P/I:P/A:P"),
        ("CVSS2#AV:N/AC:L/AU:N/C:P/I:P/A:P/E:POC", "AV:N/AC:L/Au:N/C:P/I:P/A:P/E:POC"),
        ("AV:N/AC:L/AT:N/VC:H/U:AMBER", "CVSS:4.0/AV:N/AC:L/AT:N/VC:H/U:Amber"),
        ("OWASP/K9:M1:O0:Z2/D1:X1", ""),
        ("N/A", ""),
        ("", ""),
    ],
)
def test_every_vector_has_one_spelling(text: str, expected: str) -> None:
    assert normal(text) == expected
    assert normal(expected) == expected


def test_metrics_are_named() -> None:
    assert metrics("CVSS2#AV:N/AC:M/Au:S") == {"AV": "N", "AC": "M", "Au": "S"}
    assert metrics("a text: with colons") == {}


def _scored(value: Any) -> Iterator[tuple[str, float]]:
    """Every vector in a report of Grype or Trivy with the score its publisher gives it."""
    if isinstance(value, list):
        for item in value:
            yield from _scored(item)
    elif isinstance(value, dict):
        yield from (
            (value[f"V{version}Vector"], value[f"V{version}Score"])
            for version in (2, 3)
            if f"V{version}Vector" in value and f"V{version}Score" in value
        )
        if "vector" in value and "baseScore" in (value.get("metrics") or {}):
            yield value["vector"], value["metrics"]["baseScore"]
        for item in value.values():
            yield from _scored(item)


def test_our_scores_are_those_of_the_publishers(corpus: Path) -> None:
    files = [file for name in ("anchore_grype", "trivy") for file in sorted((corpus / "scans" / name).glob("*.json"))]
    pairs = {pair for file in files for pair in _scored(json.loads(file.read_bytes())) if "CVSS:4" not in pair[0]}
    assert len(pairs) > 90
    assert {pair for pair in pairs if score(pair[0]) != pair[1]} == set()
