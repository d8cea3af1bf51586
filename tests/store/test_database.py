"""Opening, upgrading and refusing a database, on SQLite and PostgreSQL."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, insert, select, text
from sqlalchemy.exc import IntegrityError, StatementError

from detente.model.errors import DetenteError
from detente.store import migrations, tables
from detente.store.columns import Inside
from detente.store.database import FILE, open_database, reading

NOW = datetime(2026, 11, 25, 14, 59, 1, 123456, tzinfo=UTC)
SEGMENT = {
    "digest": "d1",
    "report": "r1",
    "parser": "trivy",
    "parser_version": 1,
    "format": "trivy",
    "file": "a.json",
    "tool": "trivy",
    "seen_at": None,
    "ingested_at": NOW,
    "results": 3,
    "findings": 1,
    "merged": 1,
    "quarantined": 1,
    "skipped": {"passed": 2},
    "rows": 1,
    "path": "d1.parquet",
    "truncated": True,
    "asset": "image:app:1",
}


@pytest.fixture
def empty(nothing_url: str, tmp_path: Path) -> Iterator[Engine]:
    """A database this program has just made."""
    engine = open_database(tmp_path, nothing_url)
    yield engine
    engine.dispose()


def refused(workspace: Path, url: str | None = None) -> DetenteError:
    with pytest.raises(DetenteError) as caught:
        open_database(workspace, url, patience_seconds=0.05)
    return caught.value


def plain(_: object, name: str | None, kind: str, *__: object) -> bool:
    """Indexes over JSON are beyond the comparison; the next but one test holds them."""
    return kind != "index" or not str(name).startswith("ix_ledger")


@pytest.mark.filterwarnings("ignore:.*expression-based index")
def test_the_migrations_build_the_tables_the_program_describes(empty: Engine) -> None:
    with empty.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": plain})
        assert compare_metadata(context, tables.metadata) == []


def test_the_programs_revision_is_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_current_head() == tables.REVISION


def test_lookups_in_the_ledger_use_their_indexes(database: Engine) -> None:
    query = select(tables.ledger.c.seq).where(Inside("subject") == "x").order_by(tables.ledger.c.seq)
    sql = str(query.compile(database, compile_kwargs={"literal_binds": True}))
    with reading(database) as connection:
        if database.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL enable_seqscan = off"))
        explain = "EXPLAIN QUERY PLAN" if database.dialect.name == "sqlite" else "EXPLAIN"
        plan = str(connection.exec_driver_sql(f"{explain} {sql}").all())
    assert "ix_ledger_subject" in plan


def test_an_up_to_date_database_opens_without_the_migration_tool(sqlite_url: str, tmp_path: Path) -> None:
    program = (
        "import sys, pathlib; from detente.store.database import open_database;"
        f"open_database(pathlib.Path({str(tmp_path)!r}), {sqlite_url!r}); sys.exit('alembic' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_several_processes_may_make_the_database_at_once(nothing_url: str, tmp_path: Path) -> None:
    program = (
        "import pathlib; from detente.store.database import open_database;"
        f"open_database(pathlib.Path({str(tmp_path)!r}), {nothing_url!r})"
    )
    running = [subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE) for _ in range(3)]
    assert [(process.communicate()[1], process.returncode) for process in running] == [(b"", 0)] * 3


def test_sqlite_is_set_up_for_safety(sqlite_url: str, tmp_path: Path) -> None:
    with open_database(tmp_path, sqlite_url).connect() as connection:
        found = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")]
        assert [*found, connection.exec_driver_sql("PRAGMA foreign_keys").scalar()] == ["wal", 2, 1]


def test_a_moment_comes_back_in_utc(database: Engine) -> None:
    row = {"digest": "a", "text": "", "first_seen": NOW.astimezone(timezone(timedelta(hours=5, minutes=45)))}
    with database.begin() as connection:
        connection.execute(insert(tables.accord), row)
        found = connection.execute(select(tables.accord.c.first_seen)).scalar_one()
    assert (found, found.utcoffset()) == (NOW, timedelta())


def test_a_moment_without_time_zone_is_refused(database: Engine) -> None:
    with database.begin() as connection, pytest.raises(StatementError, match="has no time zone"):
        connection.execute(insert(tables.accord), {"digest": "a", "text": "", "first_seen": NOW.replace(tzinfo=None)})


def test_a_segment_comes_back_as_it_went_in(database: Engine) -> None:
    with database.begin() as connection:
        connection.execute(insert(tables.segment), SEGMENT)
        connection.execute(insert(tables.quarantine), {"segment": "d1", "ordinal": 7, "reason": "why", "raw": b"\0{}"})
    with reading(database) as connection:
        assert dict(connection.execute(select(tables.segment)).mappings().one()) == SEGMENT
        assert connection.execute(select(tables.quarantine.c.raw)).scalar_one() == b"\0{}"


@pytest.mark.parametrize(
    "table, row",
    [
        ("segment", SEGMENT | {"results": 4}),
        ("quarantine", {"segment": "nowhere", "ordinal": 1, "reason": "why"}),
        ("signature", {"accord": "a", "role": "ciso", "person": "ann", "key_fingerprint": "k2"}),
        ("signature", {"accord": "a", "role": "cio", "person": "ann", "key_fingerprint": "k2"}),
        ("signature", {"accord": "a", "role": "cio", "person": "bob", "key_fingerprint": "k1"}),
        ("signature", {"accord": "b", "role": "cio", "person": "bob", "key_fingerprint": "k2"}),
    ],
    ids=["lost-result", "no-segment", "role-twice", "one-person-two-roles", "one-key-two-people", "unknown-accord"],
)
def test_the_database_refuses(database: Engine, table: str, row: dict[str, object]) -> None:
    signed = {"sshsig": "s", "signed_at": NOW}
    ann = {"accord": "a", "role": "ciso", "person": "ann", "key_fingerprint": "k1", **signed}
    with database.begin() as connection:
        connection.execute(insert(tables.accord), {"digest": "a", "text": "", "first_seen": NOW})
        connection.execute(insert(tables.signature), ann)
    with pytest.raises(IntegrityError), database.begin() as connection:
        connection.execute(insert(tables.metadata.tables[table]), row | (signed if table == "signature" else {}))


def test_two_people_with_two_keys_may_sign(database: Engine) -> None:
    with database.begin() as connection:
        connection.execute(insert(tables.accord), {"digest": "a", "text": "", "first_seen": NOW})
        for role, person in (("ciso", "ann"), ("cio", "bob")):
            row = {"accord": "a", "role": role, "person": person, "key_fingerprint": f"key of {person}"}
            connection.execute(insert(tables.signature), row | {"sshsig": "s", "signed_at": NOW})
        assert len(connection.execute(select(tables.signature)).all()) == 2


def test_a_reader_sees_a_steady_picture_and_holds_up_nobody(database: Engine) -> None:
    with reading(database) as before:
        assert before.execute(select(tables.segment)).all() == []
        with database.begin() as writer:
            writer.execute(insert(tables.segment), SEGMENT)
        assert before.execute(select(tables.segment)).all() == []
    with reading(database) as after:
        assert len(after.execute(select(tables.segment)).all()) == 1


def test_a_writer_waits_only_so_long(sqlite_url: str, tmp_path: Path) -> None:
    first, second = (open_database(tmp_path, sqlite_url, patience_seconds=0.05) for _ in range(2))
    with first.begin(), pytest.raises(DetenteError) as caught, second.begin():
        raise AssertionError("two writers at once")
    assert caught.value.code == "database-locked"


def test_a_postgresql_writer_waits_only_so_long(postgresql_url: str, tmp_path: Path) -> None:
    first, second = (open_database(tmp_path, postgresql_url, patience_seconds=0.05) for _ in range(2))
    with first.begin() as one, second.begin() as two:
        one.execute(text("LOCK TABLE ledger"))
        with pytest.raises(DetenteError) as caught:
            two.execute(text("LOCK TABLE ledger"))
    assert caught.value.code == "database-locked"
    first.dispose()
    second.dispose()


def test_a_newer_database_is_refused_untouched(database: Engine, database_url: str, tmp_path: Path) -> None:
    with database.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    try:
        assert refused(tmp_path, database_url).code == "database-newer"
    finally:
        with database.begin() as connection:
            connection.execute(
                text("UPDATE alembic_version SET version_num = :revision"), {"revision": tables.REVISION}
            )


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"not a database, but longer than the header of one " * 99)
    assert refused(tmp_path).code == "database-damaged"


def test_a_damaged_file(sqlite_url: str, tmp_path: Path) -> None:
    open_database(tmp_path, sqlite_url).dispose()
    with (tmp_path / FILE).open("r+b") as file:
        file.seek(100)  # the page of the schema, behind the header
        file.write(b"\xff" * 2000)
    assert refused(tmp_path).code == "database-damaged"


def test_a_read_only_file(sqlite_url: str, tmp_path: Path) -> None:
    engine = open_database(tmp_path, f"{sqlite_url.replace('///', '///file:')}?mode=ro&uri=true")
    with pytest.raises(DetenteError) as caught, engine.begin() as connection:
        connection.execute(insert(tables.segment), SEGMENT)
    assert caught.value.code == "database-readonly"


def test_a_folder_where_the_file_should_be(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    assert refused(tmp_path).code == "database-unreachable"


def test_a_workspace_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert refused(tmp_path / "file" / "workspace").code == "database-unreachable"


def test_a_server_that_does_not_answer_and_a_password_that_is_not_shown(tmp_path: Path) -> None:
    error = refused(tmp_path, "postgresql://ann:secret@127.0.0.1:1/d")
    assert error.code == "database-unreachable"
    assert "secret" not in str(error)


@pytest.mark.parametrize("url", ["mysql://host/d", "nonsense"])
def test_an_address_that_is_not_supported(url: str, tmp_path: Path) -> None:
    assert refused(tmp_path, url).code == "database-url"


def test_a_workspace_with_awkward_characters(tmp_path: Path) -> None:
    folder = tmp_path / "100 % ?#é"
    open_database(folder).dispose()
    assert (folder / FILE).exists()
