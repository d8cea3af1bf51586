"""`detente ledger` as its users see it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from typer.testing import CliRunner, Result

from detente.edge.cli.ledger import app
from detente.model.errors import DetenteError
from detente.store.ledger import Entry, append

NOW = datetime(2026, 11, 25, 14, 59, tzinfo=UTC)
Run = Callable[..., Result]


@pytest.fixture
def run(database: Engine, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `detente ledger ...` on a database with three entries."""
    with database.begin() as connection:
        append(connection, [Entry("decision", f"fix:{n}", {"answer": "é"}) for n in range(3)], NOW)
    monkeypatch.setenv("DETENTE_DATABASE_URL", database_url)
    monkeypatch.setenv("DETENTE_HOME", str(tmp_path))
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


def tamper(engine: Engine, change: str) -> None:
    """Change the ledger as someone who owns the database could."""
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        else:
            connection.execute(text("DROP TRIGGER ledger_no_delete"))
        connection.execute(text(change))


def test_verify_a_whole_ledger(run: Run) -> None:
    result = run("verify")
    assert (result.exit_code, result.stdout[:34]) == (0, "3 entries, every one as it was wri")
    found = json.loads(run("verify", "--json").stdout)
    assert (found["entries"], found["tampered"], found["first_bad"], found["what"]) == (3, False, None, None)
    assert found["root"] in result.stdout


def test_verify_finds_a_deleted_entry(run: Run, database: Engine) -> None:
    tamper(database, "DELETE FROM ledger WHERE seq = 2")
    result = run("verify")
    assert (result.exit_code, "entry 2 is missing" in result.stdout) == (1, True)
    found = run("verify", "--json")
    assert (found.exit_code, json.loads(found.stdout)["first_bad"]) == (1, 2)


def test_verify_finds_a_missing_end_by_a_checkpoint(run: Run, database: Engine, tmp_path: Path) -> None:
    kept = tmp_path / "checkpoint"
    assert run("export", "--checkpoint", kept).exit_code == 0
    assert run("verify", "--checkpoint", kept).exit_code == 0
    tamper(database, "DELETE FROM ledger WHERE seq = 3")
    assert run("verify").exit_code == 0
    result = run("verify", "--checkpoint", kept)
    assert (result.exit_code, "the end is missing" in result.stdout) == (1, True)


def test_show_pages_and_filters(run: Run) -> None:
    first = json.loads(run("show", "--limit", 2, "--json").stdout)
    assert ([entry["seq"] for entry in first["entries"]], first["next"]) == ([1, 2], 2)
    second = json.loads(run("show", "--limit", 2, "--after", first["next"], "--json").stdout)
    assert second["next"] is None
    assert second["entries"][0] == {
        "seq": 3,
        "at": "2026-11-25T14:59:00Z",
        "kind": "decision",
        "subject": "fix:2",
        "body": {"answer": "é"},
        "leaf": second["entries"][0]["leaf"],
    }
    assert [e["seq"] for e in json.loads(run("show", "--subject", "fix:1", "--json").stdout)["entries"]] == [2]
    assert json.loads(run("show", "--kind", "none", "--json").stdout) == {"entries": [], "next": None}


def test_show_for_people(run: Run) -> None:
    result = run("show", "--limit", 1)
    assert result.stdout == "       1  2026-11-25 14:59:00Z  decision  fix:0\n"
    assert result.stderr == "More with --after 1\n"


def test_an_export_can_be_checked_without_us(run: Run, tmp_path: Path) -> None:
    lines, kept = tmp_path / "lines", tmp_path / "checkpoint"
    found = json.loads(run("export", "--output", lines, "--checkpoint", kept, "--json").stdout)
    link, leaves = bytes(32), []
    for line in lines.read_bytes().splitlines():
        link = sha256(b"\0" + link + line).digest()
        leaves.append(link)
    left = sha256(b"\1" + leaves[0] + leaves[1]).digest()
    assert found["root"] == sha256(b"\1" + left + leaves[2]).hexdigest()
    assert found["head"] == link.hex()
    assert kept.read_text().splitlines()[:2] == ["detente ledger", "3"]


def test_an_export_to_standard_output(run: Run) -> None:
    result = run("export")
    assert [json.loads(line)["subject"] for line in result.stdout.splitlines()] == ["fix:0", "fix:1", "fix:2"]


def test_an_export_stops_where_the_record_does(run: Run, database: Engine, tmp_path: Path) -> None:
    tamper(database, "DELETE FROM ledger WHERE seq = 2")
    lines, kept = tmp_path / "lines", tmp_path / "checkpoint"
    result = run("export", "--output", lines, "--checkpoint", kept)
    assert (result.exit_code, len(lines.read_bytes().splitlines()), kept.exists()) == (1, 1, False)
    assert "entry 2 is missing" in result.stderr


@pytest.mark.parametrize(
    "words",
    [("verify", "--checkpoint", "nowhere"), ("export", "--output", "no/folder"), ("verify", "--checkpoint", "bad")],
)
def test_files_that_cannot_be_used(run: Run, tmp_path: Path, words: tuple[str, str, str]) -> None:
    (tmp_path / "bad").write_bytes(b"\xff")
    result = run(*words[:2], tmp_path / words[2])
    assert isinstance(result.exception, DetenteError)
    assert result.exception.code == "file"


@pytest.mark.parametrize("words", [("show", "--limit", "0"), ("show", "--after", "-1"), ("export", "--json"), ("x",)])
def test_bad_usage(run: Run, words: tuple[str, ...]) -> None:
    assert run(*words).exit_code == 2
