"""A workspace on each database, and how a test takes reports into it."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Engine

from databases import database, database_url, file, nothing_url, postgresql, postgresql_url, schema, sqlite_url, tables
from detente.flows.intake import Intake, Order, Outcome
from detente.flows.workspace import Workspace
from reports import moment

__all__ = [
    "database",
    "database_url",
    "file",
    "nothing_url",
    "postgresql",
    "postgresql_url",
    "schema",
    "sqlite_url",
    "tables",
]
Take = Callable[..., Outcome]


@pytest.fixture
def workspace(tmp_path: Path, database: Engine) -> Workspace:
    """An empty workspace; the test runs once on SQLite and once on PostgreSQL."""
    return Workspace(tmp_path / "workspace", database)


@pytest.fixture
def take(workspace: Workspace, tmp_path: Path) -> Iterator[Take]:
    """Writes a report and takes it in; arrivals are a second apart."""
    numbers = count()

    def taken(content: bytes, **said: str) -> Outcome:
        path = tmp_path / f"report-{next(numbers)}.json"
        path.write_bytes(content)
        arrived = moment(100 + next(numbers) / 86_400)
        outcomes = list(Intake(workspace.engine, workspace.lake).take([str(path)], Order(lambda: arrived, **said)))
        assert len(outcomes) == 1
        return outcomes[0]

    return taken
