"""`detente check`: reports before and after a change, given as files or read from git."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from detente.edge.cli import app
from detente.store.database import open_database
from officers import shop
from reports import kev, trivy, weakness

RUNNER = CliRunner()
OLD = [weakness("CVE-2024-1001", "openssl")]
NEW = [*OLD, weakness("CVE-2024-1002", "zlib"), weakness("CVE-2024-1003", "zlib")]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DETENTE_HOME", str(tmp_path / "shop"))
    monkeypatch.chdir(tmp_path)
    shop(tmp_path / "shop", open_database(tmp_path / "shop"))
    return tmp_path


def ask(*arguments: str, code: int = 0) -> str:
    result = RUNNER.invoke(app, ["check", *arguments])
    assert result.exit_code == code, result.output
    return result.stderr if code == 2 else result.stdout


def told(*arguments: str, code: int = 0) -> dict[str, Any]:
    found = json.loads(ask(*arguments, "--json", code=code))
    assert isinstance(found, dict)
    return found


def write(path: Path, image: str, found: list[dict[str, Any]]) -> str:
    path.write_bytes(trivy(image, found))
    return str(path)


def queue(home: Path, *packages: str, severity: str = "HIGH") -> None:
    """A queue whose cheapest escalated fix sets the bar."""
    records = [weakness(f"CVE-2023-{n}", package, Severity=severity) for n, package in enumerate(packages, 2000)]
    assert RUNNER.invoke(app, ["ingest", write(home / "real.json", "shop:1", records)]).exit_code == 0


def test_a_new_finding_that_nothing_outweighs_is_escalated(home: Path) -> None:
    before, after = write(home / "a.json", "shop:1", OLD), write(home / "b.json", "shop:2", NEW)
    found = told("--before", before, "--after", after, code=1)
    assert (found["answer"], found["new"], found["gone"], found["bar"]) == ("escalates", 2, 0, None)
    (brought,) = found["brought"]
    assert sorted(one["vulnerability"] for one in brought["findings"]) == ["CVE-2024-1002", "CVE-2024-1003"]
    assert "CVE-2024-1002 in pkg:deb/zlib 1.0" in ask("--before", before, "--after", after, code=1)


def test_a_new_tag_alone_brings_nothing(home: Path) -> None:
    found = told("--before", write(home / "a.json", "shop:1", NEW), "--after", write(home / "b.json", "shop:2", OLD))
    assert (found["answer"], found["new"], found["gone"]) == ("fine", 0, 2)


def test_the_bar_is_the_real_queues_and_nothing_enters_it(home: Path) -> None:
    queue(home, *"abc")
    before, after = write(home / "a.json", "wiki:1", OLD), write(home / "b.json", "wiki:2", NEW)
    found = told("--before", before, "--after", after)  # the wiki's losses are a hundredth of the shop's
    assert (found["answer"], found["new"]) == ("fine", 2)
    assert found["bar"].endswith("EUR")
    shop_after = write(
        home / "c.json",
        "shop:2",
        [*NEW, *[weakness(f"CVE-2021-{n}", "zlib", Severity="CRITICAL") for n in range(1, 9)]],
    )
    assert told("--before", before, "--after", shop_after, code=1)["brought"][0]["service"] == "checkout"
    listed = json.loads(RUNNER.invoke(app, ["queue", "--json", "--all"]).stdout)
    assert listed["findings"] == 3


def test_what_the_accord_always_escalates_is_so_whatever_its_price(home: Path) -> None:
    queue(home, *"abc")
    (home / "kev.json").write_bytes(kev("CVE-2024-1002"))
    assert RUNNER.invoke(app, ["intel", "import", str(home / "kev.json")]).exit_code == 0
    before, after = write(home / "a.json", "shop:1", OLD), write(home / "b.json", "shop:2", NEW)
    assert told("--before", before, "--after", after, code=1)["brought"][0]["why"] == "the accord always escalates it"
    assert told("--before", after, "--after", after)["answer"] == "fine"


def test_under_fedramp_nothing_new_goes_live_with_what_cisa_lists(home: Path) -> None:
    queue(home, "a")
    (home / "kev.json").write_bytes(kev("CVE-2024-1002", "CVE-2023-2000"))
    assert RUNNER.invoke(app, ["intel", "import", str(home / "kev.json")]).exit_code == 0
    path = home / "shop" / "accord.yaml"
    path.write_text(path.read_text() + "escalation: {always: []}\n")
    before, after = write(home / "a.json", "wiki:1", OLD), write(home / "b.json", "wiki:2", NEW)
    assert told("--before", before, "--after", after)["answer"] == "fine"  # a wiki is cheaper than a shop
    path.write_text(path.read_text() + "regimes: [{fedramp-vdr: {class: c}}]\n")
    (brought,) = told("--before", before, "--after", after, code=1)["brought"]
    assert brought["why"].startswith("VDR-CSO-AKE: nothing new goes live with CVE-2024-1002")
    assert told("--before", after, "--after", after)["answer"] == "fine"  # nothing new: the gate asks about the rest


def test_a_report_that_cannot_be_read_is_not_called_harmless(home: Path) -> None:
    (home / "torn.json").write_bytes(trivy("shop:1", NEW)[:-40])
    assert ask("--after", str(home / "torn.json"), code=2)
    assert ask("--after", str(home / "none.json"), code=2)


def git(home: Path, *arguments: str) -> None:
    who = ["-c", "user.name=sam", "-c", "user.email=sam@shop.example"]
    subprocess.run(["git", *who, *arguments], cwd=home / "repo", check=True, capture_output=True)


def test_the_base_is_read_from_git(home: Path) -> None:
    (home / "repo" / "reports").mkdir(parents=True)
    report = home / "repo" / "reports" / "trivy.json"
    write(report, "shop:1", OLD)
    git(home, "init", "-q")
    git(home, "add", ".")
    git(home, "commit", "-qm", "one")
    write(report, "shop:1", NEW)
    assert told("--base", "HEAD", str(report), code=1)["new"] == 2
    assert told("--base", "HEAD", str(report.parent), code=1)["new"] == 2
    git(home, "add", ".")
    git(home, "commit", "-qm", "two")
    assert told("--base", "HEAD", str(report))["answer"] == "fine"
    assert told("--base", "HEAD~1", str(report), code=1)["new"] == 2
    assert "git cannot give" in ask("--base", "nowhere", str(report), code=2)
    assert "git cannot give" in ask("--base=--output=x", str(report), code=2)


@pytest.mark.parametrize(
    "wrong", [[], ["--base", "HEAD"], ["--before", "a.json"], ["a.json"], ["--base", "HEAD", "a.json", "--after", "b"]]
)
def test_nothing_to_compare(home: Path, wrong: list[str]) -> None:
    assert "Nothing to compare" in ask(*wrong, code=2)
