"""Bills of materials, VEX and the platforms that export them, on the corpus: counts and first findings."""

import csv
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from detente.flows.sources import sources
from detente.model.finding import Kind, Observation, State
from detente.queue import identity, intake
from detente.queue.derive import derived
from detente.queue.parsers import registry
from detente.queue.source import Source


def table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text("utf-8").splitlines()))


GOLDEN = table(Path(__file__).with_name("golden_sbom.csv"))
DIFFERENCES = {(row["file"], row["expected"]) for row in table(Path(__file__).with_name("differences_sbom.csv"))}


@pytest.fixture(scope="module")
def expected(corpus: Path) -> dict[str, dict[str, str]]:
    return {row["file"]: row for row in table(corpus / "scans" / "expected.csv")}


@pytest.fixture
def spool() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def report(corpus: Path, row: dict[str, str], spool: ExitStack) -> Source:
    return next(iter(sources(corpus / "scans" / row["file"], spool)))


def read(source: Source, name: str) -> tuple[intake.Reading, list[Observation]]:
    reading = intake.read(registry.parser(name), source)
    return reading, [derived(item) for item in reading.items if isinstance(item, Observation)]


def place(found: Observation) -> tuple[str, str, str]:
    name = identity.named(found)
    return found.asset, name.component, name.canonical


@pytest.mark.parametrize("row", GOLDEN, ids=lambda row: row["file"])
def test_every_file_is_claimed_once_and_counted(report: Source, row: dict[str, str]) -> None:
    head = intake.head(report)
    assert [name for name in registry.names() if registry.parser(name).sniff(head)] == [row["parser"]]
    reading, found = read(report, row["parser"])
    open_ones = {place(o) for o in found if o.state is State.OPEN and o.kind is not Kind.STATEMENT}
    counts = len(found), len(open_ones), sum(reading.tally.skipped.values()), reading.tally.rejected
    assert counts == tuple(int(row[name]) for name in ("observations", "findings", "skipped", "rejected"))
    assert len({scope.asset for scope in reading.coverage}) == int(row["assets"])
    assert read(report, row["parser"])[1] == found  # reading twice changes nothing


@pytest.mark.parametrize("row", GOLDEN, ids=lambda row: row["file"])
def test_counts_differ_from_the_other_tool_only_where_we_say_why(
    row: dict[str, str], expected: dict[str, dict[str, str]]
) -> None:
    theirs = expected[row["file"]]["expected_findings"]
    agrees = not theirs or theirs in (row["observations"], row["findings"])
    assert agrees is ((row["file"], f"findings={theirs}") not in DIFFERENCES)


def _fields(found: Observation) -> Iterator[tuple[str, set[str]]]:
    yield "first_severity", {found.severity.name.title()}
    yield "first_cve", {found.vulnerability, *found.aliases}
    yield "first_cwe", {str(number) for number in found.cwes} | {f"CWE-{number}" for number in found.cwes}
    yield "first_component", {found.component, found.component.rpartition(":")[2]}
    yield "first_version", {found.version}
    yield "first_file_path", {found.location.rpartition("/")[2]}
    yield "first_cvssv3", {found.vector}
    yield "first_cvssv3_score", {str(found.score)}
    yield "first_epss_score", {str(found.epss)}
    yield "first_fix_available", {str(bool(found.fixed))}


@pytest.mark.parametrize("row", [row for row in GOLDEN if row["observations"] != "0"], ids=lambda row: row["file"])
def test_the_first_finding_says_what_the_other_tool_asserts(
    report: Source, row: dict[str, str], expected: dict[str, dict[str, str]]
) -> None:
    _, found = read(report, row["parser"])
    for field, ours in _fields(found[0]):
        theirs = expected[row["file"]][field]
        if theirs and (row["file"], f"{field}={theirs}") not in DIFFERENCES:
            assert theirs in ours, field
