"""The package formats on the corpus: counts as in the golden table, first findings as another tool asserts them."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from detente.flows.sources import sources
from detente.model.finding import Observation
from detente.queue import identity, intake
from detente.queue.parsers import registry
from detente.queue.source import Source


def table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text("utf-8").splitlines()))


GOLDEN = table(Path(__file__).with_name("golden_packages.csv"))
DIFFERENCES = {(row["file"], row["expected"]) for row in table(Path(__file__).with_name("differences_packages.csv"))}


@pytest.fixture(scope="module")
def expected(corpus: Path) -> dict[str, dict[str, str]]:
    return {row["file"]: row for row in table(corpus / "scans" / "expected.csv")}


def source(corpus: Path, file: str) -> Source:
    return next(iter(sources(corpus / "scans" / file)))


def observations(corpus: Path, row: dict[str, str]) -> tuple[intake.Reading, list[Observation]]:
    reading = intake.read(registry.parser(row["parser"] or row["file"].split("/")[0]), source(corpus, row["file"]))
    return reading, [item for item in reading.items if isinstance(item, Observation)]


@pytest.mark.parametrize("row", GOLDEN, ids=lambda row: row["file"])
def test_every_file_is_claimed_once_and_counted(corpus: Path, row: dict[str, str]) -> None:
    head = intake.head(source(corpus, row["file"]))
    claims = [name for name in registry.names() if registry.parser(name).sniff(head)]
    assert claims == [name for name in (row["parser"],) if name]
    reading, found = observations(corpus, row)
    keys = {
        (o.asset, identity.component(o), identity.canonical(identity.equals(o.vulnerability, o.aliases))) for o in found
    }
    counts = len(found), len(keys), sum(reading.tally.skipped.values()), reading.tally.rejected
    assert counts == tuple(int(row[name]) for name in ("observations", "findings", "skipped", "rejected"))
    assert len({scope.asset for scope in reading.coverage}) == int(row["assets"])
    assert {o.target for o in found} <= {scope.target for scope in reading.coverage}
    assert observations(corpus, row)[1] == found  # reading twice changes nothing


@pytest.mark.parametrize("row", GOLDEN, ids=lambda row: row["file"])
def test_counts_differ_from_the_other_tool_only_where_we_say_why(
    corpus: Path, row: dict[str, str], expected: dict[str, dict[str, str]]
) -> None:
    theirs = expected[row["file"]]["expected_findings"]
    agrees = not theirs or {row["observations"], row["findings"]} & set(theirs.split("|"))
    assert bool(agrees) is ((row["file"], f"findings={theirs}") not in DIFFERENCES)


def _fields(found: Observation) -> Iterator[tuple[str, set[str]]]:
    yield "first_severity", {found.severity.name.title()}
    yield "first_cve", {found.vulnerability, *found.aliases}
    yield "first_cwe", {str(number) for number in found.cwes} | {f"CWE-{number}" for number in found.cwes}
    yield "first_component", {found.component}
    yield "first_version", {found.version}
    yield "first_file_path", {found.location}
    yield "first_cvssv3", {found.vector}
    yield "first_cvssv3_score", {str(found.score)}
    yield "first_vuln_id_from_tool", {found.vulnerability}
    yield "first_fix_available", {str(bool(found.fixed))}


@pytest.mark.parametrize("row", [row for row in GOLDEN if row["observations"] != "0"], ids=lambda row: row["file"])
def test_the_first_finding_says_what_the_other_tool_asserts(
    corpus: Path, row: dict[str, str], expected: dict[str, dict[str, str]]
) -> None:
    _, found = observations(corpus, row)
    for field, ours in _fields(found[0]):
        theirs = expected[row["file"]][field]
        if theirs and (row["file"], f"{field}={theirs}") not in DIFFERENCES:
            assert theirs in ours, field
