"""The journal of one machine: what its workers write down at once, until the database has it.

    journal/WORKER/lock             held as long as the worker lives
    journal/WORKER/00000001.jsonl   its records, one line each; a new file after 16 MiB or an hour

A line is one `write` to a file opened for appending. When `write` returns, the line is the kernel's: the death of the process, `kill -9`
too, does not lose it. A thread syncs what was written, ten times a second at most: that is what the death of the machine can lose.
"""

import errno
import os
from collections.abc import Iterator
from dataclasses import dataclass
from fcntl import LOCK_EX, LOCK_NB, LOCK_SH, flock
from pathlib import Path
from threading import Event, Lock, Thread
from time import monotonic

SIZE, AGE_S, PAUSE_S = 16 << 20, 3600.0, 0.1
"""Bytes and seconds after which a file is closed, and the least time between two syncs."""

CHUNK = 1 << 18
"""Bytes that a reader takes at a time."""

_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC


class Journal:
    """The files of one worker. `worker` is a name that no other process has or ever had; open it after the fork."""

    def __init__(self, folder: Path, worker: str, *, size: int = SIZE, age_s: float = AGE_S) -> None:
        self._folder, self._size, self._age_s = folder / worker, size, age_s
        self._held = _claimed(folder, worker)
        self._lock, self._wake, self._stop = Lock(), Event(), Event()
        self._number = self._written = 0
        self._torn, self._old = False, list[int]()
        self._fault: OSError | None = None
        self._file, self._opened = self._next(), monotonic()
        self._thread = Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    def write(self, line: bytes) -> None:
        """Append one record, JSON without a line's end. When this returns, the death of the process does not lose it.

        Raises OSError where it is not written: a full disk, or one that could not sync what came before.
        """
        with self._lock:
            if self._fault:
                raise OSError(self._fault.errno, self._fault.strerror)
            self._append(b"\n" + line + b"\n" if self._torn else line + b"\n")
        if not self._wake.is_set():
            self._wake.set()

    def close(self) -> None:
        """Sync what was written; nothing more is. Raises OSError where that fails."""
        self._stop.set()
        self._wake.set()
        self._thread.join()
        self._settle()
        os.close(self._file)
        os.close(self._held)
        if self._fault:
            raise self._fault

    def _append(self, data: bytes) -> None:
        """A line that was written in part is ended by the next: readers count it as damaged, and nobody was told that it is safe."""
        done = os.write(self._file, data)
        self._written += done
        self._torn = done != len(data)
        if self._torn:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.wait(self._age_s)
            self._wake.clear()
            self._settle()
            if self._fault:
                self._wake.set()
            self._stop.wait(1.0 if self._fault else PAUSE_S)

    def _settle(self) -> None:
        """Sync; go on in a new file where the old one is full, old, or could not be synced. Only this thread closes files."""
        try:
            with self._lock:
                full = self._written >= self._size or monotonic() - self._opened >= self._age_s
                if self._fault or (full and self._written):
                    file = self._next()
                    self._old.append(self._file)
                    self._file, self._opened, self._written, self._torn = file, monotonic(), 0, False
                current = self._file
            while self._old:
                old = self._old.pop()
                try:
                    os.fdatasync(old)
                finally:
                    os.close(old)
            os.fdatasync(current)
            self._fault = None
        except OSError as fault:
            self._fault = fault

    def _next(self) -> int:
        self._number += 1
        return os.open(self._folder / f"{self._number:08}.jsonl", _FLAGS, 0o600)


def _claimed(folder: Path, worker: str) -> int:
    """The worker's folder, made with its lock held: nobody sees it without."""
    aside = folder / f".{worker}"
    aside.mkdir(parents=True, mode=0o700)
    held = os.open(aside / "lock", _FLAGS, 0o600)
    flock(held, LOCK_EX)
    aside.rename(folder / worker)
    return held


@dataclass(frozen=True, slots=True)
class Segment:
    """One file of a worker."""

    path: Path

    @property
    def name(self) -> str:
        """Its name in the database: worker and number."""
        return f"{self.path.parent.name}/{self.path.stem}"

    def size(self) -> int:
        """Bytes so far."""
        return self.path.stat().st_size

    def read(self, start: int, end: int = -1) -> bytes:
        """Whole lines from this byte on, up to `end`, else a megabyte or one line; nothing where no line has ended yet."""
        with self.path.open("rb") as file:
            file.seek(start)
            data = file.read(CHUNK if end < 0 else end - start)
            while b"\n" not in data and end < 0 and (more := file.read(CHUNK)):
                data += more
        return data[: data.rfind(b"\n") + 1]


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker that is or was."""

    folder: Path

    def alive(self) -> bool:
        """Whether it may still write. Ask before reading: what is there after a no is all there will be."""
        try:
            held = os.open(self.folder / "lock", os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            flock(held, LOCK_SH | LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(held)
        return False

    def segments(self) -> list[Segment]:
        """Its files, oldest first; only the last of a living worker still grows."""
        return [Segment(path) for path in sorted(self.folder.glob("*.jsonl"))]

    def leave(self) -> None:
        """Remove what is left of a dead worker, but for files that somebody has to look at."""
        (self.folder / "lock").unlink(missing_ok=True)
        if not any(self.folder.iterdir()):
            self.folder.rmdir()


def claim(folder: Path) -> int | None:
    """The right to read the journal, as a file to keep open: it is this process's until it closes that, or dies. None where another has it."""
    if not folder.is_dir():
        return None
    held = os.open(folder / ".reader", _FLAGS, 0o600)
    try:
        flock(held, LOCK_EX | LOCK_NB)
    except BlockingIOError:
        os.close(held)
        return None
    return held


def workers(folder: Path) -> Iterator[Worker]:
    """All workers that have left something."""
    if folder.is_dir():
        found = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
        yield from map(Worker, found)
