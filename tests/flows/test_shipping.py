"""From journals to both databases: every record once, with writers and shippers that are killed."""

import os
import random
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from time import sleep

import pytest
from sqlalchemy import Engine, text

from detente.flows.record import Recorder
from detente.flows.shipping import Shipper
from detente.gateway import record as lines
from detente.gateway.record import Course, Ended
from detente.store import exchanges, ledger
from detente.store.audit import verify
from detente.store.journal import Journal, workers
from gateway.callers import caller, record

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
SECONDS = NOW.timestamp()
DONE = Course(200, 0.5, 0.1, "main")
WRITER = """
import pathlib, sys
sys.path.insert(0, sys.argv[3])
from detente.flows.record import Recorder
from detente.gateway.record import Course
from detente.store.journal import Journal
from gateway.callers import caller, record
recorder, found = Recorder(Journal(pathlib.Path(sys.argv[1]), sys.argv[2], size=20_000)), record()
for number in range(int(sys.argv[4])):
    entry = recorder.open(caller(keeps_s=3600.0), 1_795_608_000 + number / 100)
    entry.leaves(found, b"prompt")
    print("left", entry.id, flush=True)
    entry.ends(found, None, Course(200, 0.5, 0.1), b"answer")
    print("ended", entry.id, flush=True)
recorder._journal.close()
"""
SHIPPER = """
import datetime, pathlib, sys
from detente.flows.shipping import Shipper
from detente.store import journal
from detente.store.database import open_database
journal.CHUNK = 3000
shipper = Shipper(open_database(pathlib.Path("."), sys.argv[1]), pathlib.Path(sys.argv[2]))
print("ready", flush=True)
while True:
    shipper.turn(datetime.datetime.now(datetime.UTC))
"""
TESTS = str(Path(__file__).parents[1])


def child(code: str, *words: str) -> "subprocess.Popen[str]":
    return subprocess.Popen([sys.executable, "-c", code, *words], stdout=subprocess.PIPE, text=True)


def write(folder: Path, worker: str, count: int, **policy: float) -> list[str]:
    """So many whole exchanges of a worker that then ends."""
    journal = Journal(folder, worker)
    ids = []
    for number in range(count):
        entry = Recorder(journal).open(caller(**policy), SECONDS + number)
        entry.leaves(record(), b"prompt")
        entry.ends(record(), None, DONE, b"answer")
        ids.append(entry.id)
    journal.close()
    return ids


def stored(database: Engine) -> list[Ended]:
    found = [lines.read(line.encode()) for line in exchanges.find(database, limit=100_000)]
    assert all(isinstance(line, Ended) for line in found)
    return found[::-1]  # type: ignore[return-value]  # seen above


def sound(database: Engine) -> int:
    """How many records the ledger stands for, all of them as written."""
    report = exchanges.verify(database)
    assert (verify(database).first_bad, report.wrong) == (None, "")
    return report.exchanges


def test_records_come_in_once_and_the_files_go(database: Engine, tmp_path: Path) -> None:
    heard: list[Ended] = []
    ids = write(tmp_path, "one", 5) + write(tmp_path, "two", 3)
    shipper = Shipper(database, tmp_path, heard.extend)
    assert shipper.turn(NOW).records == 8
    assert shipper.turn(NOW).records == 0
    assert sorted(ids) == [line.id for line in stored(database)] == sorted(line.id for line in heard)
    assert list(workers(tmp_path)) == []
    assert sound(database) == 8
    with database.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM journal")).scalar() == 0


def test_what_still_runs_is_open_and_its_file_stays(database: Engine, tmp_path: Path) -> None:
    journal = Journal(tmp_path, "one", size=1)
    shipper = Shipper(database, tmp_path)
    entry = Recorder(journal).open(caller(), SECONDS)
    entry.leaves(record())
    while len(list((tmp_path / "one").glob("*.jsonl"))) < 2:
        sleep(0.01)
    first = shipper.turn(NOW)
    assert (first.records, first.open, len(list((tmp_path / "one").glob("*.jsonl")))) == (0, 1, 2)
    entry.ends(record(), None, DONE)
    while len(list((tmp_path / "one").glob("*.jsonl"))) < 3:
        sleep(0.01)
    other = Shipper(database, tmp_path)
    assert (other.turn(NOW).records, other.reads, shipper.reads) == (0, False, True)
    shipper.close()
    second = other.turn(NOW)  # one that has just begun to read knows it too
    assert (second.records, second.open, len(list((tmp_path / "one").glob("*.jsonl")))) == (1, 0, 1)
    journal.close()


def test_a_prompt_that_left_is_a_record_even_if_the_gateway_died(database: Engine, tmp_path: Path) -> None:
    journal = Journal(tmp_path, "one")
    Recorder(journal).open(caller(), SECONDS).leaves(record())
    shipper = Shipper(database, tmp_path)
    assert shipper.turn(NOW).records == 0
    journal.close()
    done = shipper.turn(NOW)
    assert (done.records, done.cut, done.open) == (1, 1, 0)
    assert [line.outcome for line in stored(database)] == ["cut"]
    assert sound(database) == 1


