"""`detente gate` and `detente rollout` as pipelines meet them."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from detente.edge.cli import app
from detente.edge.clock import now
from detente.store.database import open_database
from officers import KEYS, shop

RUNNER = CliRunner()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A shop without freezes, so that the day on which the tests run does not matter."""
    monkeypatch.setenv("DETENTE_HOME", str(tmp_path / "shop"))
    shop(tmp_path / "shop", open_database(tmp_path / "shop"))
    freeze(tmp_path / "shop", "freeze: []")
    return tmp_path / "shop"


def freeze(home: Path, text: str) -> None:
    path = home / "accord.yaml"
    found = path.read_text()
    path.write_text(found.replace(next(line for line in found.splitlines() if "freeze" in line).strip(), text))


def always(home: Path) -> None:
    day = now().date()
    freeze(home, f"freeze: [{{name: Fair, from: {day - timedelta(days=1)}, to: {day + timedelta(days=2)}}}]")


def ask(*arguments: str, code: int = 0) -> str:
    """Standard output of a command that must end with `code`; with code 2 what standard error says."""
    result = RUNNER.invoke(app, list(arguments))
    assert result.exit_code == code, result.output
    return result.stderr if code == 2 else result.stdout


def told(*arguments: str, code: int = 0) -> dict[str, Any]:
    found = json.loads(ask(*arguments, "--json", code=code))
    assert isinstance(found, dict)
    return found


def test_an_answer_in_the_shape_of_the_contract(home: Path) -> None:
    found = told("gate", "wiki", "--change", "c-1", "--kind", "fix")
    assert set(found) >= {"answer", "until", "conditions", "reasons", "expires", "signature", "id", "link"}
    assert (found["answer"], found["kind"], found["change"]) == ("allow", "fix", "c-1")
    assert ask("gate", "wiki").startswith("wiki: allow (asked ")


def test_a_freeze_is_exit_code_1_and_a_rollback_is_not(home: Path) -> None:
    always(home)
    found = told("gate", "wiki", code=1)
    assert found["answer"] == "wait-until"
    assert datetime.fromisoformat(found["until"]) > now()
    assert found["reasons"] == [{"rule": "change.freeze[0]", "fact": "frozen: Fair", "source": "the accord"}]
    assert told("gate", "wiki", "--rollback")["answer"] == "allow"


def test_the_end_of_one_freeze_is_no_time_to_come_back_when_another_begins(home: Path) -> None:
    today, days = now().date(), ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    three = [days[(today.weekday() + number) % 7] for number in range(3)]
    freeze(home, f"freeze: [{', '.join(f'{{every: {day}}}' for day in three)}]")
    until = datetime.fromisoformat(told("gate", "wiki", code=1)["until"])
    assert until.date() == today + timedelta(days=3)
    freeze(home, f"freeze: [{', '.join(f'{{every: {day}}}' for day in days)}]")
    never = told("gate", "wiki", code=1)
    assert (never["answer"], never["until"]) == ("deny", None)
    assert "leave it no moment within a year: shorten a freeze, widen a window" in never["reasons"][0]["fact"]
    assert told("gate", "wiki", "--rollback")["answer"] == "allow"


def test_a_kept_answer_is_verified(home: Path, tmp_path: Path) -> None:
    kept = tmp_path / "answer.json"
    kept.write_text(ask("gate", "wiki", "--json"))
    assert told("gate", "--verify", str(kept))["service"] == "wiki"
    asked = datetime.fromisoformat(json.loads(kept.read_text())["asked"])
    deploy, later = (f"{asked + timedelta(minutes=much):%Y-%m-%dT%H:%M}" for much in (10, 20))
    assert told("gate", "--verify", str(kept), "--at", deploy)["answer"] == "allow"
    assert "it expired at" in ask("gate", "--verify", str(kept), "--at", later, code=2)
    kept.write_text(kept.read_text().replace('"wiki"', '"checkout"'))
    assert "does not fit the text" in ask("gate", "--verify", str(kept), code=2)
    assert "cannot be read" in ask("gate", "--verify", str(tmp_path / "none"), code=2)


def test_the_line_is_stopped_with_a_reason_and_goes_on(home: Path) -> None:
    assert "No reason was given" in ask("gate", "wiki", "--stop", code=2)
    assert told("gate", "all", "--stop", "--reason", "incident 7")["stopped"] is True
    assert "incident 7" in told("gate", "wiki", code=1)["reasons"][0]["fact"]
    ask("gate", "all", "--resume", "--reason", "it is over")
    assert told("gate", "wiki")["answer"] == "allow"


