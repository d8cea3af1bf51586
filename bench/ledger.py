"""How fast a ledger is written and verified: `python bench/ledger.py [ENTRIES] [POSTGRESQL-URL]`.

Prints CPU seconds of this process, and the peak memory of a verification in a process of its own. An entry's body is some 200
bytes, like a decision's. The yardstick is the hashing alone, which no verification can do without: two SHA-256 an entry.
"""

import multiprocessing
import os
import platform
import resource
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from threading import Thread
from time import perf_counter, process_time

from detente.store.audit import verify
from detente.store.database import open_database
from detente.store.ledger import Entry, Ledger

START = datetime(2026, 1, 1, tzinfo=UTC)
BATCH = 1000


def entries(count: int) -> Iterator[Entry]:
    for number in range(count):
        body = {
            "accord": f"{number % 7:064x}",
            "answer": "fix",
            "fix": f"log4j-core@2.17.1/checkout-{number % 999}",
            "loss_month": "12031.38 EUR",
            "reasons": ["known exploited", "internet", "tier 1"],
        }
        yield Entry("decision", f"fix:{number:x}", body)


def timed(what: str, count: int, action: Callable[[], object]) -> float:
    cpu, wall = process_time(), perf_counter()
    action()
    cpu, wall = process_time() - cpu, perf_counter() - wall
    print(f"| {what} | {count:,} | {cpu:.2f} | {wall:.2f} | {count / wall:,.0f} |", flush=True)
    return cpu


def build(ledger: Ledger, count: int) -> None:
    source = entries(count)
    for number in range(0, count, BATCH):
        batch = [next(source) for _ in range(min(BATCH, count - number))]
        ledger.append(batch, START + timedelta(seconds=number))


def together(ledger: Ledger, threads: int, each: int) -> None:
    def work() -> None:
        for entry in entries(each):
            ledger.append([entry], START)

    workers = [Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def hashing(count: int) -> None:
    line, link = b"x" * 300, bytes(32)
    for _ in range(count):
        sha256(b"\0" + link + line).digest()
        sha256(b"\1" + link + link).digest()


def audit(folder: Path, url: str | None, count: int) -> None:
    report = verify(open_database(folder, url))
    assert (report.entries, report.first_bad) == (count, None), report


def alone(folder: Path, url: str | None, count: int) -> None:
    audit(folder, url, count)
    print(f"\nPeak memory of the verification: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MiB")


def main(count: int, url: str | None) -> None:
    kind = "PostgreSQL" if url else f"SQLite {sqlite3.sqlite_version}"
    print(f"Python {platform.python_version()}, {kind}, {os.cpu_count()} cores, {platform.machine()}\n")
    print("| what | entries | CPU s | wall s | entries/s |\n|---|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory(dir=os.environ.get("DETENTE_BENCH")) as name:
        folder = Path(name)
        with Ledger(open_database(folder / "small", url)) as ledger:
            timed("append, one by one", 300, lambda: together(ledger, 1, 300))
            timed("append, 64 threads one by one", 6400, lambda: together(ledger, 64, 100))
        before = 0 if url is None else 6700
        with Ledger(open_database(folder, url)) as ledger:
            timed("append, 1,000 at a time", count, lambda: build(ledger, count))
        best = min(timed("verify", count, lambda: audit(folder, url, count + before)) for _ in range(3))
        yardstick = timed("hashing alone", count, lambda: hashing(count))
        print(f"\nVerification costs {best / yardstick:.2f} times its hashing.")
        child = multiprocessing.get_context("spawn").Process(target=alone, args=(folder, url, count + before))
        child.start()
        child.join()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000, sys.argv[2] if len(sys.argv) > 2 else None)
