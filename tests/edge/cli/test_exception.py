"""`detente exception` as people and scripts meet it."""

import json
import shutil
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from typer.testing import CliRunner

from detente.accord import signatures
from detente.edge.cli import app
from detente.edge.clock import now
from reports import trivy, weakness
from shop import ACCORD, THREE, TWO, shop

OPTIONAL = {"justification", "impact_statement", "action_statement", "status_notes"}
UNTIL = str((now() + timedelta(days=30)).date())
Ask = Callable[..., str]


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shop, its accord naming Ada and Ben, whose keys lie beside it."""
    workspace = shop(tmp_path_factory.mktemp("shop"))
    lines = {}
    for role in ("cio", "ciso"):
        made = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
        (workspace.folder / role).write_bytes(made)
        (workspace.folder / role).chmod(0o600)
        lines[role] = signatures.public(made)
    parties = f"parties: {{cio: {{name: Ada, key: {lines['cio']}}}, ciso: {{name: Ben, key: {lines['ciso']}}}}}\n"
    (workspace.folder / "accord.yaml").write_text(ACCORD + parties)
    workspace.engine.dispose()
    return workspace.folder


@pytest.fixture
def ask(company: Path) -> Ask:
    def asked(*words: str, code: int = 0) -> str:
        result = CliRunner().invoke(app, ["exception", *words, "--workspace", str(company)])
        assert result.exit_code == code, result.output
        return result.stdout if code == 0 else result.stderr

    return asked


def made(ask: Ask, reason: str, *words: str) -> str:
    told = ask("request", "--service", "wiki", "--until", UNTIL, "--reason", reason, "--by", "sam", "--json", *words)
    return str(json.loads(told)["id"])


def test_from_request_to_active(ask: Ask, company: Path) -> None:
    name = made(ask, "first", "--control", "waf", "--effect", "50 %")
    assert f"{name}: signed; waits for ciso" in ask("sign", name, "--key", str(company / "cio"))
    told = json.loads(ask("sign", name[:8], "--key", str(company / "ciso"), "--json"))
    assert told == {"id": name, "state": "active", "signed": {"cio": "Ada", "ciso": "Ben"}, "missing": [], "why": ""}
    found = {one["id"]: one for one in json.loads(ask("list", "--json"))["exceptions"]}[name]
    assert (found["state"], found["of"], found["requester"], found["until"]) == ("active", "wiki", "sam", UNTIL)
    assert found["residual_month"] == pytest.approx(found["loss_month"] / 2)
    assert "with waf" in ask("list")
    queue = CliRunner().invoke(app, ["queue", "--workspace", str(company)]).stdout
    assert f"Accepted until {UNTIL}:" in queue
    assert f"({name}: first)" in " ".join(queue.split())


def test_the_accord_says_no_with_exit_code_one(ask: Ask, company: Path) -> None:
    late = str((now() + timedelta(days=200)).date())
    words = ("request", "--service", "wiki", "--reason", "r", "--by", "sam")
    assert "none longer than 90d" in ask(*words, "--until", late, code=1)
    checkout = ("request", "--service", "checkout", "--reason", "r", "--by", "sam", "--until", UNTIL)
    assert "void at once: CISA lists it" in ask(*checkout, code=1)
    own = str(json.loads(ask(*words[:-1], "ADA", "--until", UNTIL, "--json"))["id"])
    assert "Ada asked for this exception" in ask("sign", own, "--key", str(company / "cio"), code=1)


def test_a_no_needs_the_officers_key(ask: Ask, company: Path) -> None:
    name = made(ask, "second")
    assert f"{name}: denied (Ben (ciso): too long)" in ask(
        "deny", name, "--reason", "too long", "--key", str(company / "ciso")
    )
    assert "denied" in ask("list")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--reason", "r"), "exactly one of"),
        (("--reason", "r", "--service", "wiki", "--fix", "x-1"), "exactly one of"),
        (("--reason", " ", "--service", "wiki"), "names no reason"),
        (("--reason", "r", "--rule", "red"), "FIELD PATTERN"),
        (
            ("--reason", "r", "--service", "wiki", "--control", "waf", "--effect", "half"),
            "--effect must be a percentage",
        ),
    ],
)
def test_what_is_missing_is_said(company: Path, words: tuple[str, ...], why: str) -> None:
    asked = ["exception", "request", "--until", UNTIL, "--by", "sam", *words, "--workspace", str(company)]
    result = CliRunner().invoke(app, asked)
    assert result.exit_code == 2
    assert why in result.stderr


def test_a_preview_asks_for_nothing(ask: Ask) -> None:
    before = len(json.loads(ask("list", "--json"))["exceptions"])
    assert "Would ask: " in ask("request", "--rule", "component *bash*", "--until", UNTIL, "--reason", "r", "--preview")
    assert len(json.loads(ask("list", "--json"))["exceptions"]) == before


@pytest.mark.skipif(not shutil.which("ssh-keygen"), reason="no ssh-keygen here: install openssh-client")
def test_openssh_signs_the_same_text(ask: Ask, company: Path) -> None:
    name = made(ask, "third")
    text = ask("show", name).encode()
    run = ["ssh-keygen", "-Y", "sign", "-n", "exception@detente", "-f", str(company / "cio")]
    armoured = subprocess.run(run, input=text, capture_output=True, check=True).stdout.decode()
    ours = signatures.sign(text, (company / "cio").read_bytes(), namespace="exception@detente")
    assert armoured == ours


def stated(company: Path, form: str) -> dict[str, Any]:
    result = CliRunner().invoke(app, ["exception", "vex", "--output", form, "--workspace", str(company)])
    assert result.exit_code == 0, result.output
    told: dict[str, Any] = json.loads(result.stdout)
    return told


def test_vex_says_what_is_stated_and_never_hides_what_is_accepted(ask: Ask, company: Path) -> None:
    name = made(ask, "fourth", "--control", "waf", "--effect", "50 %")
    for role in ("cio", "ciso"):
        ask("sign", name, "--key", str(company / role))
    told = {one["vulnerability"]["name"]: one for one in stated(company, "openvex")["statements"]}
    assert told[TWO]["status"] == "not_affected"
    assert told[TWO]["justification"] == "vulnerable_code_not_in_execute_path"
    assert told[TWO]["products"] == [{"@id": "pkg:deb/zlib"}]
    assert told[THREE]["status"] == "affected"
    assert f"accepted until {UNTIL}, behind waf: fourth ({name})" in told[THREE]["action_statement"]
    assert told[THREE]["products"][0]["@id"] == "pkg:docker/wiki@1"
    bill = {one["id"]: one["analysis"] for one in stated(company, "cyclonedx")["vulnerabilities"]}
    assert (bill[TWO]["state"], bill[TWO]["justification"]) == ("not_affected", "code_not_reachable")
    assert (bill[THREE]["state"], bill[THREE]["response"]) == ("exploitable", ["workaround_available"])


def test_vex_is_valid_by_the_schemas(company: Path) -> None:
    bill = json.dumps(stated(company, "cyclonedx"))
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(bill) is None
    for one in stated(company, "openvex")["statements"]:
        assert set(one) - OPTIONAL == {"vulnerability", "products", "status", "timestamp"}
        assert len(set(one) & {"justification", "impact_statement", "action_statement"}) == (one["status"] != "fixed")
        assert all(product["@id"] for product in one["products"])


def test_an_openvex_document_says_something(tmp_path: Path) -> None:
    words = ["exception", "vex", "--workspace", str(tmp_path / "empty")]
    assert "There is nothing to state" in CliRunner().invoke(app, words).stderr
    assert CliRunner().invoke(app, [*words, "--output", "cyclonedx"]).exit_code == 0


def test_taken_in_elsewhere_it_closes_the_same(company: Path, tmp_path: Path) -> None:
    other = str(tmp_path / "other")
    (tmp_path / "vex.json").write_text(json.dumps(stated(company, "openvex")))
    (tmp_path / "scan.json").write_bytes(trivy("elsewhere:1", [weakness(TWO, "zlib"), weakness(THREE, "bash")]))
    run = CliRunner()
    assert run.invoke(app, ["ingest", str(tmp_path / "*.json"), "--workspace", other]).exit_code == 0
    queue = json.loads(run.invoke(app, ["queue", "--all", "--json", "--workspace", other]).stdout)
    assert [one["vulnerability"] for fix in queue["queue"] for one in fix["findings"]] == [THREE]
