"""Appending and reading the ledger: order, atomicity, many writers, and a writer that is killed."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from detente.model.errors import DetenteError
from detente.store import ledger as module
from detente.store.audit import verify
from detente.store.database import open_database
from detente.store.ledger import Entry, Ledger, append, records

NOW = datetime(2026, 11, 25, 14, 59, 1, 5, tzinfo=UTC)
CHILD = """
import sys, datetime, pathlib
from detente.store.database import open_database
from detente.store.ledger import Entry, Ledger
ledger = Ledger(open_database(pathlib.Path("."), sys.argv[1]))
for number in range(int(sys.argv[2])):
    entries = [Entry("try", sys.argv[3], {"number": number, "part": part}) for part in (1, 2)]
    print(number, ledger.append(entries, datetime.datetime.now(datetime.UTC)), flush=True)
"""


@pytest.fixture
def ledger(database: Engine) -> Iterator[Ledger]:
    with Ledger(database) as ledger:
        yield ledger


def entry(subject: str = "fix:1", kind: str = "decision", **body: object) -> Entry:
    return Entry(kind, subject, body)


def child(url: str, count: int, name: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", CHILD, url, str(count), name]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_entries_come_back_in_order_as_they_went_in(database: Engine, ledger: Ledger) -> None:
    assert ledger.append([entry(answer="fix", days=3), entry("fix:é", none=None)], NOW) == 2
    assert ledger.append([entry("fix:3", kind="signature")], NOW + timedelta(days=1)) == 3
    found = records(database)
    assert [(r.seq, r.at, r.kind, r.subject, r.body) for r in found] == [
        (1, NOW, "decision", "fix:1", {"answer": "fix", "days": 3}),
        (2, NOW, "decision", "fix:é", {"none": None}),
        (3, NOW + timedelta(days=1), "signature", "fix:3", {}),
    ]


def test_an_entry_is_the_text_that_is_hashed(database: Engine, ledger: Ledger) -> None:
    ledger.append([entry(b=1, a="ü")], NOW.astimezone(timezone(timedelta(hours=-3))))
    line = '{"seq":1,"at":"2026-11-25T14:59:01.000005Z","body":{"a":"ü","b":1},"kind":"decision","subject":"fix:1"}'
    ledger.append([entry("fix:2")], NOW)
    one, two = (record.leaf for record in records(database))
    assert one == sha256(b"\0" + bytes(32) + line.encode()).digest()
    second = '{"seq":2,"at":"2026-11-25T14:59:01.000005Z","body":{},"kind":"decision","subject":"fix:2"}'
    assert two == sha256(b"\0" + one + second.encode()).digest()


def test_pages_and_filters(database: Engine, ledger: Ledger) -> None:
    ledger.append([entry(f"fix:{n % 2}", kind=f"k{n % 3}") for n in range(12)], NOW)

    def seqs(**wanted: object) -> list[int]:
        return [record.seq for record in records(database, **wanted)]  # type: ignore[arg-type]  # a table of arguments

    assert seqs(limit=5) == [1, 2, 3, 4, 5]
    assert seqs(after=10) == [11, 12]
    assert seqs(kind="k0") == [1, 4, 7, 10]
    assert seqs(subject="fix:1", kind="k0", after=4) == [10]
    assert seqs(subject="nobody") == []


def test_nothing_appended_is_nothing_written(database: Engine, ledger: Ledger) -> None:
    assert ledger.append([], NOW) == 0
    ledger.append([entry()], NOW)
    assert ledger.append([], NOW) == 1
    assert len(records(database)) == 1


def test_an_entry_and_its_fact_appear_together_or_not_at_all(database: Engine) -> None:
    with database.connect() as connection:
        assert append(connection, [entry()], NOW) == 1
        connection.rollback()
    assert records(database) == []
    with database.begin() as connection:
        assert [append(connection, [entry()], NOW), append(connection, [entry()], NOW)] == [1, 2]
    assert verify(database).entries == 2


def test_more_entries_than_a_batch_are_still_one_transaction(database: Engine) -> None:
    with database.begin() as connection:
        assert append(connection, (entry(n=n) for n in range(module.BATCH + 2)), NOW) == module.BATCH + 2
    assert verify(database).entries == module.BATCH + 2


@pytest.mark.parametrize("bad", ["\ud800", "\0", '\\"\0'], ids=["surrogate", "nul", "nul-behind-escapes"])
def test_text_no_database_keeps_is_refused_and_disturbs_nobody(database: Engine, ledger: Ledger, bad: str) -> None:
    with pytest.raises(DetenteError) as caught:
        ledger.append([entry(), entry(name=bad)], NOW)
    assert caught.value.code == "ledger-text"
    assert ledger.append([entry(name="\\u0000 spelt out")], NOW) == 1


def test_a_moment_without_time_zone_is_refused(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        ledger.append([entry()], NOW.replace(tzinfo=None))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.text(max_size=3), JSON, max_size=4), st.text(max_size=6))
def test_a_line_is_canonical_json(body: dict[str, object], subject: str) -> None:
    try:
        line = module._encode(Entry("k", subject, body), NOW)
    except DetenteError:
        assert "\0" in json.dumps([body, subject], ensure_ascii=False).encode("utf-16", "surrogatepass").decode(
            "utf-16", "replace"
        ) or "\\u0000" in json.dumps([body, subject])
        return
    fields = json.loads(line)
    assert (fields["body"], fields["subject"]) == (body, subject)
    assert json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False) == line
    assert "\n" not in line


@pytest.mark.parametrize("change", ["UPDATE ledger SET entry = '{}'", "DELETE FROM ledger", "TRUNCATE ledger"])
def test_the_database_refuses_to_rewrite(database: Engine, ledger: Ledger, change: str) -> None:
    if database.dialect.name == "sqlite" and "TRUNCATE" in change:
        pytest.skip("SQLite has no TRUNCATE")
    ledger.append([entry()], NOW)
    with pytest.raises(IntegrityError, match="append-only"), database.begin() as connection:
        connection.execute(text(change))
    assert len(records(database)) == 1


def test_many_threads_share_transactions_and_keep_their_order(database: Engine, ledger: Ledger) -> None:
    def work(name: int) -> list[int]:
        return [ledger.append([entry(str(name), n=n)], NOW) for n in range(10)]

    with ThreadPoolExecutor(8) as threads:
        seqs = list(threads.map(work, range(8)))
    assert sorted(seq for mine in seqs for seq in mine) == list(range(1, 81))
    assert verify(database).first_bad is None
    for name, mine in enumerate(seqs):
        assert [(record.seq, record.body) for record in records(database, subject=str(name))] == [
            (seq, {"n": n}) for n, seq in enumerate(mine)
        ]


def test_waiting_entries_go_into_one_transaction(database: Engine, ledger: Ledger) -> None:
    with database.begin() as connection:  # nobody else can write: all have to wait
        append(connection, [entry()], NOW)
        futures = [ledger.submit([entry(n=n)], NOW) for n in range(50)]
        while len(ledger._waiting) == 50:
            time.sleep(0.001)
    assert [future.result() for future in futures] == list(range(2, 52))


def test_a_failure_is_told_and_the_next_attempt_succeeds(sqlite_url: str, tmp_path: Path) -> None:
    engine, other = open_database(tmp_path, sqlite_url, patience_seconds=0.01), open_database(tmp_path, sqlite_url)
    with Ledger(engine) as ledger:
        with other.begin():
            failed = ledger.submit([entry(n=0)], NOW)
            assert isinstance(failed.exception(), DetenteError)
        assert [ledger.append([entry(n=n)], NOW) for n in (1, 2)] == [1, 2]
    assert [record.body for record in records(engine)] == [{"n": 1}, {"n": 2}]


def test_close_writes_what_waits_and_then_refuses(database: Engine) -> None:
    ledger = Ledger(database)
    futures = [ledger.submit([entry(n=n)], NOW) for n in range(20)]
    ledger.close()
    assert [future.result(0) for future in futures] == list(range(1, 21))
    with pytest.raises(RuntimeError):
        ledger.append([entry()], NOW)


def test_two_processes_never_fork_the_chain(database: Engine, database_url: str) -> None:
    processes = [child(database_url, 40, name) for name in ("a", "b")]
    acknowledged = [line.split() for process in processes for line in process.communicate()[0].splitlines()]
    assert sorted(int(seq) for _, seq in acknowledged) == list(range(2, 161, 2))
    assert (verify(database).entries, verify(database).first_bad) == (160, None)


@pytest.mark.parametrize("wait", [1, 7, 30])
def test_a_killed_writer_leaves_every_acknowledged_entry_and_no_half(
    database: Engine, database_url: str, wait: int
) -> None:
    process = child(database_url, 100_000, "killed")
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(wait)]
    os.kill(process.pid, signal.SIGKILL)
    lines += process.communicate()[0].splitlines()
    acknowledged = [line.split() for line in lines if line.strip()]
    report = verify(database)
    found = [record.body["number"] for record in records(database, limit=report.entries)]
    assert report.first_bad is None
    assert report.entries >= int(acknowledged[-1][1])
    assert found == [number for number in range(report.entries // 2) for _ in (1, 2)]
    with Ledger(database) as ledger:
        assert ledger.append([entry()], NOW) == report.entries + 1