def test_two_officers_override_a_freeze(home: Path, tmp_path: Path) -> None:
    always(home)
    for role, key in KEYS.items():
        (tmp_path / role).write_bytes(key)
    until = (now() + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M")
    name = told("gate", "wiki", "--change", "c-1", "--override", until, "--reason", "KEV")["override"]
    assert told("gate", "--sign", name, "--key", str(tmp_path / "cio"))["missing"] == ["ciso"]
    assert "has already signed" in ask("gate", "--sign", name, "--key", str(tmp_path / "cio"), code=2)
    assert "does not name this key" in ask("gate", "--sign", name, "--key", str(tmp_path / "stranger"), code=2)
    assert told("gate", "wiki", "--change", "c-1", code=1)["answer"] == "wait-until"
    assert told("gate", "--sign", name, "--key", str(tmp_path / "ciso"))["missing"] == []
    assert told("gate", "wiki", "--change", "c-1")["answer"] == "allow-with-conditions"


def test_questions_that_cannot_be_answered(home: Path) -> None:
    assert "No service is called 'wikki'" in ask("gate", "wikki", code=2)
    assert "No service was named" in ask("gate", code=2)
    assert "No service is called" in ask("gate", "wikki", "--stop", "--reason", "x", code=2)


def start(*more: str) -> str:
    return str(told("rollout", "start", "wiki", "--change", "c-1", "--kind", "lib_minor", *more)["rollout"])


def test_settings_that_could_not_go_back_start_nothing(home: Path, tmp_path: Path) -> None:
    (tmp_path / "rollout.yaml").write_text("executor: {command: {deploy: [./deploy.sh]}}")
    words = ("rollout", "start", "wiki", "--change", "c-1", "--with", str(tmp_path / "rollout.yaml"))
    assert "Give `rollback` as a list of words" in ask(*words, code=2)
    assert told("rollout", "status")["rollouts"] == []


def test_counts_that_show_a_fault_roll_back(home: Path) -> None:
    name = start("--from", "canary")
    found = told("rollout", "observe", name, "--canary", "3000,40", "--control", "27000,54")
    assert (found["state"], found["verdict"]) == ("rolled back", "unhealthy")
    assert "the canary fails more often" in ask("rollout", "status", name, code=1)
    assert told("rollout", "status")["rollouts"][0]["state"] == "rolled back"
    assert told("rollout", "odds", "lib_minor")["broke"] == 1
    assert "1 of 1 of yours broke" in ask("rollout", "odds", "lib_minor")


def test_what_is_inconclusive_says_how_much_it_takes(home: Path) -> None:
    name = start("--from", "canary")
    found = told("rollout", "observe", name, "--canary", "300,1", "--control", "2700,5")
    assert (found["verdict"], found["state"]) == ("inconclusive", "running")
    assert found["needed"] > 1000
    assert "more canary requests" in ask("rollout", "status", name)


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        ["--canary", "1,0"],
        ["--canary", "1,2", "--control", "3,0"],
        ["--canary", "NaN,0", "--control", "3,0"],
        ["--canary", "1", "--control", "3,0"],
        ["--canary", "1,0", "--control", "3,0", "--passed"],
    ],
)
def test_counts_that_are_none(home: Path, wrong: list[str]) -> None:
    name = start()
    assert ask("rollout", "observe", name, *wrong, code=2)
    assert told("rollout", "status", name)["counts"] == {"canary": [0, 0], "control": [0, 0]}


def test_programs_look_and_act(home: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    act = ["sh", "-c", f"echo $DETENTE_ACTION $DETENTE_STAGE >> {log}"]
    settings = {"health": {"command": {"run": ["false"]}}, "executor": {"command": {"deploy": act, "rollback": act}}}
    (tmp_path / "with.yaml").write_text(yaml.safe_dump(settings))
    name = start("--with", str(tmp_path / "with.yaml"))
    assert told("rollout", "watch", name, "--once", code=1)["state"] == "rolled back"
    assert log.read_text() == "deploy test\nrollback test\n"


def test_settings_that_are_not_understood(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "with.yaml"
    for text in ("[]", "executer: {}", "executor: {ftp: {}}", "health: [", "health: prometheus"):
        path.write_text(text)
        assert ask("rollout", "start", "wiki", "--change", "c-1", "--with", str(path), code=2)
    assert told("rollout", "status") == {"rollouts": []}


def test_a_rollback_by_hand_and_giving_up(home: Path) -> None:
    name = start()
    assert told("rollout", "rollback", name, "--reason", "slow", "--not-its-fault")["state"] == "rolled back"
    assert told("rollout", "odds", "lib_minor")["prior"] is True
    assert told("rollout", "abort", start(), "--reason", "not needed")["state"] == "aborted"
    assert "cannot be rolled back" in ask("rollout", "rollback", name, "--reason", "again", code=2)


def test_uptime_is_pushed_or_refused(home: Path) -> None:
    found = told("rollout", "observe", "checkout", "--slo", "99950,100000")
    assert (found["level"], found["left"]) == ("left", pytest.approx(0.5))
    assert "50% of the budget left" in ask("rollout", "observe", "checkout", "--slo", "0,0")
    for wrong in ("5,4", "NaN,1", "7"):
        assert "no part of a total" in ask("rollout", "observe", "checkout", "--slo", wrong, code=2)
    assert "has no `slo`" in ask("rollout", "observe", "checkout", "--slo", "prometheus", code=2)
