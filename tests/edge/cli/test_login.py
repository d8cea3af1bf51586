"""`detente login` as a person and an assistant's helper meet it, with a provider on a socket and a browser of one line."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from detente.edge.cli import app
from detente.edge.cli.login import saved
from detente.edge.clock import now
from detente.gateway import keys
from provider import Provider, provider

BROWSER = """#!{python}
import sys, urllib.request
urllib.request.urlopen(sys.argv[1]).read()
"""


@pytest.fixture
def issuer() -> Iterator[Provider]:
    with provider() as server:
        yield server


@pytest.fixture
def home(tmp_path: Path, issuer: Provider) -> Path:
    login = f"ai: {{gateway: {{login: {{issuer: '{issuer.issuer}', client: detente}}}}}}\n"
    (tmp_path / "accord.yaml").write_text(f"accord: 1\norganisation: A\ncurrency: EUR\n{login}")
    (tmp_path / "estate.yaml").write_text("squads: [{id: payments}]")
    browser = tmp_path / "browser"
    browser.write_text(BROWSER.format(python=sys.executable))
    browser.chmod(0o755)
    return tmp_path


@pytest.fixture(autouse=True)
def config(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    return home / "config" / "detente" / "login.json"


def run(home: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["login", *words, "--workspace", str(home)])


def test_a_person_signs_in_with_a_browser(home: Path, config: Path) -> None:
    command = [sys.executable, "-c", "from detente.edge.cli import main; main()", "login", "--workspace", str(home)]
    env = os.environ | {"BROWSER": f"{home / 'browser'} %s &"}
    done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "ann@acme.example, of squad payments" in done.stderr
    assert done.stdout == ""
    assert config.stat().st_mode & 0o777 == 0o600
    assert json.loads(config.read_text())["key"] not in done.stderr


def test_a_helper_prints_the_key_and_asks_nobody_while_it_lasts(home: Path, config: Path, issuer: Provider) -> None:
    issuer.pending, issuer.interval = 0, 0.001
    done = run(home, "--print", "--code", "--tool", "claude-code")
    assert done.exit_code == 0, done.stderr
    assert keys.whole(done.stdout.strip())
    assert "WDJB-MJHT" in done.stderr
    issuer.refusal = "access_denied"
    assert run(home, "--print", "--code").stdout == done.stdout
    config.unlink()
    refused = run(home, "--print", "--code")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "access_denied" in refused.stderr


def test_a_kept_key_is_given_out_while_it_lasts(tmp_path: Path) -> None:
    file, at = tmp_path / "login.json", now()
    for text, lasts, found in (("dk-1", timedelta(hours=1), "dk-1"), ("dk-1", timedelta(minutes=9), "")):
        file.write_text(json.dumps({"key": text, "expires": (at + lasts).isoformat()}))
        assert saved(file, at) == found
    for broken in ("", "[]", "{}", '{"key": 1, "expires": "soon"}'):
        file.write_text(broken)
        assert saved(file, at) == ""
    assert saved(tmp_path / "none", at) == ""
