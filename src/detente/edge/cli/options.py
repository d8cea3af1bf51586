"""What the verbs over intelligence share: their options, the opened database, one JSON document on standard output."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from sqlalchemy import Engine

Workspace = Annotated[Path, typer.Option("--workspace", envvar="DETENTE_HOME", help="Folder of this installation.")]
Database = Annotated[str | None, typer.Option("--database", envvar="DETENTE_DATABASE_URL", help="PostgreSQL address.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
Day = Annotated[datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="Use nothing dated later.")]
HOME = Path(".detente")


@contextmanager
def opened(workspace: Path, url: str | None) -> "Iterator[Engine]":
    """The database of the workspace, closed afterwards."""
    from detente.store.database import open_database

    engine = open_database(workspace, url)
    try:
        yield engine
    finally:
        engine.dispose()


def today() -> date:
    """The present day in UTC."""
    from detente.edge.clock import now

    return now().date()


def say(document: Any) -> None:
    """One JSON document; days as ISO texts."""
    print(json.dumps(document, default=str, ensure_ascii=False))
