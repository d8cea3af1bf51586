"""The files that pipelines use: the script against the real gate, the others by what they call."""

import json
import os
import shlex
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
import typer
import yaml

from detente.edge.cli import app
from detente.edge.clock import now
from detente.store.database import open_database
from officers import shop

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
VERB = typer.main.get_command(app).commands["gate"]  # type: ignore[attr-defined]  # a group's commands
FLAGS = {flag for option in VERB.params for flag in option.opts}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    shop(folder, open_database(folder))
    text = (folder / "accord.yaml").read_text().replace("freeze: [{every: friday}]", "freeze: []")
    (folder / "accord.yaml").write_text(text)
    return folder


def run(home: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = (
        os.environ | {"PATH": path, "DETENTE_HOME": str(home), "DETENTE_ANSWER": str(home / "gate.json")} | more
    )
    return subprocess.run(
        [DEPLOY / "gate.sh", *arguments], env=environment, capture_output=True, text=True, check=False
    )


def test_the_script_goes_on_and_keeps_the_answer(home: Path) -> None:
    done = run(home, "wiki", "--change", "c-1")
    assert done.returncode == 0, done.stderr
    assert json.loads((home / "gate.json").read_text())["answer"] == "allow"


def test_the_script_stops_where_the_gate_says_so(home: Path) -> None:
    day = now().date()
    text = f"freeze: [{{name: Fair, from: {day - timedelta(days=1)}, to: {day + timedelta(days=2)}}}]"
    accord = home / "accord.yaml"
    accord.write_text(accord.read_text().replace("freeze: []", text))
    assert run(home, "wiki", DETENTE_ON_FAILURE="open").returncode == 1


@pytest.mark.parametrize(("policy", "code"), [("closed", 2), ("open", 0)])
def test_no_answer_follows_the_policy(home: Path, policy: str, code: int) -> None:
    done = run(home, "nowhere", DETENTE_ON_FAILURE=policy)
    assert (done.returncode, f"the policy of this tier is {policy}" in done.stderr) == (code, True)


@pytest.mark.parametrize(
    ("schema", "file"),
    [("vendor.github-actions", "github/action.yml"), ("vendor.gitlab-ci", "gitlab/gate.gitlab-ci.yml")],
)
def test_the_makers_of_the_pipelines_would_take_the_files(schema: str, file: str) -> None:
    run = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, DEPLOY / file]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("file", ["github/action.yml", "gitlab/gate.gitlab-ci.yml"])
def test_the_example_above_a_file_is_yaml(file: str) -> None:
    lines = (DEPLOY / file).read_text().splitlines()
    example = [line.removeprefix("#   ") for line in lines if line.startswith("#   ")]
    assert yaml.safe_load("\n".join(example))


def test_every_file_calls_the_gate_with_options_it_has() -> None:
    action = yaml.safe_load((DEPLOY / "github" / "action.yml").read_text())
    gitlab = yaml.safe_load((DEPLOY / "gitlab" / "gate.gitlab-ci.yml").read_text())
    argo = yaml.safe_load((DEPLOY / "argocd" / "presync.yaml").read_text())
    step = action["runs"]["steps"][0]
    called = [shlex.split(step["run"].splitlines()[-1]), shlex.split(gitlab[".detente-gate"]["script"][0])]
    called.append(argo["spec"]["template"]["spec"]["containers"][0]["command"])
    for words in called:
        assert words[0] in ("$GATE", "gate.sh")
        assert {word for word in words if word.startswith("--")} <= FLAGS
    assert "${{" not in step["run"]  # text from outside never becomes part of a script


def test_the_page_shows_what_the_makers_of_the_pipelines_would_take(tmp_path: Path) -> None:
    page = (DEPLOY.parent / "docs" / "gate.md").read_text()
    github, gitlab = (block.split("```")[0] for block in page.split("```yaml\n")[1:3])
    (tmp_path / "workflow.yml").write_text(f"on: push\n{github}")
    (tmp_path / "gitlab-ci.yml").write_text(gitlab)
    for schema, name in (("vendor.github-workflows", "workflow.yml"), ("vendor.gitlab-ci", "gitlab-ci.yml")):
        run = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, tmp_path / name]
        done = subprocess.run(run, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout
    action = yaml.safe_load((DEPLOY / "github" / "action.yml").read_text())
    step = yaml.safe_load(github)["jobs"]["deploy"]["steps"][1]
    assert set(step["with"]) <= set(action["inputs"])


def test_the_image_holds_what_the_files_ask_of_it() -> None:
    image = (DEPLOY / "Dockerfile").read_text().splitlines()
    copied = [word for line in image if line.startswith("COPY") for word in line.split()[1:-1] if word[0] != "-"]
    assert all((DEPLOY.parent / name).exists() for name in copied)
    assert "deploy/gate.sh" in copied
    argo = yaml.safe_load((DEPLOY / "argocd" / "presync.yaml").read_text())
    assert f"USER {argo['spec']['template']['spec']['securityContext']['runAsUser']}" in image
