"""The host and cloud formats on the corpus: counts as in the golden table, first findings as another tool asserts them."""

import csv
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from detente.flows.sources import sources
from detente.model.finding import Observation, State
from detente.queue import identity, intake
from detente.queue.parsers import registry
from detente.queue.source import Source


def table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text("utf-8").splitlines()))


GOLDEN = table(Path(__file__).with_name("golden_hosts.csv"))
DIFFERENCES = {
    (row["file"], row["expected"]): row["ours"] for row in table(Path(__file__).with_name("differences_hosts.csv"))
}


@pytest.fixture(scope="module")
def expected(corpus: Path) -> dict[str, dict[str, str]]:
    return {row["file"]: row for row in table(corpus / "scans" / "expected.csv")}


@pytest.fixture
def source(corpus: Path, row: dict[str, str]) -> Iterator[Source]:
    with ExitStack() as spool:
        yield next(iter(sources(corpus / "scans" / row["file"], spool)))


def observations(row: dict[str, str], source: Source) -> tuple[intake.Reading, list[Observation]]:
    reading = intake.read(registry.parser(row["parser"]), source)
    return reading, [item for item in reading.items if isinstance(item, Observation)]


@pytest.mark.parametrize("row", GOLDEN, ids=lambda row: row["file"])
def test_every_file_is_claimed_and_counted(row: dict[str, str], source: Source) -> None:
    head = intake.head(source)
    claims = [name for name in registry.names() if registry.parser(name).sniff(head)]
    assert claims == ([row["parser"]] if row["claimed"] else [])
    reading, found = observations(row, source)
    names = [identity.named(observation) for observation in found]
    keys = {(o.asset, n.component, n.canonical) for o, n in zip(found, names, strict=True) if o.state is State.OPEN}
    counts = len(found), len(keys), sum(reading.tally.skipped.values()), reading.tally.rejected
    assert counts == tuple(int(row[name]) for name in ("observations", "findings", "skipped", "rejected"))
    assert len({o.asset for o in found} | {scope.asset for scope in reading.coverage}) == int(row["assets"])
    assert observations(row, source)[1] == found  # reading twice changes nothing


@pytest.mark.parametrize("row", GOLDEN, ids=lambda row: row["file"])
def test_counts_differ_from_the_other_tool_only_where_we_say_why(
    row: dict[str, str], expected: dict[str, dict[str, str]]
) -> None:
    theirs = expected[row["file"]]["expected_findings"]
    agrees = not theirs or {row["observations"], row["findings"]} & set(theirs.split("|"))
    ours = DIFFERENCES.get((row["file"], f"findings={theirs}"))
    assert ours == (None if agrees else f"findings={row['findings']}")


def _fields(found: Observation) -> Iterator[tuple[str, str, set[str]]]:
    ids = {found.vulnerability, *found.aliases, *found.related}
    yield "first_title", found.title, {found.title}
    yield "first_severity", found.severity.name.title(), {found.severity.name.title()}
    yield "first_cve", found.vulnerability, ids
    yield "first_cwe", str(next(iter(found.cwes), 0)), {str(next(iter(found.cwes), 0))}
    yield "first_component", found.component, {found.component}
    yield "first_cvssv3", found.vector, {found.vector}
    yield "first_cvssv3_score", str(found.score), {str(found.score)}
    yield "first_vuln_id_from_tool", found.vulnerability, {name.partition(":")[2] or name for name in ids} | ids
    yield "first_epss_score", str(found.epss), {str(found.epss)}
    yield "first_fix_available", str(bool(found.fixed)), {str(bool(found.fixed))}


@pytest.mark.parametrize("row", [row for row in GOLDEN if row["observations"] != "0"], ids=lambda row: row["file"])
def test_the_first_finding_says_what_the_other_tool_asserts(
    row: dict[str, str], source: Source, expected: dict[str, dict[str, str]]
) -> None:
    _, found = observations(row, source)
    for field, shown, ours in _fields(found[0]):
        theirs = expected[row["file"]][field]
        known = DIFFERENCES.get((row["file"], f"{field}={theirs}"))
        assert known == (None if not theirs or theirs in ours else f"{field}={shown}")
