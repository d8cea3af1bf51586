"""Any single change of the ledger is found, on both databases, by someone who got past the triggers."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, insert, text, update

from detente.model.errors import DetenteError
from detente.store import audit, tables
from detente.store.audit import Checkpoint, check, verify
from detente.store.database import FILE, open_database, reading
from detente.store.ledger import START, Entry, append, records
from detente.store.merkle import EMPTY, leaf, root

NOW = datetime(2026, 11, 25, 14, 59, tzinfo=UTC)
COUNT = 9
SQLITE = ("DROP TRIGGER ledger_no_update", "DROP TRIGGER ledger_no_delete", "DROP INDEX ix_ledger_kind")
POSTGRESQL = ("DROP TRIGGER ledger_no_rewrite ON ledger", "ALTER TABLE ledger DROP CONSTRAINT pk_ledger")
anywhere = st.integers(1, COUNT)


def fill(engine: Engine, count: int = COUNT) -> None:
    with engine.begin() as connection:
        append(connection, (Entry("decision", f"fix:{n}", {"n": n}) for n in range(count)), NOW)


@pytest.fixture
def full(database: Engine) -> Engine:
    fill(database)
    return database


@pytest.fixture
def leaves(full: Engine) -> list[bytes]:
    return [record.leaf for record in records(full)]


@pytest.fixture
def open_door(full: Engine, leaves: list[bytes]) -> Iterator[Connection]:
    """A connection of someone who may do everything, in a transaction that is undone at the end."""
    with full.connect() as connection:
        for statement in SQLITE if full.dialect.name == "sqlite" else POSTGRESQL:
            connection.execute(text(statement))
        yield connection
        connection.rollback()


def found(connection: Connection, statement: str, **values: object) -> tuple[int | None, str]:
    """What an audit says after `statement`, which is undone."""
    with connection.begin_nested() as change:
        assert connection.execute(text(statement), values).rowcount > 0
        report = check(connection)
        change.rollback()
    return report.first_bad, report.what


law = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15, deadline=None)


def test_a_whole_ledger_is_found_whole(full: Engine, leaves: list[bytes]) -> None:
    report = verify(full)
    assert (report.entries, report.first_bad, report.what) == (COUNT, None, "")
    assert (report.root, report.head) == (root(leaves), leaves[-1])


def test_an_empty_ledger_is_whole(database: Engine) -> None:
    assert verify(database) == audit.Report(0, EMPTY, START)


@law
@given(anywhere, st.text(st.characters(codec="ascii", exclude_characters='"\\', min_codepoint=32), max_size=3))
def test_an_edited_entry(open_door: Connection, seq: int, name: str) -> None:
    sql = "UPDATE ledger SET entry = :entry WHERE seq = :seq"
    entry = f'{{"seq":{seq},"at":"2026-11-25T14:59:00.000000Z","body":{{"n":"{name}"}},"kind":"k","subject":"fix"}}'
    if open_door.dialect.name == "postgresql":
        sql = sql.replace(":entry", "CAST(:entry AS json)")
    assert found(open_door, sql, entry=entry, seq=seq)[0] == seq


@law
@given(anywhere, st.binary(max_size=40))
def test_an_edited_leaf(open_door: Connection, seq: int, forged: bytes) -> None:
    assert found(open_door, "UPDATE ledger SET leaf = :leaf WHERE seq = :seq", leaf=forged, seq=seq)[0] == seq


@law
@given(anywhere)
def test_an_entry_edited_together_with_its_leaf(open_door: Connection, leaves: list[bytes], seq: int) -> None:
    before = leaves[seq - 2] if seq > 1 else START
    entry = f'{{"seq":{seq},"kind":"k","subject":"s"}}'
    values = {"entry": entry, "leaf": leaf(before + entry.encode())}
    with open_door.begin_nested() as change:
        open_door.execute(update(tables.ledger).where(tables.ledger.c.seq == seq), values)
        report = check(open_door)
        change.rollback()
    # The chain breaks at the next entry; behind the last there is none, which is what checkpoints are for.
    assert report.first_bad == (seq + 1 if seq < COUNT else None)


@law
@given(st.integers(1, COUNT - 1))
def test_a_deleted_entry(open_door: Connection, seq: int) -> None:
    result = found(open_door, "DELETE FROM ledger WHERE seq = :seq", seq=seq)
    assert result == (seq, f"entry {seq} is missing")


@law
@given(st.integers(1, COUNT - 1))
def test_a_deleted_entry_with_the_gap_closed(open_door: Connection, seq: int) -> None:
    with open_door.begin_nested() as change:
        open_door.execute(text("DELETE FROM ledger WHERE seq = :seq"), {"seq": seq})
        for later in range(seq + 1, COUNT + 1):
            open_door.execute(text("UPDATE ledger SET seq = seq - 1 WHERE seq = :seq"), {"seq": later})
        report = check(open_door)
        change.rollback()
    assert report.first_bad == seq


@law
@given(anywhere, anywhere)
def test_swapped_entries(open_door: Connection, one: int, two: int) -> None:
    if one == two:
        return
    with open_door.begin_nested() as change:
        for start, end in ((one, 1000), (two, one), (1000, two)):
            open_door.execute(text("UPDATE ledger SET seq = :end WHERE seq = :start"), {"start": start, "end": end})
        report = check(open_door)
        change.rollback()
    assert report.first_bad == min(one, two)


@law
@given(st.integers(-3, COUNT + 3).filter(lambda seq: not 1 <= seq <= COUNT), st.binary(min_size=32, max_size=32))
def test_an_inserted_entry(open_door: Connection, seq: int, forged: bytes) -> None:
    with open_door.begin_nested() as change:
        open_door.execute(insert(tables.ledger), {"seq": seq, "entry": '{"kind":"k","subject":"s"}', "leaf": forged})
        report = check(open_door)
        change.rollback()
    assert report.first_bad == (1 if seq < 1 else COUNT + 1)


def test_all_numbers_moved(open_door: Connection) -> None:
    assert found(open_door, "UPDATE ledger SET seq = seq + 100") == (1, "entry 1 is missing")


def test_the_good_part_is_reported_and_given_out(open_door: Connection, leaves: list[bytes]) -> None:
    lines: list[bytes] = []
    open_door.execute(text("DELETE FROM ledger WHERE seq = 5"))
    report = check(open_door, sink=lines.append)
    assert (report.entries, report.root, report.head) == (4, root(leaves[:4]), leaves[3])
    assert len(lines) == 4


@law
@given(st.integers(0, COUNT), st.integers(0, COUNT))
def test_a_checkpoint_shows_a_missing_end(open_door: Connection, leaves: list[bytes], size: int, kept: int) -> None:
    with open_door.begin_nested() as change:
        open_door.execute(text("DELETE FROM ledger WHERE seq > :kept"), {"kept": kept})
        report = check(open_door, checkpoint=Checkpoint(size, root(leaves[:size])))
        change.rollback()
    assert report.first_bad == (kept + 1 if kept < size else None)


def test_a_checkpoint_shows_a_ledger_made_anew(full: Engine) -> None:
    forged = Checkpoint(COUNT - 1, leaf(b"what it was"))
    report = verify(full, checkpoint=forged)
    assert (report.first_bad, "checkpoint" in report.what) == (1, True)


@pytest.mark.parametrize("page", [1, 2, 4, 100])
@pytest.mark.parametrize("size", [1, 4, 8, 9])
def test_pages_of_any_size_give_the_same_answer(
    full: Engine, leaves: list[bytes], monkeypatch: pytest.MonkeyPatch, page: int, size: int
) -> None:
    whole, heard = verify(full), list[int]()
    monkeypatch.setattr(audit, "PAGE", page)
    assert verify(full, heard.append, checkpoint=Checkpoint(size, root(leaves[:size]))) == whole
    assert heard == sorted({*range(page, COUNT, page), size, COUNT})


def test_an_audit_holds_up_no_writer(full: Engine) -> None:
    with reading(full) as connection:
        pages = audit._pages(connection, 0)
        next(pages)
        fill(full, 1)
        pages.close()  # type: ignore[attr-defined]  # a generator
    assert verify(full).entries == COUNT + 1


def test_a_damaged_file_is_told_as_such(sqlite_url: str, tmp_path: Path) -> None:
    engine = open_database(tmp_path, sqlite_url)
    fill(engine, 2000)
    engine.dispose()  # moves everything from the log into the file
    with (tmp_path / FILE).open("r+b") as file:
        file.seek(200 * 1024)
        file.write(b"\xff" * 20 * 1024)
    with pytest.raises(DetenteError) as caught:
        verify(engine)
    assert caught.value.code == "database-damaged"
    engine.dispose()


def test_a_checkpoint_comes_back_as_it_was_written() -> None:
    checkpoint = Checkpoint(12, leaf(b"x"))
    assert str(checkpoint).splitlines()[:2] == ["detente ledger", "12"]
    assert Checkpoint.parse(str(checkpoint)) == checkpoint
    assert Checkpoint.parse(f"{checkpoint}\n— witness AAAA\n") == checkpoint


@pytest.mark.parametrize(
    "line, bad",
    [(0, "another log"), (1, "many"), (1, "-1"), (2, "not base64!"), (2, "AAAA"), (2, "")],
)
def test_a_checkpoint_that_is_none(line: int, bad: str) -> None:
    lines = str(Checkpoint(12, leaf(b"x"))).splitlines()
    lines[line] = bad
    with pytest.raises(DetenteError) as caught:
        Checkpoint.parse("\n".join(lines))
    assert caught.value.code == "ledger-checkpoint"
