"""One company's workspace: its folder, database, lake, accord and estate, opened together."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from detente.store.database import open_database

if TYPE_CHECKING:  # what a verb does not need it does not load: a repeated ingest reads neither accord nor lake
    from detente.accord.claims import Claims
    from detente.accord.document import Accord
    from detente.accord.signatures import Standing
    from detente.flows.estate import Gathered
    from detente.model.estate import Estate
    from detente.store.lake import Lake

ACCORD, ESTATE = "accord.yaml", "estate.yaml"
_UNWRITTEN = b"accord: 1\norganisation: unnamed\ncurrency: EUR\n"


@dataclass(frozen=True)
class Workspace:
    """Everything below `folder`; what is read from files is read once. `accord_file` puts another accord in place of its own."""

    folder: Path
    engine: Engine
    accord_file: Path | None = None

    @property
    def lake(self) -> "Lake":
        """The segments."""
        from detente.store.lake import Lake

        return Lake(self.folder / "lake")

    @cached_property
    def accord(self) -> "Accord":
        """The workspace's accord; a newcomer without one gets every default, as an unsigned draft."""
        from detente.accord import document

        path = self.accord_file or self.folder / ACCORD
        return document.load(path.read_bytes() if path.is_file() else _UNWRITTEN, str(path))

    @cached_property
    def gathered(self) -> "Gathered":
        """The estate with who owns which path of a repository, and what its sources left open."""
        from detente.flows.estate import gather

        return gather(self.folder / ESTATE)

    @property
    def estate(self) -> "Estate":
        """The workspace's estate; without one nothing is claimed."""
        return self.gathered.estate

    @cached_property
    def signed(self) -> "Standing":
        """Whose signatures hold: files beside the accord, named `accord.yaml.<role>.sig`."""
        from detente.accord.signatures import status

        beside = self.accord_file or self.folder / ACCORD
        files = {role: beside.with_name(f"{beside.name}.{role}.sig") for role in self.accord.parties}
        return status(self.accord, {role: path.read_text() for role, path in files.items() if path.is_file()})

    @property
    def standing(self) -> str:
        """`draft`, or `in force` when both roles have signed this very text."""
        return "in force" if self.signed.in_force else "draft"

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of any number made here must know first."""
        return self.accord.warnings + self.gathered.notes

    @cached_property
    def claims(self) -> "Claims":
        """Which service runs which asset."""
        from detente.accord.claims import Claims

        return Claims(self.estate)


def open_workspace(folder: Path, url: str | None = None) -> Workspace:
    """Open or begin a workspace; `url` names a PostgreSQL database instead of the file inside it."""
    return Workspace(folder, open_database(folder, url))
