"""The worked example from CI to evidence is run as it stands: a shell, the real command, the real answers."""

import os
import re
import shutil
import subprocess
import sys
from itertools import pairwise

import pytest
from generate import FOLDER

PAGE = (FOLDER / "walkthrough.md").read_text("utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```\n```text\n(.*?)```", PAGE, re.DOTALL)
END = "--- end of a block ---"


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What each block prints, in one shell after the other."""
    for tool in ("bash", "ssh-keygen"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed, and the example uses it")
    place, programs = tmp_path_factory.mktemp("walk"), tmp_path_factory.mktemp("bin")
    command = programs / "detente"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -c "from detente.edge.cli import main; main()" "$@"\n')
    command.chmod(0o755)
    path = os.pathsep.join((str(programs), str(FOLDER.parent / "deploy"), os.environ["PATH"]))
    script = "".join(f"{block}\necho '{END}'\n" for block, _ in BLOCKS)
    known = {name: text for name, text in os.environ.items() if not name.startswith("DETENTE")}
    done = subprocess.run(
        ["bash"], input=script, cwd=place, env=known | {"PATH": path, "COLUMNS": "120", "LC_ALL": "C.UTF-8"},
        capture_output=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True,
    )  # fmt: skip
    return done.stdout.split(f"{END}\n")[:-1]


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_a_block_says_what_the_page_says(said: list[str], number: int) -> None:
    wanted, got = BLOCKS[number][1], said[number]
    assert re.fullmatch(".*".join(map(re.escape, wanted.split("…"))), got, re.DOTALL), got


def test_no_block_is_left_out() -> None:
    assert len(BLOCKS) == len(re.findall(r"^```sh$", PAGE, re.MULTILINE))


def test_sections_are_numbered_in_order() -> None:
    numbers = [int(found) for found in re.findall(r"^## (\d+)\.", PAGE, re.MULTILINE)]
    assert all(after == before + 1 for before, after in pairwise(numbers))
