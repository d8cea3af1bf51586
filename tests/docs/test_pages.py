"""The pages written from the code say what the code says, and nothing of it is left out."""

import re
import shlex
from pathlib import Path

import pytest
from generate import FOLDER, PAGES
from pages import Examples, errors, verbs


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_what_the_code_says(name: str) -> None:
    assert (FOLDER / name).read_text("utf-8") == PAGES[name](), f"docs/{name} is stale: run `make docs`"


def test_every_error_is_explained_by_an_example() -> None:
    examples = Examples(errors.EXAMPLES)
    found = errors.wordings()
    assert set(examples) == set(found)
    strange = [
        code for code, each in examples.items() if not any(one.says(each["says"].strip()) for one in found[code])
    ]
    assert not strange, "the source words these errors otherwise than their example"


def test_codes_are_found_wherever_they_come_from() -> None:
    found = errors.wordings()
    assert found["database-damaged"] == {  # a table of causes
        errors.Wording("The database {name} cannot be used", f"the file is {what}.", "Restore it from a backup.")
        for what in ("damaged", "no SQLite database")
    }
    assert {one.why for one in found["bad-key"]} > {"only ed25519 keys sign an accord."}  # a parameter, in its file
    assert "It lists no vulnerability." in {one.why for one in found["feed"]}  # a parameter, from other files
    assert "No accord at {path}" in {one.what for one in found["no-file"]}  # a local name
    assert {one.what for one in found["bad-estate"]} == {"{file} has {count}"}  # a constant of the module


def test_a_wording_knows_its_own_texts() -> None:
    wording = errors.Wording("{path} cannot be read", "{error}.", "Check it.")
    assert wording.says("a (1).csv cannot be read.\nNo such file.\nCheck it.")
    assert not wording.says("a.csv can be read.\nNo such file.\nCheck it.")
    assert wording.covers(errors.Wording("a.csv cannot be read", "{error}.", "Check it."))
    assert not wording.covers(errors.Wording("a.csv cannot be read", "Gone.", "Check it."))


def test_every_verb_has_an_example() -> None:
    assert set(Examples(verbs.EXAMPLES)) == {name for name, _ in verbs.verbs()}


@pytest.mark.parametrize("name", [name for name, _ in verbs.verbs()])
def test_an_example_is_a_command_that_exists(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    example = Examples(verbs.EXAMPLES)[name]["example"]
    words = shlex.split(example)[1 + len(name.split()) :]
    assert example.startswith(f"detente {name}")
    for word in words:
        if "." in word and "/" not in word:
            Path(word).touch()  # some options want their file to be there
    assert dict(verbs.verbs())[name].make_context(name, words).params


def test_every_option_has_a_meaning() -> None:
    bare = [
        f"{name} {each.name}"
        for name, verb in verbs.verbs()
        for each in verb.params
        if not getattr(each, "hidden", False) and not each.help
    ]
    assert not bare


def test_an_auditor_can_run_every_command_of_the_compliance_page() -> None:
    said = re.findall(r"detente ((?:[a-z]+ ?)+)([^`\n]*)", (FOLDER / "compliance.md").read_text("utf-8"))
    known = dict(verbs.verbs())
    assert len(said) > 10
    for words, rest in said:
        name = next(name for name in (" ".join(words.split()[:2]), words.split()[0]) if name in known)
        flags = {flag for option in known[name].params for flag in option.opts}
        assert {word for word in rest.split() if word.startswith("--")} <= flags, (words, rest)


def test_whatever_tells_people_to_run_a_verb_names_one() -> None:
    known = {name for name, _ in verbs.verbs()}
    groups = {name.split()[0] for name in known}
    told = [*(FOLDER.parent / "src").rglob("*.py"), *FOLDER.glob("*.md"), FOLDER.parent / "README.md"]
    said = {match for path in told for match in re.findall(r"`detente ([a-z]+)(?: ([a-z]+))?", path.read_text("utf-8"))}
    assert len(said) > 30
    strange = {f"{first} {second}" for first, second in said if first not in groups}
    strange |= {f"{a} {b}" for a, b in said if b and a not in known and f"{a} {b}" not in known}
    assert not strange


def test_whatever_tells_people_to_run_make_names_a_target() -> None:
    root = FOLDER.parent
    targets = set(re.findall(r"^([a-z-]+):", (root / "Makefile").read_text("utf-8"), re.MULTILINE))
    told = [
        *(each for folder in ("docs", "design") for each in (root / folder).glob("*.md")),
        *(root / "bench").glob("*.py"),
    ]
    said = {
        each for path in (*told, root / "README.md") for each in re.findall(r"`make ([a-z-]+)", path.read_text("utf-8"))
    }
    assert len(said) > 8
    assert said <= targets
