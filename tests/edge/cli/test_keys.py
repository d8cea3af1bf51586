"""`detente gateway key` as people and scripts meet it."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from detente.edge.cli import app
from detente.gateway import keys


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "estate.yaml").write_text("squads: [{id: payments}]")
    return tmp_path


def run(workspace: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["gateway", "key", *words, "--workspace", str(workspace)])


def told(workspace: Path, *words: str) -> Any:
    done = run(workspace, *words, "--json")
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


def test_a_key_from_issue_to_withdrawal(workspace: Path) -> None:
    done = run(
        workspace, "issue", "--person", "ann@acme.example", "--squad", "payments", "--model", "gpt-*", "--lasts", "12h"
    )
    assert done.exit_code == 0
    assert keys.whole(done.stdout.strip())
    assert done.stdout.strip() not in done.stderr
    (first,) = told(workspace, "list")["keys"]
    assert first["name"] == keys.named(keys.digest(done.stdout.strip().encode()))
    assert (first["state"], first["tenant"], first["models"]) == ("live", "default", ["gpt-*"])
    second = told(workspace, "rotate", first["name"][:6], "--overlap", "1h", "--by", "eve")
    assert (second["person"], second["family"], second["issuer"]) == ("ann@acme.example", first["name"], "eve")
    assert told(workspace, "withdraw", second["name"], "--reason", "lost")["state"] == "withdrawn"
    assert [one["state"] for one in told(workspace, "list")["keys"]] == ["live", "withdrawn"]
    listing = run(workspace, "list").stdout
    assert "ann@acme.example" in listing
    assert second["key"] not in listing


@pytest.mark.parametrize(
    "words, says",
    [
        (("issue", "--squad", "paymants"), "paymants is no squad of the estate (payments)"),
        (("issue", "--lasts", "400d"), "it must end within 366 days"),
        (("issue", "--lasts", "soon"), "--lasts cannot be read"),
        (("withdraw", "k-0"), "0 keys have a name that begins with 'k-0'"),
        (("rotate", "k-0"), "0 keys have a name that begins with 'k-0'"),
    ],
)
def test_a_mistake_is_told(workspace: Path, words: tuple[str, ...], says: str) -> None:
    done = run(workspace, *words)
    assert done.exit_code == 2
    assert says in done.stderr
    assert told(workspace, "list")["keys"] == []


def test_what_counts_no_more_is_not_rotated(workspace: Path) -> None:
    name = told(workspace, "issue")["name"]
    told(workspace, "withdraw", name)
    done = run(workspace, "rotate", name)
    assert done.exit_code == 2
    assert f"{name} counts no more" in done.stderr
