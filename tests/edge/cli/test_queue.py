"""What people see of the queue: the terminal, JSON in the contract's shape, CSV, SARIF, one HTML file; and exit codes."""

import csv
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from detente.edge.cli import app
from detente.edge.cli.html import breakable
from detente.edge.cli.queue import due, lines
from detente.edge.cli.sarif import uri
from detente.flows import patch
from detente.flows.workspace import open_workspace
from detente.model.fix import Queue
from reports import moment
from shop import FOUR, ONE, THREE, shop

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    workspace = shop(tmp_path_factory.mktemp("shop"))
    workspace.engine.dispose()
    return workspace.folder


@pytest.fixture(scope="module")
def found(company: Path) -> Queue:
    workspace = open_workspace(company)
    queue = patch.queue(workspace, moment(10), everything=True)
    workspace.engine.dispose()
    return queue


@pytest.fixture
def run(company: Path) -> Run:
    def ran(*words: str) -> Result:
        return CliRunner().invoke(app, [*words, "--workspace", str(company)])

    return ran


def test_the_terminal_shows_three_lines_a_fix(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    text = run("queue").stdout
    assert "1 of 3 fixes is escalated; 3 open findings cost" in text
    lines = text.split("\n\n")[-1].splitlines()
    assert lines[0].endswith("upgrade openssl to 1.2 on checkout")
    assert re.search("payments with sam · (over)?due .*2026-03-26.* · SSVC immediate · 1 finding", lines[1])
    assert "x-" in lines[2]
    assert "total impact: 1.00 % a month (in KEV since 2026-03-05)" in " ".join(" ".join(lines[2:]).split())


def test_json_has_the_shape_of_the_contract(run: Run) -> None:
    told = json.loads(run("queue", "--all", "--json").stdout)
    assert (told["findings"], told["fixes"], told["escalated"], told["currency"]) == (3, 3, 1, "EUR")
    assert len(told["queue"]) == 3
    first = told["queue"][0]
    names = (
        "fix",
        "service",
        "squad",
        "component",
        "to_version",
        "findings",
        "loss_month",
        "due",
        "clock",
        "escalated",
        "reasons",
    )
    assert set(names) <= first.keys()
    wanted = (
        "id",
        "vulnerability",
        "aliases",
        "component",
        "version",
        "severity",
        "cvss",
        "location",
        "asset",
        "state",
        "tool",
        "loss_month",
    )
    assert set(wanted) <= first["findings"][0].keys()
    assert (first["service"], first["squad"], first["to_version"], first["due"]) == (
        "checkout",
        "payments",
        "1.2",
        "2026-03-26",
    )
    assert json.loads(run("queue", "--json", "--squad", "platform").stdout)["queue"] == []


def test_csv_runs_nothing_in_a_spreadsheet(run: Run) -> None:
    rows = list(csv.DictReader(io.StringIO(run("queue", "--all", "-o", "csv").stdout)))
    assert rows[0]["vulnerability"] == ONE
    assert {row["currency"] for row in rows} == {"EUR"}
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@"))]


def test_sarif_has_one_rule_and_one_result_per_finding(run: Run) -> None:
    (log,) = json.loads(run("queue", "--all", "-o", "sarif").stdout)["runs"]
    rules, results = log["tool"]["driver"]["rules"], log["results"]
    assert results[0]["ruleId"] == ONE
    assert [rules[one["ruleIndex"]]["id"] for one in results] == [one["ruleId"] for one in results]
    assert {one["ruleId"] for one in results} == {ONE, THREE, FOUR}
    assert all(one["partialFingerprints"]["detente/v1"].startswith("f-") for one in results)
    assert rules[results[0]["ruleIndex"]]["properties"]["security-severity"] == "9.8"


class Page(HTMLParser):
    """What a browser would do with the page: tags and what they would load."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loads: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loads += [
            value or "" for name, value in attributes if name in ("src", "href", "style") or name.startswith("on")
        ]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_html_stands_alone_and_escapes_what_reports_say(run: Run) -> None:
    page = Page()
    page.feed(run("queue", "--all", "-o", "html").stdout)
    assert page.loads == []
    assert "script" not in page.tags
    assert "b" not in page.tags
    assert "<b>bash</b>" in page.text
    assert "default-src 'none'" in run("queue", "-o", "html").stdout


def test_why_prints_the_chain_and_its_json(run: Run, company: Path) -> None:
    name = json.loads(run("queue", "--json").stdout)["queue"][0]["findings"][0]["id"]
    text = run("why", name).stdout
    assert text.startswith(f"{name}\n{ONE} on image:shop:1 costs")
    assert "What would change this" in text
    assert json.loads(run("why", name, "--json").stdout)["id"] == name


@pytest.mark.parametrize(
    "words, code",
    [(("queue", "-o", "pdf"), 2), (("why", "nothing"), 2), (("ingest",), 2), (("ingest", "none.json"), 2)],
)
def test_bad_usage_is_two(run: Run, words: tuple[str, ...], code: int) -> None:
    found = run(*words)
    assert found.exit_code == code
    assert len(found.stderr.strip().splitlines()) >= 3


def test_ingest_answers_in_the_shape_of_the_contract(run: Run, company: Path) -> None:
    report = company.parent / "a-shop.json"
    found = run("ingest", str(report), "--json")
    (file,) = json.loads(found.stdout)["files"]
    assert found.exit_code == 0
    counts = ("results", "findings", "merged", "quarantined", "new", "seen", "reopened", "fixed")
    assert [file[name] for name in counts] == [2, 2, 0, 0, 0, 2, 0, 0]
    assert (file["format"], file["error"], file["known"]) == ("trivy", None, True)
    partly = run("ingest", str(report), "none.json", "--json")
    assert partly.exit_code == 3
    assert json.loads(partly.stdout)["files"][1]["error"]["code"] == "no-file"


@pytest.mark.parametrize(
    "days, said",
    [
        (-1, "overdue since 2026-03-26"),
        (0, "due 2026-03-26 (today)"),
        (1, "due 2026-03-26 (tomorrow)"),
        (9, "due 2026-03-26 (in 9 days)"),
    ],
)
def test_a_date_is_told_as_seen_from_today(found: Queue, days: int, said: str) -> None:
    assert due(found.fixes[0], date(2026, 3, 26) - timedelta(days)) == said
    assert due(replace(found.fixes[0], due=None), date(2026, 3, 26)) == "no clock"


@pytest.mark.parametrize("columns", [50, 80, 120])
def test_a_fix_fits_the_terminal_and_names_its_price_first(found: Queue, columns: int) -> None:
    for fix in found.fixes:
        first, rest = lines(fix, 0.5, date(2026, 3, 10), columns)
        assert first[0].split()[0] == str(fix.position)
        assert fix.id in " ".join(rest)
        assert [line for line in (*first, *rest) if len(line) > columns and len(line.split()) > 1] == []


@pytest.mark.parametrize(
    "place, reference",
    [
        ("src/a b.py", "src/a%20b.py"),
        ("C:\\src\\a.py", "C:/src/a.py"),
        ("image:shop:1", "image:shop:1"),
        ("10.0.0.1:443", "./10.0.0.1:443"),
        ("https://shop.example/a?b=ü", "https://shop.example/a?b=%C3%BC"),
        ('<b>\n"x"', "%3Cb%3E%0A%22x%22"),
    ],
)
def test_a_place_is_a_uri_reference(place: str, reference: str) -> None:
    assert uri(place) == reference


def test_a_name_breaks_behind_its_separators_and_stays_escaped() -> None:
    assert breakable("image:r.example/<b>:1") == "image:<wbr>r.example/<wbr>&lt;b&gt;:<wbr>1"


def test_the_queue_of_the_cli_is_the_queue_of_the_flow(run: Run, found: Queue) -> None:
    told = json.loads(run("queue", "--all", "--json").stdout)
    assert [fix["fix"] for fix in told["queue"]] == [fix.id for fix in found.fixes]
