"""Opening the database: a SQLite file in the workspace, or PostgreSQL when several machines share one.

Both look alike from above. A transaction that writes (`engine.begin()`) waits its turn instead of failing halfway; one that
only reads (`reading(engine)`) sees a steady picture and neither waits for writers nor holds them up.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event, inspect, text
from sqlalchemy.engine import URL, ExceptionContext, make_url
from sqlalchemy.exc import ArgumentError

from detente.model.errors import DetenteError
from detente.store.tables import REVISION

FILE = "detente.db"
PATIENCE_SECONDS = 30.0


def open_database(workspace: Path, url: str | None = None, *, patience_seconds: float = PATIENCE_SECONDS) -> Engine:
    """The database of `workspace`, brought up to this program's version; `url` overrides the file inside it.

    `patience_seconds` is how long a writer waits for another. Raises DetenteError for a database that cannot be reached, is
    damaged, read-only, held by another process for too long, or written by a newer version.
    """
    engine = _engine(_address(workspace, url), patience_seconds)
    try:
        _bring_up(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


def reading(engine: Engine) -> Connection:
    """A connection for reading alone: one steady snapshot until it is closed."""
    if engine.dialect.name == "sqlite":
        return engine.connect().execution_options(begin="BEGIN DEFERRED")
    return engine.connect().execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def inserting(connection: Connection, table: Table) -> Any:
    """An INSERT that may meet what is there already (ON CONFLICT), in the words of the database; the other's are not even loaded."""
    return import_module(f"sqlalchemy.dialects.{connection.dialect.name}").insert(table)


def stream(connection: Connection, sql: str, size: int) -> Iterator[Sequence[Any]]:
    """The driver's own rows of a large result, `size` at a time, within the transaction of `connection`.

    Memory stays flat on both databases, and a million rows cost a fifth less than through the layers above.
    """
    # A name keeps the rows on the server; binary spares the detour of bytes through hexadecimal text.
    held: dict[str, Any] = {} if connection.dialect.name == "sqlite" else {"name": "stream", "binary": True}
    cursor = connection.connection.cursor(**held)
    try:
        cursor.execute(sql)
        while rows := cursor.fetchmany(size):
            yield rows
    except connection.dialect.loaded_dbapi.Error as error:
        raise _told(connection.engine, error) or error from error
    finally:
        cursor.close()


def _address(workspace: Path, url: str | None) -> URL:
    if not url:
        try:
            workspace.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _unreachable(str(workspace), f"the workspace cannot be created ({error.strerror}).") from error
        return URL.create("sqlite", database=str(workspace / FILE))
    try:
        address = make_url(url)
    except ArgumentError:
        raise _unsupported("it is not a database URL") from None
    names = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg", "postgresql+psycopg": "postgresql+psycopg"}
    if address.drivername not in names:
        raise _unsupported(f"{address.drivername} is not supported")
    return address.set(drivername=names[address.drivername])


def _engine(address: URL, patience_seconds: float) -> Engine:
    sqlite = address.get_backend_name() == "sqlite"
    arguments: dict[str, Any] = {"isolation_level": None, "timeout": patience_seconds} if sqlite else {}
    try:
        engine = create_engine(address, connect_args=arguments, pool_pre_ping=not sqlite, hide_parameters=True)
    except ModuleNotFoundError as error:
        raise DetenteError(
            "PostgreSQL cannot be used",
            f"its driver is not installed ({error.name}).",
            "Install detente[postgresql].",
            code="database-driver",
        ) from error
    event.listen(engine, "handle_error", _explain)
    if sqlite:
        event.listen(engine, "connect", lambda connection, _: _prepare_sqlite(connection, patience_seconds))
        event.listen(engine, "begin", _begin_sqlite)
    else:
        wait = f"SET lock_timeout = {int(patience_seconds * 1000)}"
        event.listen(engine, "connect", lambda connection, _: _prepare_postgresql(connection, wait))
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, patience_seconds: float) -> None:
    """Write-ahead log; every commit on the disk before it is acknowledged."""
    for pragma in ("synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")
    deadline = monotonic() + patience_seconds
    while not _write_ahead(connection, last_try=monotonic() > deadline):
        sleep(0.01)


