"""Files before they leave: places and actions, never the secret itself."""

from dataclasses import replace
from pathlib import Path

import pytest

from detente.flows.inspect import inspect
from detente.flows.learn import learn
from detente.flows.scanning import policy, scanner
from detente.model.errors import DetenteError

SECRET = "tR8kz" + "2Lq"
ACCORD = "accord: 3\norganisation: x\ncurrency: EUR\nai:\n  gateway:\n    prompts:\n      secrets: block\n"


def none() -> bytes:
    return b""


def test_a_folder_and_standard_input(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(f'x = 1\ndb_password = "{SECRET}"\n')
    (tmp_path / "b.md").write_text("nothing\n")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "config").write_text(f'password = "{SECRET}"')
    found = inspect([str(tmp_path), "-"], scanner(tmp_path), policy(tmp_path), lambda: b"Call (415) 867-5309 now")
    places = [(Path(hit.file).name, hit.line, hit.rule, hit.action) for hit in found.hits]
    assert places == [("a.py", 2, "assigned-secret", "redact"), ("-", 1, "phone", "redact")]
    assert (found.verdict, found.files) == ("redact", 3)
    text = (tmp_path / "a.py").read_text()
    assert text[found.hits[0].start : found.hits[0].end] == SECRET
    assert SECRET not in repr(found)


def test_the_accord_decides(tmp_path: Path) -> None:
    (tmp_path / "accord.yaml").write_text(ACCORD)
    found = inspect(["-"], scanner(tmp_path), policy(tmp_path), f'password = "{SECRET}"'.encode)
    assert found.verdict == "block"
    assert inspect(["-"], scanner(tmp_path), policy(tmp_path), none).verdict == "allow"


def test_rules_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "ours.yaml").write_text("rules: [{id: ticket, pattern: 'ACME-[0-9]+'}]")
    found = inspect(["-"], scanner(tmp_path), policy(tmp_path), lambda: b"see ACME-12")
    assert [hit.rule for hit in found.hits] == ["ticket"]
    with pytest.raises(DetenteError, match="cannot be read"):
        scanner(tmp_path, [tmp_path / "none.yaml"])


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DetenteError, match="cannot be read"):
        inspect([str(tmp_path / "none")], scanner(tmp_path), policy(tmp_path), none)


def test_learned_code_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sysconfig.get_path", lambda name: str(tmp_path / "public"))
    (tmp_path / "public").mkdir()
    engine = tmp_path / "engine"
    engine.mkdir()
    lines = [
        f"def price_{n}(order, rate):\n    total = order.base * rate + {n}\n    return total - order.rebate(total)\n"
        for n in range(20)
    ]
    (engine / "price.py").write_text("\n".join(lines))
    (engine / "picture.png").write_bytes(b"\x89PNG")
    made = learn(tmp_path, [engine], "crown_jewels", (), key=5)
    assert made.files == 1
    assert made.fingerprints > 20
    found = inspect(["-"], scanner(tmp_path), policy(tmp_path), lambda: "\n".join(lines[4:9]).encode())
    assert (found.verdict, found.hits[0].rule) == ("block", "crown_jewels/engine")
    assert replace(found, hits=()).verdict == "allow"


@pytest.mark.parametrize(("label", "folder"), [("odd", "."), ("internal", "none")])
def test_what_cannot_be_learned(tmp_path: Path, label: str, folder: str) -> None:
    with pytest.raises(DetenteError):
        learn(tmp_path, [tmp_path / folder], label, (), key=1)
