"""The journal's files: what is written is there, whoever dies, and a reader takes whole lines only."""

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import sleep

import pytest

from detente.store.journal import Journal, Segment, claim, workers

CHILD = """
import sys, pathlib
from detente.store.journal import Journal
journal = Journal(pathlib.Path(sys.argv[1]), "child", size=4000)
for number in range(10**9):
    journal.write(b'{"n":%d,"fill":"%s"}' % (number, b"x" * 100))
    print(number, flush=True)
"""
FULL = """
import errno, pathlib, resource, signal, sys
from detente.store.journal import Journal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
journal = Journal(pathlib.Path(sys.argv[1]), "full")
resource.setrlimit(resource.RLIMIT_FSIZE, (250, resource.RLIM_INFINITY))
done = []
for number in range(4):
    try:
        journal.write(b"%d" % number * 90)
        done.append(number)
    except OSError as error:
        assert error.errno in (errno.EFBIG, errno.ENOSPC), error
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
journal.write(b"4" * 90)
journal.close()
print(done)
"""


def until(true: Callable[[], bool]) -> None:
    for _ in range(500):
        if true():
            return
        sleep(0.01)
    raise AssertionError("it did not happen within five seconds")


def lines(folder: Path, worker: str) -> list[bytes]:
    found = next(one for one in workers(folder) if one.folder.name == worker).segments()
    return b"".join(segment.read(0) for segment in found).splitlines()


def test_what_is_written_is_there_in_order(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "one")
    for number in range(100):
        journal.write(b"%d" % number)
    assert lines(tmp_path, "one") == [b"%d" % number for number in range(100)]
    journal.close()


def test_a_worker_lives_until_it_closes(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "one")
    (worker,) = workers(tmp_path)
    assert worker.alive()
    journal.close()
    assert not worker.alive()
    worker.segments()[0].path.unlink()
    worker.leave()
    assert list(workers(tmp_path)) == []


def test_full_and_old_files_are_closed_and_a_new_one_goes_on(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "one", size=100)
    (worker,) = workers(tmp_path)
    for number in range(1, 4):
        journal.write(b"x" * 100)
        until(lambda want=number + 1: len(worker.segments()) == want)  # type: ignore[misc]  # bound at once
    journal.close()
    old = Journal(tmp_path, "two", age_s=0.05)
    old.write(b"y")
    until(lambda: len(list((tmp_path / "two").glob("*.jsonl"))) == 2)
    old.close()
    assert lines(tmp_path, "one") == [b"x" * 100] * 3


def test_an_idle_worker_makes_no_files(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "one", age_s=0.01)
    sleep(0.3)
    assert len(list((tmp_path / "one").glob("*.jsonl"))) == 1
    journal.close()


def test_a_reader_takes_whole_lines(tmp_path: Path) -> None:
    path = tmp_path / "w" / "00000001.jsonl"
    path.parent.mkdir()
    path.write_bytes(b"one\ntwo\nthr")
    segment = Segment(path)
    assert (segment.name, segment.read(0), segment.read(4), segment.read(8)) == (
        "w/00000001",
        b"one\ntwo\n",
        b"two\n",
        b"",
    )
    path.write_bytes(b"x" * (3 << 20) + b"\n" + b"y" * (2 << 20))
    assert len(segment.read(0)) == (3 << 20) + 1


def test_one_reads_at_a_time(tmp_path: Path) -> None:
    first = claim(tmp_path)
    assert first is not None
    assert claim(tmp_path) is None
    os.close(first)
    second = claim(tmp_path)
    assert second is not None
    os.close(second)
    assert claim(tmp_path / "none") is None


@pytest.mark.parametrize("wait", [1, 40, 300])
def test_kill_loses_nothing_that_was_acknowledged(tmp_path: Path, wait: int) -> None:
    process = subprocess.Popen([sys.executable, "-c", CHILD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    said = [process.stdout.readline() for _ in range(wait)]
    os.kill(process.pid, signal.SIGKILL)
    said += process.communicate()[0].splitlines()
    last = max(int(number) for number in said if number.strip())
    found = lines(tmp_path, "child")
    assert [line.partition(b",")[0] for line in found] == [b'{"n":%d' % number for number in range(len(found))]
    assert len(found) > last
    assert not next(iter(workers(tmp_path))).alive()


def test_a_full_disk_is_told_and_what_was_torn_ends_before_the_next_line(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout == "[0, 1]\n"
    found = lines(tmp_path, "full")
    assert found[:2] == [b"0" * 90, b"1" * 90]
    assert found[-1] == b"4" * 90
    assert all(len(line) < 90 for line in found[2:-1])


def test_a_disk_that_cannot_sync_is_told_until_it_can(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "one")
    journal._fault = OSError(errno.EIO, "Input/output error")  # no file system here fails on demand
    with pytest.raises(OSError, match="Input/output error"):
        journal.write(b"lost")
    journal._wake.set()
    until(lambda: journal._fault is None)
    journal.write(b"kept")
    journal.close()
    assert lines(tmp_path, "one") == [b"kept"]
    assert len(list((tmp_path / "one").glob("*.jsonl"))) == 2
