"""`detente inspect` and `detente gateway learn` as people and hooks call them."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from detente.edge.cli import app

SECRET = "tR8kz" + "2Lq"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DETENTE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.env").write_text(f"USER=x\nDB_PASSWORD={SECRET}\n")
    (tmp_path / "clean.txt").write_text("all is well\n")
    return tmp_path


def run(*arguments: str, text: str = "") -> Result:
    return CliRunner().invoke(app, list(arguments), input=text)


def test_json(home: Path) -> None:
    done = run("inspect", "a.env", "clean.txt", "--json")
    answer: Any = json.loads(done.stdout)
    assert done.exit_code == 1
    assert answer["verdict"] == "redact"
    hit = answer["hits"][0]
    assert set(hit) == {"kind", "rule", "file", "line", "start", "end", "confidence", "action"}
    assert (hit["file"], hit["line"], hit["kind"], hit["action"]) == ("a.env", 2, "secrets", "redact")
    assert SECRET not in done.output


def test_a_clean_file_is_allowed(home: Path) -> None:
    done = run("inspect", "clean.txt", "--json")
    assert (done.exit_code, json.loads(done.stdout)) == (0, {"verdict": "allow", "hits": []})


def test_standard_input_and_text(home: Path) -> None:
    done = run("inspect", "-", text=f"\npassword: {SECRET}\n")
    assert done.exit_code == 1
    assert done.stdout.startswith("-:2:assigned-secret  redact")
    assert "rotate it" in done.stderr
    assert SECRET not in done.output


def test_sarif(home: Path) -> None:
    done = run("inspect", "a.env", "--sarif")
    result = json.loads(done.stdout)["runs"][0]["results"][0]
    assert (result["ruleId"], result["level"]) == ("assigned-secret", "error")
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 2, "byteOffset": 19, "byteLength": 8}


def test_sarif_of_an_odd_name_is_a_reference(home: Path) -> None:
    (home / "a env: x.env").write_text(f"DB_PASSWORD={SECRET}\n")
    log = json.loads(run("inspect", "a env: x.env", "clean.txt", "--sarif").stdout)
    (result,) = log["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "./a%20env:%20x.env"
    assert log["runs"][0]["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    assert set(log) == {"$schema", "version", "runs"}


def test_errors_say_what_to_do(home: Path) -> None:
    assert run("inspect", "none").exit_code == 2
    (home / "odd.yaml").write_text("rules: [{id: a, pattern: '('}]")
    done = run("inspect", "clean.txt", "--rules", "odd.yaml")
    assert done.exit_code == 2
    assert "The rules of odd.yaml, rule a cannot be used" in done.stderr


def test_learn(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "public").mkdir()
    monkeypatch.setattr("sysconfig.get_path", lambda name: "public")
    (home / "engine").mkdir()
    (home / "engine" / "a.py").write_text(
        "".join(f"def f{n}(a, b):\n    return a.x{n} + b[{n}] * a.y{n}\n" for n in range(30))
    )
    done = run("gateway", "learn", "engine", "--json")
    assert json.loads(done.stdout)["files"] == 1
    (home / "wheel").mkdir()
    assert json.loads(run("gateway", "learn", "wheel", "--json").stdout)["repos"] == [
        "internal/engine",
        "internal/wheel",
    ]
    jewel = run("gateway", "learn", "engine", "--label", "crown_jewels", "--json")
    assert json.loads(jewel.stdout)["repos"] == ["internal/wheel", "crown_jewels/engine"]
    assert run("gateway", "learn", "engine").stdout.startswith("1 files, 0.0 MB; the index: ")
    assert json.loads(run("inspect", "engine", "--json").stdout)["verdict"] == "allow", "internal code may be sent"


def test_the_hook_names_a_verb() -> None:
    hooks = yaml.safe_load((Path(__file__).parents[3] / ".pre-commit-hooks.yaml").read_text())
    assert [hook["entry"].split()[1] for hook in hooks] == ["inspect"]
    assert "inspect" in {command.callback.__name__ for command in app.registered_commands if command.callback}
