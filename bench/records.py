"""What writing exchanges down costs: `make bench-records`.

On the path, CPU microseconds of the calling thread per exchange (least of 7 rounds): both lines of one, made and written to a real file. Behind it:
bringing records to the database, per record; what a verification costs, and what is sent on. Appends to RESULTS.md.
"""

import argparse
import json
import platform
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time, thread_time

import msgspec

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from detente.edge.telemetry.ocsf import events
from detente.edge.telemetry.traces import span
from detente.flows.record import Recorder
from detente.flows.shipping import Shipper
from detente.gateway.admission import Charge
from detente.gateway.detectors.registry import rules
from detente.gateway.exchange import Exchange
from detente.gateway.record import Course, whole
from detente.store import exchanges
from detente.store.database import open_database
from detente.store.journal import Journal
from gateway.callers import caller, exchange
from gateway.examples import drawn

NOW = datetime(2026, 11, 25, tzinfo=UTC)
CHARGE, COURSE = Charge(amount=Decimal("0.0123"), currency="EUR", known=True), Course(200, 0.5, 0.1, "main")
GOAL_US = 15.0


def cost(work: Callable[[], object], times: int) -> float:
    rounds = []
    for _ in range(7):
        start = thread_time()
        for _ in range(times):
            work()
        rounds.append((thread_time() - start) / times * 1e6)
    return min(rounds)


def body(secrets: int) -> bytes:
    """A request of two kilobytes with so many secrets in it."""
    rule = next(rule for rule in rules() if rule.form)
    text = "\n".join(f"key = {drawn(rule, seed)}" for seed in range(secrets)) + "def f(x): return x\n" * 100
    return b'{"model":"m-1","messages":[{"role":"user","content":%b}]}' % json.dumps(text).encode()


def path(folder: Path) -> str:
    journal = Journal(folder, "path", size=1 << 40)
    recorder, who = Recorder(journal), caller()
    found = [exchange(body(count), b'{"usage":{"input_tokens":500,"output_tokens":9}}') for count in (0, 1, 20)]

    def whole(one: Exchange) -> None:
        entry = recorder.open(who, 1_795_608_000.0)
        entry.leaves(one.record())
        entry.ends(one.record(), CHARGE, COURSE)

    facts = [cost(one.record, 20_000) * 2 for one in found]
    total = [cost(lambda: whole(one), 5_000) for one in found]  # noqa: B023 - called at once
    journal.close()
    return f"""
| on the path, us of CPU an exchange | no secret | 1 secret | 20 secrets |
|---|---:|---:|---:|
| the facts of the exchange, twice | {" | ".join(f"{us:.1f}" for us in facts)} |
| all, both lines in the file | {" | ".join(f"**{us:.1f}**" for us in total)} |

Goal: {GOAL_US:g} us for an exchange with one secret: {"reached" if total[1] <= GOAL_US else "missed"}.
"""


def behind(folder: Path, count: int) -> str:
    journal = Journal(folder / "journal", "behind", size=4 << 20)
    recorder, found, who = Recorder(journal), exchange(body(1)).record(), caller()
    for number in range(count):
        entry = recorder.open(who, 1_795_608_000.0 + number / 100)
        entry.leaves(found)
        entry.ends(found, CHARGE, COURSE)
    journal.close()
    engine = open_database(folder)
    start = process_time()
    done = Shipper(engine, folder / "journal").turn(NOW)
    shipped, start = process_time() - start, process_time()
    report = exchanges.verify(engine)
    verified = process_time() - start
    one = whole(exchanges.find(engine, limit=1)[0])
    traced = cost(lambda: span(one).SerializeToString(), 2_000)
    told = cost(lambda: msgspec.json.encode(list(events(one))), 2_000)
    assert (done.records, report.exchanges, report.wrong) == (count, count, "")
    return f"""
| behind it, us of CPU a record, of {count:,} | |
|---|---:|
| brought to SQLite | {shipped / count * 1e6:.1f} |
| verified | {verified / count * 1e6:.1f} |
| as a span of OpenTelemetry | {traced:.1f} |
| as events for a SIEM | {told:.1f} |
"""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--count", type=int, default=20_000)
    options.add_argument("--dry", action="store_true", help="do not append to RESULTS.md")
    asked = options.parse_args()
    told = f"\n## bench-records, {date.today()}\nPython {platform.python_version()}, {platform.machine()}.\n"
    with TemporaryDirectory() as name:
        told += path(Path(name)) + behind(Path(name), asked.count)
    print(told)
    if not asked.dry:
        with (Path(__file__).parent / "RESULTS.md").open("a") as file:
            file.write(told)


if __name__ == "__main__":
    main()
