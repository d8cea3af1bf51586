"""`detente evidence`: each regime's own columns, what was assumed, who accepted what, and a way back to the ledger."""

import csv
import io
import json
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from detente.edge.cli import app
from detente.edge.cli.evidence import _table
from detente.flows.workspace import open_workspace
from detente.store import ledger
from shop import ACCORD, ESTATE, ONE, TWO, shop

REGIMES = "[bod-26-04, {fedramp-vdr: {class: c}}, fedramp-legacy, {pci-dss-4.0.1: {scope: cardholder}}]"


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    workspace = shop(tmp_path_factory.mktemp("shop"))
    accord, estate = workspace.folder / "accord.yaml", workspace.folder / "estate.yaml"
    accord.write_text(ACCORD.replace("[bod-26-04]", REGIMES))
    estate.write_text(ESTATE.replace("tier: tier-1, exposure", "tier: tier-1, scope: [cardholder], exposure"))
    workspace.engine.dispose()
    return workspace.folder


def run(company: Path, *words: str) -> Result:
    result = CliRunner().invoke(app, ["evidence", *words, "--workspace", str(company)])
    assert result.exit_code == 0, result.output
    return result


def test_ver_report_has_every_field_of_the_rule(company: Path) -> None:
    told = json.loads(run(company, "fedramp-vdr", "--json").stdout)
    assert (told["version"], told["accepted"]) == ("fedramp consolidated rules 2026.07.14.01", [])
    first = next(one for one in told["open"] if one["vulnerabilities"] == ONE)
    assert (first["internet_reachable"], first["likely_exploitable"], first["evaluated"]) == (True, True, None)
    assert first["overdue"] is True
    assert "N-rating: 5" in first["overdue_explanation"]
    assert {one["duty"] for one in first["other_clocks"]} == {"evaluate"}
    stray = next(one for one in told["open"] if "CVE-2024-1004" in one["vulnerabilities"])
    assert stray["internet_reachable"] is None


def test_what_is_evaluated_says_since_when_and_by_which_entry(tmp_path: Path) -> None:
    workspace = shop(tmp_path)
    rated = "[{fedramp-vdr: {class: c, ratings: {tier-1: 4, tier-2: 2}}}]"
    (workspace.folder / "accord.yaml").write_text(ACCORD.replace("[bod-26-04]", rated))
    workspace.engine.dispose()
    told = json.loads(run(workspace.folder, "fedramp-vdr", "--json").stdout)
    first = next(one for one in told["open"] if one["vulnerabilities"] == ONE)
    assert first["impact_ratings"] == [{"at": first["evaluated"], "n": 4}]
    assert first["reductions"] == []
    assert {one["duty"] for one in first["other_clocks"]} == {"accept"}
    entries = {entry.seq: entry.kind for entry in ledger.records(open_workspace(workspace.folder).engine)}
    assert {entries[int(number)] for number in first["ledger"].split(", ")} == {
        "ingest",
        "evaluated",
        "assessed",
        "intel",
    }
    stray = next(one for one in told["open"] if "CVE-2024-1004" in one["vulnerabilities"])
    assert (stray["evaluated"], stray["impact_ratings"]) == (None, [])


def test_each_line_leads_back_to_the_record(company: Path) -> None:
    told = json.loads(run(company, "bod-26-04", "--json").stdout)
    entries = {entry.seq: entry for entry in ledger.records(open_workspace(company).engine)}
    assert told["open"]
    for line in told["open"]:
        numbers = [int(number) for number in line["ledger"].split(", ")]
        listed = {"intel"} if line["vulnerabilities"] == ONE else set()  # its due date is the catalogue's
        assert {entries[number].kind for number in numbers} == {"ingest"} | listed
    both = next(line for line in told["open"] if line["vulnerabilities"] == ONE)
    assert len(both["ledger"].split(", ")) == 3  # Trivy and Grype showed it, CISA lists it
    assert both["due"].startswith("2026-03-26")


def test_poam_in_the_templates_columns(company: Path, tmp_path: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(run(company, "fedramp-legacy", "--output", "csv").stdout)))
    assert list(rows[0])[:4] == ["POAM ID", "Controls", "Weakness Name", "Weakness Description"]
    assert len(rows[0]) == 31
    first = next(row for row in rows if row["CVE"] == ONE)
    assert (first["Original Risk Rating"], first["Service Name"], first["Original Detection Date"]) == (
        "High",
        "checkout",
        "2026-03-02",
    )
    assert first["Scheduled Completion Date"] == "2026-04-01"
    assert first["Supporting Documents"].startswith("ledger ")
    book = tmp_path / "poam.xlsx"
    run(company, "fedramp-legacy", "--output", "xlsx", "--to", str(book), "--since", "2026-03-01")
    with zipfile.ZipFile(book) as parts:
        assert b"Open POA&amp;M Items" in parts.read("xl/workbook.xml")
        assert b"Closed POA&amp;M Items" in parts.read("xl/workbook.xml")
        assert b"not affected, Security of the shop: " in parts.read("xl/sharedStrings.xml")
        assert b"Scheduled Completion Date" in parts.read("xl/sharedStrings.xml")
        assert b"<f>" not in parts.read("xl/worksheets/sheet1.xml")


def test_what_was_closed_is_told_by_day(company: Path) -> None:
    def closed(*words: str) -> list[dict[str, str]]:
        found = csv.DictReader(io.StringIO(run(company, "fedramp-vdr", "--output", "csv", *words).stdout))
        return [one for one in found if one["final_disposition"] not in ("open", "accepted")]

    both = closed("--since", "2026-03-01")
    assert [one["vulnerabilities"] for one in both] == [TWO, TWO]  # on two services
    assert {one["supplementary"] for one in both} == {"Security of the shop: vulnerable_code_not_in_execute_path"}
    assert closed("--since", "2026-03-06") == []
    text = run(company, "fedramp-legacy", "--since", "2026-03-01").stdout
    assert "2 closed since 2026-03-01" in text
    assert "    not affected 2026-03-04, due 2026-0" in text


def test_no_spreadsheet_takes_a_cell_for_a_formula() -> None:
    assert _table([{"what": "=HYPERLINK(1)", "when": None}]) == b"what,when\r\n'=HYPERLINK(1),\r\n"


def test_pci_lists_the_scope_alone(company: Path) -> None:
    told = json.loads(run(company, "pci-dss-4.0.1", "--json").stdout)
    assert [line["service"] for line in told["open"]] == ["checkout"]
    (line,) = told["open"]
    assert (line["patch"], line["installed"], line["start_event"]) == ("1.2", "1.0", "patch release")
    assert "patch released" in line["assumed"]


def test_people_read_it_too(company: Path) -> None:
    text = run(company, "bod-26-04").stdout
    assert text.startswith("BOD 26-04 (cisa bod 26-04 remediation timelines 1.0.0): Shop, ")
    assert "OVERDUE, due 2026-03-26 23:59: 3 days & forensic investigation" in text
    assert "Ledger up to entry" in text


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("cmmc-l2",), "the accord names no regime 'cmmc-l2'"),
        (("bod-26-04", "-o", "pdf"), "no such form"),
        (("bod-26-04", "-o", "xlsx"), "xlsx with --to"),
    ],
)
def test_what_cannot_be_given_is_said(company: Path, words: tuple[str, ...], why: str) -> None:
    result = CliRunner().invoke(app, ["evidence", *words, "--workspace", str(company)])
    assert result.exit_code == 2
    assert why in result.stderr