def test_damaged_and_lost_are_told_and_the_file_is_kept(database: Engine, tmp_path: Path) -> None:
    write(tmp_path, "one", 2)
    path = tmp_path / "one" / "00000001.jsonl"
    lost = lines.write(lines.Lost(v=1, at=NOW, n=7))
    path.write_bytes(path.read_bytes() + b"\x00\x00\x00\n" + lost + b'\n{"is":"ended","v":1,"to')
    done = Shipper(database, tmp_path).turn(NOW)
    assert (done.records, done.damaged, done.lost) == (2, 1, 7)
    body = ledger.records(database, kind="exchanges")[0].body
    assert (body["count"], body["damaged"], body["lost"]) == (2, 1, 7)
    assert [one.name for one in (tmp_path / "one").iterdir()] == ["00000001.damaged"]
    assert Shipper(database, tmp_path).turn(NOW).records == 0
    assert sound(database) == 2


def test_a_copy_of_a_file_brings_nothing_twice(database: Engine, tmp_path: Path) -> None:
    write(tmp_path, "one", 3)
    copy = (tmp_path / "one" / "00000001.jsonl").read_bytes()
    shipper = Shipper(database, tmp_path)
    shipper.turn(NOW)
    (tmp_path / "again").mkdir()
    (tmp_path / "again" / "00000001.jsonl").write_bytes(copy)
    assert shipper.turn(NOW).records == 0
    assert sound(database) == 3


def test_a_database_that_is_away_loses_nothing(sqlite_url: str, tmp_path: Path) -> None:
    from detente.store.database import open_database

    engine = open_database(tmp_path, sqlite_url, patience_seconds=0.01)
    ids = write(tmp_path / "journal", "one", 3)
    shipper = Shipper(engine, tmp_path / "journal")
    with engine.begin():
        with pytest.raises(Exception, match="another process"):
            shipper.turn(NOW)
        assert shipper.waiting() > 0
    assert shipper.turn(NOW).records == 3
    assert [line.id for line in stored(engine)] == ids
    assert shipper.waiting() == 0


def test_two_shippers_share_a_journal_without_a_double(database: Engine, database_url: str, tmp_path: Path) -> None:
    others = [child(SHIPPER, database_url, str(tmp_path)) for _ in range(2)]
    for other in others:
        assert other.stdout is not None
        other.stdout.readline()
    ids = [name for worker in range(4) for name in write(tmp_path, f"w{worker}", 20)]
    while list(workers(tmp_path)):
        sleep(0.02)
    for other in others:
        other.kill()
        other.communicate()
    assert [line.id for line in stored(database)] == sorted(ids)
    assert sound(database) == 80


def acknowledged(process: "subprocess.Popen[str]", wait: int) -> dict[str, str]:
    """What a writer had done when it was killed after so many lines: the last word by id."""
    assert process.stdout is not None
    said = [process.stdout.readline() for _ in range(wait)]
    os.kill(process.pid, signal.SIGKILL)
    said += process.communicate()[0].splitlines()
    pairs = [line.strip().partition(" ")[::2] for line in said]
    return {name: word for word, name in pairs if len(name) == 26}


@pytest.mark.parametrize("wait", [1, 2, 61])
def test_a_killed_writer_has_a_record_of_every_prompt_that_left(database: Engine, tmp_path: Path, wait: int) -> None:
    done = acknowledged(child(WRITER, str(tmp_path), "w", TESTS, "100000"), wait)
    Shipper(database, tmp_path).turn(NOW)
    found = {line.id: line.outcome for line in stored(database)}
    assert set(done) <= set(found)
    assert all(found[name] == "passed" for name, word in done.items() if word == "ended")
    assert len(found) <= len(done) + 1
    assert sum(outcome == "cut" for outcome in found.values()) <= 1
    assert sound(database) == len(found)
    assert list(workers(tmp_path)) == []


def test_killed_shippers_bring_every_record_once(database: Engine, database_url: str, tmp_path: Path) -> None:
    folder, dice = tmp_path / "journal", random.Random(7)
    said = child(WRITER, str(folder), "w", TESTS, "80").communicate()[0].split()
    for _ in range(4):
        shipper = child(SHIPPER, database_url, str(folder))
        assert shipper.stdout is not None
        shipper.stdout.readline()
        sleep(dice.uniform(0.01, 0.1))
        os.kill(shipper.pid, signal.SIGKILL)
        shipper.communicate()
    before = len(stored(database))
    done = Shipper(database, folder).turn(NOW)
    found = stored(database)
    assert before + done.records == len(found) == 80
    assert {line.id for line in found} == set(said[1::2])
    assert {line.outcome for line in found} == {"passed"}
    assert sound(database) == 80
    with database.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM sealed")).scalar() == 80
