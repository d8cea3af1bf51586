"""`detente demo`: the story as people read it, once on a small company; then what a second run and a foreign folder do."""

import json
import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from detente.edge.cli import app

run = CliRunner(env={"DETENTE_DATABASE_URL": None, "DETENTE_HOME": None})


def demo(folder: Path, *more: str):
    """The verb on a folder."""
    return run.invoke(app, ["demo", "--workspace", str(folder), "--scale", "0.05", *more])


@pytest.fixture(scope="session")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The sample's workspace and the story, told once."""
    folder = tmp_path_factory.mktemp("demo") / "sample"
    result = demo(folder, "--no-serve")
    assert result.exit_code == 0, result.output
    return folder, result.stdout


def lasting(story: str) -> str:
    """The story without the placeholders, which each run makes with a key of its own."""
    return re.sub("DETENTE_SECRET_[A-Z2-7]{16}", "DETENTE_SECRET", story)


def flowing(story: str) -> str:
    """The story without its line breaks."""
    return " ".join(story.replace("\u202f", "").split())


def rows(story: str) -> dict[str, list[int]]:
    """The table of what came in: reports, results, findings, merged, quarantined by format."""
    lines = (line.replace("\u202f", "").split() for line in story.splitlines())
    return {
        cells[0]: [int(cell) for cell in cells[1:]]
        for cells in lines
        if len(cells) == 6 and all(cell.isdigit() for cell in cells[1:])
    }


def test_nothing_is_lost(shown):
    table = rows(shown[1])
    assert len(table) == 15  # fourteen formats and their sum
    assert [sum(column) for column in zip(*(table[name] for name in table if name != "all"), strict=True)] == table[
        "all"
    ]
    for _, results, findings, merged, quarantined in table.values():
        assert results == findings + merged + quarantined
    assert table["all"][4] == 2


def test_the_story_has_its_chapters(shown):
    chapters = re.findall(r"^\d+\. (.+)$", shown[1], re.MULTILINE)
    assert chapters == [
        "What came in",
        "What it comes down to",
        "What waiting costs",
        "What matters",
        "Why the first one is first",
        "A rollout that went wrong",
        "What ships when",
        "What else could be had",
        "May it ship?",
        "An assistant, safely",
        "The record",
        "Try next",
    ]


@pytest.mark.parametrize(
    "line",
    [
        r"Pebblewick Stores, a made-up shop: 4 squads, 12 services\.",
        r"Quarantined from trivy-tracking-api\.json: Input data was truncated\.",
        r"Quarantined from pentest\.csv: missing 'title'\.",
        r"1 asset belongs to nobody: \d+ findings, [\d.]+ EUR a month",
        r"The accord is in force: both officers signed its prices\.",
        r"the accord states 1\.9%",
        r"EPSS by FIRST\.org, https://www\.first\.org/epss\.",
        r"The sample's intelligence is old",
        r"- upgrade org\.apache\.logging\.log4j:log4j-core to 2\.17\.\d on checkout [\d.]+ EUR a month, payments with Jonas Weil, overdue since 2021-12-24",
        r"Remote disclosure in NetScaler ADC and Gateway on edge-gateway [\d.]+ EUR a month, platform with Amira Saleh",
        r"CVE-2021-44228: known exploited, automatable, total impact: 1\.00 % a month \(in KEV since 2021-12-10\)",
        r"Rolled back: the canary fails more often than its control group: 13 of 1,200 requests failed on the canary",
        r"a lib_minor is now expected to break in 8\.6% of rollouts",
        r"fixes will ship within 90 days, \d+ of them before their clock ends",
        r"\d+ releases, \d+ minutes of outage expected\. Proven: no plan is more than [\d.]+% cheaper",
        r" 3\* █+.? [\d.]+ EUR \d+ min █+.? [\d.]+ EUR .*CVSS first █",
        r"deny: a feature on checkout, asked \w+ \d\d \w+ 1[23]:00 change\.budgets\.risk_spent: \d+ open criticals",
        r"wait-until \w+ \d\d \w+ \d\d:\d\d: the same fix in the next freeze, .* change\.freeze\[\d\]: frozen",
        r"allow: taking a release back in that freeze, .* rollback: rolling back is always allowed",
        r"model saw Repeat this: postgresql://orders:DETENTE_SECRET_[A-Z2-7]{16}@db\.internal:5432/orders came back postgresql://orders:vK9x2Lq8rT4z@db",
        r"model saw nothing came back Détente stopped this prompt; nothing of it was sent to the model\. - Found: personal data \(rule iban\)",
        r"\d+ entries, every one as it was written\. Root [0-9a-f]{16}\.\.\.",
    ],
)
def test_the_story_says(shown, line):
    assert re.search(line, flowing(shown[1])), shown[1]


def test_a_signed_statement_closes_log4shell_on_one_image(shown):
    queue = json.loads(run.invoke(app, ["queue", "--all", "--workspace", str(shown[0]), "--json"]).stdout)
    places = {
        one["asset"] for fix in queue["queue"] for one in fix["findings"] if one["vulnerability"] == "CVE-2021-44228"
    }
    assert "image:registry.pebblewick.example/checkout/api:prod" in places
    assert "image:registry.pebblewick.example/search/api:prod" not in places


def test_again_changes_nothing(shown):
    folder, story = shown
    before = (folder / "accord.yaml").read_bytes()
    again = demo(folder, "--no-serve")
    assert again.exit_code == 0
    assert lasting(again.stdout) == lasting(story)
    assert (folder / "accord.yaml").read_bytes() == before


def test_again_prices_alike_without_what_was_derived(shown):
    folder, story = shown
    for kept in (folder / "derived", folder / "intel" / "scored"):
        shutil.rmtree(kept)
    assert lasting(demo(folder, "--no-serve").stdout) == lasting(story)


def test_without_no_serve_it_says_what_is_missing(shown):
    result = demo(shown[0])
    assert result.exit_code == 0
    assert "The web app is not part of this version yet" in result.stderr


def test_the_verbs_answer_on_it(shown):
    folder = str(shown[0])
    queue = json.loads(run.invoke(app, ["queue", "--workspace", folder, "--json"]).stdout)
    assert queue["accord"] == "in force"
    assert queue["queue"][0]["component"] == "pkg:maven/org.apache.logging.log4j/log4j-core"
    assert run.invoke(app, ["accord", "verify", "--workspace", folder]).exit_code == 0
    assert run.invoke(app, ["ledger", "verify", "--workspace", folder]).exit_code == 0


def test_no_private_key_is_left(shown):
    assert not [path for path in shown[0].rglob("*") if path.is_file() and b"PRIVATE KEY" in path.read_bytes()]


def test_a_workspace_that_is_no_sample_is_left_alone(tmp_path):
    (tmp_path / "accord.yaml").write_text("accord: 1\n")
    result = demo(tmp_path)
    assert result.exit_code == 2
    assert "is not a workspace of the sample" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["accord.yaml"]


def test_a_broken_marker_is_told(tmp_path):
    (tmp_path / "sample.json").write_text("{}")
    result = demo(tmp_path)
    assert result.exit_code == 2
    assert "sample.json cannot be read" in result.stderr
