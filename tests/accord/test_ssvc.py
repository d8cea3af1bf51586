"""The decision tables, cell by cell against the files they came from, and the words of the standards."""

import csv
from importlib import resources
from itertools import product

import pytest

from detente.accord import bod, ssvc
from detente.accord.bod import Timeline, bod_26_04
from detente.model.estate import Exposure


def cells(name: str) -> list[list[str]]:
    text = resources.files("detente.accord").joinpath("tables", name).read_text("utf-8")
    return [row[1:] for row in csv.reader(text.splitlines())][1:]


SSVC = cells("ssvc_deployer_patch_application_priority_1_0_0.csv")
BOD = cells("cisa_bod_26_04_1_0_0.csv")


@pytest.mark.parametrize("row", SSVC, ids=",".join)
def test_every_cell_of_the_deployer_table(row: list[str]) -> None:
    exploitation, exposure, automatable, impact, outcome = row
    assert ssvc.deployer(exploitation, exposure, automatable == "yes", impact) == outcome  # type: ignore[arg-type]


def test_the_deployer_table_is_whole_and_monotone() -> None:
    order = ("defer", "scheduled", "out-of-cycle", "immediate")
    scales = (
        ("none", "public poc", "active"),
        ("small", "controlled", "open"),
        ("no", "yes"),
        ("low", "medium", "high", "very high"),
    )
    table = {tuple(row[:-1]): order.index(row[-1]) for row in SSVC}
    assert set(table) == set(product(*scales))
    for point, urgency in table.items():
        for axis, scale in enumerate(scales):
            worse = scale[min(scale.index(point[axis]) + 1, len(scale) - 1)]
            assert table[*point[:axis], worse, *point[axis + 1 :]] >= urgency


@pytest.mark.parametrize("row", BOD, ids=",".join)
def test_every_cell_of_the_directive(row: list[str]) -> None:
    kev, exposed, automatable, impact, text = row
    days = {
        "fix on system upgrade": None,
        "14 days": 14,
        "60 days": 60,
        "3 days": 3,
        "3 days & forensic investigation": 3,
    }
    found = bod_26_04(kev == "yes", exposed == "yes", automatable == "yes", impact == "total")
    assert found == Timeline(days[text], "forensic" in text, text)


def test_the_directive_is_whole() -> None:
    assert len({tuple(row[:-1]) for row in BOD}) == 16
    assert bod_26_04(True, True, True, True) == Timeline(3, True, "3 days & forensic investigation")
    assert bod.VERSION.endswith("1.0.0")
    assert ssvc.VERSION.endswith("1.0.0")


def test_our_nouns_in_their_words() -> None:
    assert [ssvc.system_exposure(each) for each in Exposure] == ["open", "controlled", "controlled", "small"]
    assert ssvc.system_exposure(None) == "open"
    assert [ssvc.human_impact(tier) for tier in ("tier-1", "tier-2", "tier-3", "")] == [
        "very high",
        "high",
        "medium",
        "low",
    ]


def test_the_tables_travel_with_their_licence() -> None:
    text = resources.files("detente.accord").joinpath("tables", "LICENSE").read_text("utf-8")
    assert "Copyright 2026 Carnegie Mellon University" in text
    assert "DM24-0278" in text
