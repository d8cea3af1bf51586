"""`detente accord` and `detente init` as people and scripts meet them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from typer.testing import CliRunner

from detente.accord import signatures
from detente.edge.cli.accord import app as accord
from detente.edge.cli.init import init
from detente.model.errors import DetenteError

app = typer.Typer()
app.add_typer(accord, name="accord")
app.command()(init)
RUNNER = CliRunner()


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DETENTE_HOME", str(tmp_path / "ws"))
    assert RUNNER.invoke(app, ["init"]).exit_code == 0
    return tmp_path / "ws"


def ask(*arguments: str, code: int = 0, given: str = "") -> str:
    """Standard output of a verb that must end with `code`; with code 2 what standard error says."""
    result = RUNNER.invoke(app, ["accord", *arguments], input=given)
    assert result.exit_code == code, result.output
    return result.stderr if code == 2 and not result.stdout else result.stdout


def make_key(path: Path, passphrase: str = "") -> str:
    lock = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
    path.write_bytes(Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, lock))
    return signatures.public(path.read_bytes(), passphrase.encode() or None)


def name_parties(workspace: Path, **lines: str) -> None:
    path = workspace / "accord.yaml"
    text = path.read_text("utf-8")
    for role, line in lines.items():
        text = text.replace(f"ssh-ed25519 AAAA... {role}\n", line + "\n")
    path.write_text(text, "utf-8")


def test_init_writes_once_and_never_over(tmp_path: Path) -> None:
    first = RUNNER.invoke(app, ["init", str(tmp_path / "new" / "ws")])
    (tmp_path / "new" / "ws" / "estate.yaml").write_text("mine")
    again = RUNNER.invoke(app, ["init", str(tmp_path / "new" / "ws")])
    assert first.stdout.count(": written\n") == 2
    assert again.stdout.count(": kept, it was there already\n") == 2
    assert (tmp_path / "new" / "ws" / "estate.yaml").read_text() == "mine"


def test_init_says_why_not(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = RUNNER.invoke(app, ["init", str(tmp_path / "file")])
    assert isinstance(result.exception, DetenteError)
    assert result.exception.code == "no-workspace"


def test_check_of_a_fresh_workspace(workspace: Path) -> None:
    assert ask("check").splitlines() == [
        f"{workspace / 'accord.yaml'}: valid, version 1, draft (not signed by cio, ciso)",
        "  note: parties.cio.key is still a placeholder: put the public key of Name of the CIO there before signing",
        "  note: parties.ciso.key is still a placeholder: put the public key of Name of the CISO there before signing",
    ]
    document = json.loads(ask("check", "--json"))
    assert (document["valid"], document["in_force"], document["errors"]) == (True, False, [])
    assert document["missing"] == ["cio", "ciso"]


def test_check_reads_the_estate_beside_it(workspace: Path) -> None:
    estate = workspace / "estate.yaml"
    estate.write_text("services: [{id: a, tier: gold}]")
    assert "note: service a: the tier gold has no price" in ask("check")
    estate.write_text("services: [{id: a, teir: gold}]")
    assert "estate.yaml:1:20 services[0].teir: found an unknown key; allowed: did you mean `tier`?" in ask(
        "check", code=2
    )


def test_mistakes_say_what_why_and_do(workspace: Path) -> None:
    other = workspace / "other.yaml"
    other.write_text("accord: 1\norganisation: X\ncurrency: EUR\nprices: {engineer_hour: 52 apples, cap: 5 USD}\n")
    assert ask("check", "--accord", str(other), code=2) == (
        "other.yaml has 2 mistakes.\n"
        "other.yaml:4:25 prices.engineer_hour: found '52 apples'; "
        "allowed: an amount and a currency, such as `900 EUR`, `300k EUR` or `1.5M EUR`\n"
        "other.yaml:4:41 prices.cap: found '5 USD'; allowed: money in EUR, the one currency of this accord\n"
        "Correct the lines named; nothing was changed.\n"
    )
    document = json.loads(ask("check", "--accord", str(other), "--json", code=2))
    assert document["valid"] is False
    assert document["errors"][1] == {
        "file": "other.yaml",
        "line": 4,
        "column": 41,
        "key": "prices.cap",
        "found": "'5 USD'",
        "allowed": "money in EUR, the one currency of this accord",
    }


@pytest.mark.parametrize("verb", ["check", "show", "sign", "verify"])
def test_no_accord_is_said_plainly(tmp_path: Path, verb: str) -> None:
    told = ask(verb, "--workspace", str(tmp_path), code=2)
    assert told.splitlines()[0] == f"No accord at {tmp_path / 'accord.yaml'}."
    assert "detente init" in told


def test_show_marks_defaults_and_standing(workspace: Path) -> None:
    (workspace / "accord.yaml").write_text("accord: 7\norganisation: X\ncurrency: EUR\nescalation: {share: 6 %}\n")
    lines = ask("show").splitlines()
    assert lines[0] == "accord 7 of X: draft"
    assert [line.split("  ", 1)[1].strip() for line in lines if line.startswith("escalation")] == [
        "6 %",
        "kev on exposed  (default)",
    ]
    document = json.loads(ask("show", "--json"))
    assert {"key": "prices.cap", "text": "9M EUR", "default": True} in document["values"]


def test_diff_in_words_and_json(workspace: Path) -> None:
    old = workspace / "old.yaml"
    old.write_text((workspace / "accord.yaml").read_text("utf-8").replace("cap: 9M EUR", "cap: 5M EUR"), "utf-8")
    assert ask("diff", str(old)) == "prices.cap: 5M EUR -> 9M EUR\n"
    assert ask("diff", str(old), str(old)) == "No change in meaning.\n"
    assert json.loads(ask("diff", str(old), "--json"))["changes"] == [
        {"key": "prices.cap", "before": "5M EUR", "after": "9M EUR"}
    ]


def test_two_people_sign_and_a_changed_word_ends_it(workspace: Path) -> None:
    cio, ciso = workspace / "cio", workspace / "ciso"
    name_parties(workspace, cio=make_key(cio), ciso=make_key(ciso, "open sesame"))
    assert "draft (not signed by ciso)" in ask("sign", "--key", str(cio))
    assert "draft" in ask("verify", code=1)
    assert "now in force" in ask("sign", "--key", str(ciso), given="open sesame\n")
    assert ask("verify").splitlines()[1:] == ["  signed: Name of the CIO (cio)", "  signed: Name of the CISO (ciso)"]
    assert json.loads(ask("verify", "--json"))["in_force"] is True
    with (workspace / "accord.yaml").open("a") as file:
        file.write("# one word more\n")
    told = json.loads(ask("verify", "--json", code=1))
    assert told["missing"] == ["cio", "ciso"]
    assert all("changed after signing" in problem for problem in told["problems"])


@pytest.mark.parametrize("same", ["name", "key"])
def test_one_person_in_both_roles_is_refused_before_anything_is_signed(workspace: Path, same: str) -> None:
    path, cio = workspace / "accord.yaml", workspace / "cio"
    line = make_key(cio)
    name_parties(workspace, cio=line, ciso=line if same == "key" else make_key(workspace / "ciso"))
    if same == "name":
        path.write_text(path.read_text().replace("Name of the CISO", "name of  the CIO"))
    for told in (ask("check", code=2), ask("sign", "--role", "cio", "--key", str(cio), code=2)):
        assert told.startswith("accord.yaml has 1 mistake.\naccord.yaml:")
        assert f" parties.ciso.{same}: found that of cio again; allowed: " in told
        assert "or the accord can never come into force" in told
    assert json.loads(ask("check", "--json", code=2))["errors"][0]["key"] == f"parties.ciso.{same}"
    assert list(workspace.glob("*.sig")) == []
    (workspace / "accord.yaml.cio.sig").write_text(signatures.sign(path.read_bytes(), cio.read_bytes()))
    assert f"problem: parties.ciso.{same}: found that of cio again" in ask("verify", code=1)


def test_a_key_nobody_named_cannot_sign(workspace: Path) -> None:
    line = make_key(workspace / "key")
    told = ask("sign", "--key", str(workspace / "key"), code=2)
    assert told.splitlines() == [
        "This key cannot sign.",
        "accord.yaml does not name this key for any role.",
        f"Put `{line}` under parties.ROLE.key first.",
    ]
    name_parties(workspace, cio=line)
    assert "for ciso." in ask("sign", "--role", "ciso", "--key", str(workspace / "key"), code=2)
    assert "No private key at" in ask("sign", "--key", str(workspace / "none"), code=2)


def test_help_loads_no_room_it_does_not_need() -> None:
    script = "import sys, detente.edge.cli.accord, detente.edge.cli.init; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert not {"pydantic", "yaml", "cryptography", "detente.accord.document"} & set(loaded)
