"""`detente gateway log` as people and scripts meet it."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs
from typer.testing import CliRunner, Result

from detente.edge.cli import app
from detente.flows.record import Recorder
from detente.flows.shipping import FOLDER
from detente.flows.tenancy import secret
from detente.flows.workspace import open_workspace
from detente.gateway.lines import fingerprints
from detente.gateway.record import Course
from detente.store.journal import Journal
from gateway.callers import caller, record

AT = 1_795_608_000.0


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """Two exchanges, of which no gateway is left to bring them in."""
    journal = Journal(tmp_path / FOLDER, "one")
    for number, model in enumerate(("m-1", "m-2")):
        entry, found = (
            Recorder(journal).open(caller(), AT + number),
            record(b'{"model":"%b","messages":[]}' % model.encode()),
        )
        entry.leaves(found)
        entry.ends(found, None, Course(200, 0.5, 0.1, "main"))
    journal.close()
    return tmp_path


def run(workspace: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["gateway", "log", *words, "--workspace", str(workspace)])


def told(workspace: Path, *words: str) -> Any:
    done = run(workspace, *words, "--json")
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


def test_a_table_of_who_asked_what(workspace: Path) -> None:
    head, second, first = run(workspace).stdout.splitlines()
    assert head.split() == ["ID", "WHEN", "(UTC)", "OUTCOME", "WHO", "TOOL", "MODEL", "TOKENS", "MS", "COST", "FOUND"]
    assert second.split()[3:] == ["passed", "ann@acme.example", "claude-code", "m-2", "-", "500", "-"]
    assert first.split()[-4] == "m-1"


def test_pages_follow_one_another(workspace: Path) -> None:
    page = told(workspace, "--limit", "1")
    assert [one["model"] for one in page["exchanges"]] == ["m-2"]
    rest = told(workspace, "--before", page["next"], "--limit", "2")
    assert [one["model"] for one in rest["exchanges"]] == ["m-1"]
    assert rest["next"] is None
    assert f"--before {page['next']}" in run(workspace, "--limit", "1").stderr


def test_filters_that_nothing_meets(workspace: Path) -> None:
    for words in (("--person", "eve"), ("--tool", "cursor"), ("--since", "2126-01-01"), ("--outcome", "cut")):
        assert told(workspace, *words) == {"exchanges": [], "next": None}
    assert run(workspace, "--key", "k-2").stderr == "No exchange is recorded.\n"


def test_events_for_a_siem_are_lines_in_order_of_time(workspace: Path) -> None:
    first, second = map(json.loads, run(workspace, "--ocsf").stdout.splitlines())
    assert (first["class_uid"], first["ai_model"]["name"], second["ai_model"]["name"]) == (6003, "m-1", "m-2")
    assert first["time"] < second["time"]


def test_one_record_whole(workspace: Path) -> None:
    name = told(workspace)["exchanges"][0]["id"]
    shown = told(workspace, "show", name)
    assert (shown["id"], shown["ledger"], shown["took_ms"]) == (name, 1, 500)
    assert "outcome     passed" in run(workspace, "show", name).stdout
    done = run(workspace, "show", name, "--reveal")
    assert (done.exit_code, "were never kept" in done.stderr) == (2, True)
    assert "No record has an id that begins with 'x-f'" in run(workspace, "show", "x-f").stderr


def test_what_is_over_goes(workspace: Path) -> None:
    assert told(workspace, "prune") == {"records": 0, "texts": 0}
    assert "0 records" in run(workspace, "prune").stdout


def test_lines_of_a_file_that_a_model_wrote(workspace: Path, tmp_path: Path) -> None:
    key = secret(open_workspace(workspace), "acme", datetime.fromtimestamp(AT, UTC))
    journal = Journal(workspace / FOLDER, "two")
    made = structs.replace(
        record(b'{"model":"m-3","messages":[]}'), lines=fingerprints([b"total = sum(prices)\nprint(total)"], key)
    )
    entry = Recorder(journal).open(replace(caller(), key=key), AT + 9)
    entry.leaves(made)
    entry.ends(made, None, Course(200, 0.5, 0.1, "main"))
    journal.close()
    file = tmp_path / "shop.py"
    file.write_text("import os\nif os:\n    total = sum(prices)\n    print(total)\n")
    done = run(workspace, "made", str(file))
    assert done.stdout.split() == ["3-4", entry.id, "2026-11-25", *done.stdout.split()[3:4], "m-3", "ann@acme.example"]
    assert done.stderr == f"2 lines of {file} stood in an answer.\n"
    assert told(workspace, "made", str(file))["lines"] == [[3, entry.id], [4, entry.id]]
    assert told(workspace, "show", entry.id)["lines"] == 2
    assert "No file, folder or glob of that name exists" in run(workspace, "made", "away.py").stderr