def _write_ahead(connection: sqlite3.Connection, *, last_try: bool) -> bool:
    """Turn the log on; False while another process is at it, for SQLite does not wait for this lock by itself."""
    try:
        connection.execute("PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError as error:
        if last_try or not error.sqlite_errorname.startswith("SQLITE_BUSY"):
            raise
        return False
    return True


def _prepare_postgresql(connection: Any, wait: str) -> None:
    connection.execute(wait)
    connection.commit()


def _begin_sqlite(connection: Connection) -> None:
    """Writers take the lock at once: a reader that turns writer midway would fail where a writer waits."""
    connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN IMMEDIATE"))


def _bring_up(engine: Engine) -> None:
    with reading(engine) as connection:
        found = _revision(connection)
    if found == REVISION:
        return
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('detente'), hashtext(current_schema()))"))
        if _revision(connection) != REVISION:  # another process may have done it while this one waited
            _migrate(connection)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _migrate(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise DetenteError(
            "The database cannot be opened",
            f"a newer version of Détente has written it (its revision is unknown here: {error}).",
            "Update Détente on this machine.",
            code="database-newer",
        ) from error


# SQLite's result codes (sqlite.org/rescode.html) and PostgreSQL's SQLSTATE classes that a person can do something about.
_CAUSES = {
    "SQLITE_BUSY": (
        "database-locked",
        "another process has been writing to it for too long.",
        "Wait for it, or end it.",
    ),
    "SQLITE_READONLY": ("database-readonly", "it may not be written.", "Make the file and its folder writable."),
    "SQLITE_NOTADB": ("database-damaged", "the file is no SQLite database.", "Restore it from a backup."),
    "SQLITE_CORRUPT": ("database-damaged", "the file is damaged.", "Restore it from a backup."),
    "SQLITE_FULL": ("database-full", "the disk is full.", "Free some space, then run the command again."),
    "SQLITE_IOERR": ("database-unreachable", "the disk fails to read or write it.", "Check the disk."),
    "55P03": ("database-locked", "another process has been writing to it for too long.", "Wait for it, or end it."),
    "25006": ("database-readonly", "it may not be written.", "Connect to a server that accepts writes."),
    "53100": ("database-full", "its disk is full.", "Free some space, then run the command again."),
}


def _explain(context: ExceptionContext) -> None:
    """Turn what a person can act on into our error; leave the rest to the caller."""
    assert context.engine is not None
    told = _told(context.engine, context.original_exception, connected=context.connection is not None)
    if told:
        raise told from context.original_exception


def _told(engine: Engine, error: BaseException, *, connected: bool = True) -> DetenteError | None:
    name = engine.url.render_as_string(hide_password=True)
    reason = getattr(error, "sqlite_errorname", None) or getattr(error, "sqlstate", None) or ""
    for prefix, (code, why, do) in _CAUSES.items():
        if reason.startswith(prefix):
            return DetenteError(f"The database {name} cannot be used", why, do, code=code)
    if reason == "SQLITE_CANTOPEN" or not connected:
        return _unreachable(name, " ".join(str(error).split()) + ".")
    return None


def _unreachable(name: str, why: str) -> DetenteError:
    return DetenteError(
        f"The database {name} cannot be opened",
        why,
        "Check --workspace (or DETENTE_HOME) and DETENTE_DATABASE_URL.",
        code="database-unreachable",
    )


def _unsupported(why: str) -> DetenteError:
    return DetenteError(
        "DETENTE_DATABASE_URL cannot be used",
        f"{why}.",
        "Use postgresql://USER@HOST/DATABASE, or unset it for the SQLite file in the workspace.",
        code="database-url",
    )
