"""The pages of docs/ that are written from the code, one module each with a `render`."""

import tomllib
from collections import UserDict
from pathlib import Path
from typing import Any


class Examples(UserDict[str, dict[str, Any]]):
    """The examples of a page, from a TOML file; who asks for one that is missing is told where to write it."""

    def __init__(self, file: Path) -> None:
        super().__init__(tomllib.loads(file.read_text("utf-8")))
        self.file = file

    def __missing__(self, name: str) -> dict[str, Any]:
        raise LookupError(f"{name} has no example yet: write one in docs/pages/{self.file.name}")
