"""Everything at once, for long: no planted secret leaves, memory does not grow, no record is lost. `make bench-soak`.

    python bench/soak.py [--requests 200000] [--postgresql]

Clients of three dialects ask whole and streamed answers, with and without secrets, read slowly, hang up, send rubbish and wrong keys, of a
model server that fails, throttles, drops lines and breaks its own streams (hostile.py). One person's budget is spent to its end meanwhile, and
every exchange goes out as an event. The run fails where one promise is not kept.
"""

import argparse
import asyncio
import json
import os
import platform
import random
import re
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from sqlalchemy import text as sql

from databases import serving
from detente.store import exchanges
from detente.store.database import open_database
from gateway.speakers import SPEAKERS, heard, prompt

HERE = Path(__file__).resolve().parent

PLANT = secrets.token_hex(6)
"""In every planted secret, so that the model server knows one when it sees it."""

AT_ONCE, STILL_S = 64, 10
"""Requests at once; and seconds after which nobody has been slow, but the machine stood still: time limits of the gateway are over by then."""

MIX = {
    "plain": 29, "stream": 27, "secret": 6, "escaped secret": 2, "streamed secret": 12, "spends": 2, "slow reader": 2, "hangs up": 4, "slow": 1,
    "429": 4, "500": 3, "reset": 3, "malformed": 2, "rubbish": 2, "wrong key": 1,
}  # fmt: skip
STATUS = {"429": 429, "500": 500, "rubbish": 400, "wrong key": 401, "plain": 200, "secret": 200}
WHOLE = ("plain", "secret", "escaped secret", "spends")
PRICE, POOR = 160, "poor@acme.example"
"""What an exchange costs by the model server's count, and whose budget is spent."""


@dataclass
class Seen:
    """What came of it."""

    done: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    broke: int = 0
    still: int = 0
    memory: list[int] = field(default_factory=list)


def secret(chance):
    """A connection string with a password that nobody has."""
    word = "".join(chance.choices("abcdefghkmnpqrstuvwxyzABCDEFGHKLMNPRSTUVWXYZ23456789", k=14))
    return f"postgresql://shop:{word}{PLANT}@db.internal:5432/orders"


def asked(kind, chance):
    """Path, body and the text that must come back."""
    speaker = chance.choice(list(SPEAKERS.values()))
    text = secret(chance) if "secret" in kind else f"nothing secret, number {chance.randrange(10**9)}"
    do = (
        kind
        if kind in ("429", "500", "reset", "malformed", "slow", "spends")
        else "json"
        if kind in WHOLE
        else "stream"
    )
    said = f"Repeat this. [[echo]]{text}[[/echo]] [[do={do}]]" + " filler of a long prompt" * chance.randrange(60)
    streams = do not in ("json", "spends", "429", "500")
    body = prompt(speaker.endpoint, said, stream=streams)
    if kind == "escaped secret":
        body = body.replace(text.encode(), "".join(f"\\u{ord(mark):04x}" for mark in text).encode())
    return speaker.path, b"{" + body[:-1] if kind == "rubbish" else body, text


async def one(kind, port, keys, chance, seen):
    path, body, text = asked(kind, chance)
    key = {"wrong key": keys[0][::-1], "spends": keys[1]}.get(kind, keys[0])
    head = f"POST {path} HTTP/1.1\r\nhost: g\r\nauthorization: Bearer {key}\r\n"
    began = time.monotonic()
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
    try:
        writer.write(
            f"{head}content-type: application/json\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n".encode()
        )
        writer.write(body)
        if kind == "hangs up":
            await reader.read(200)
            return
        answer = await read(reader, slowly=kind == "slow reader")
        if time.monotonic() - began > STILL_S:
            seen.still += 1
        else:
            check(kind, answer, text, seen)
    finally:
        seen.done[kind] += 1
        writer.close()


async def read(reader, *, slowly):
    """The whole answer, as the connection gives it."""
    parts = []
    while data := await reader.read(256 if slowly else 65_536):
        parts.append(data)
        if slowly:
            await asyncio.sleep(0.005)
    return b"".join(parts)


def check(kind, answer, text, seen):
    head, _, body = answer.partition(b"\r\n\r\n")
    status = int(head.split(b" ", 2)[1]) if head else 0
    if b"transfer-encoding: chunked" in head.lower():
        body = unchunked(body)
    if kind == "spends" and status == 429:
        seen.broke += 1
    elif status != STATUS.get(kind, 200):
        seen.wrong.append(f"{kind}: status {status} {body[:300]!r}")
    elif kind in WHOLE and text not in heard(body, whole=True):
        seen.wrong.append(f"{kind}: the text did not come back")
    elif kind in ("stream", "streamed secret", "slow", "slow reader") and text not in heard(body):
        seen.wrong.append(f"{kind}: the streamed text did not come back")


def unchunked(body):
    parts, at = [], 0
    while found := re.compile(rb"([0-9a-fA-F]+)\r\n").match(body, at):
        size = int(found[1], 16)
        parts.append(body[found.end() : found.end() + size])
        at = found.end() + size + 2
    return b"".join(parts)


async def drive(count, port, keys, workers, seen):
    """So many requests, so many at once; memory is read twenty times."""
    chance, left = random.Random(20261125), iter(range(count))
    kinds, weights = list(MIX), list(MIX.values())

    async def client():
        for number in left:
            try:
                await one(chance.choices(kinds, weights)[0], port, keys, chance, seen)
            except OSError as error:
                seen.wrong.append(f"connection: {type(error).__name__}")
            if number % max(1, count // 20) == 0:
                seen.memory.append(sum(map(resident, workers())))
                print(
                    f"{number:>8,} of {count:,}  {seen.memory[-1] // 1024:,} MB  {len(seen.wrong)} wrong",
                    file=sys.stderr,
                )

    await asyncio.gather(*(client() for _ in range(AT_ONCE)))


def resident(process):
    """KiB of memory of a process."""
    try:
        told = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0
    return int(re.search(r"VmRSS:\s+(\d+)", told)[1]) if "VmRSS" in told else 0


def family(process):
    """A process and all below it."""
    children = Path(f"/proc/{process}/task/{process}/children")
    below = children.read_text().split() if children.exists() else []
    return [process, *(each for child in below for each in family(int(child)))]


def free():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def wait(port):
    for _ in range(200):
        with socket.socket() as sock:
            if sock.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    sys.exit("the gateway did not start")


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--requests", type=int, default=200_000)
    options.add_argument("--postgresql", action="store_true", help="instead of SQLite, a server started for it")
    options.add_argument("--dry", action="store_true", help="do not append to RESULTS.md")
    wanted = options.parse_args()
    with tempfile.TemporaryDirectory() as home, serving() if wanted.postgresql else nullcontext() as url:
        soak(wanted, Path(home), url)


def soak(wanted, home, url):
    """Everything in one folder; `url` is the database, None for SQLite."""
    up, port, seen = free(), free(), Seen()
    budget = PRICE * (wanted.requests // 150)
    (home / "accord.yaml").write_text(
        f"accord: 1\norganisation: Acme\ncurrency: EUR\nai: {{gateway: {{budgets: {{per_user_per_day: {budget} EUR}}}}}}\n"
    )
    (home / "prices.yaml").write_text(f"models: {{m-1: {{read: 0 EUR, written: 1M EUR, output: {PRICE}}}}}\n")
    detente = [sys.executable, "-c", "from detente.edge.cli import main; main()", "gateway"]
    env = os.environ | {"DETENTE_HOME": str(home)} | ({"DETENTE_DATABASE_URL": url} if url else {})
    issue = [*detente, "key", "issue", "--model", "m-*"]
    keys = [
        subprocess.run([*issue, *who], env=env, capture_output=True, text=True, check=True).stdout.strip()
        for who in ([], ["--person", POOR])
    ]
    model = subprocess.Popen([sys.executable, HERE / "hostile.py", str(up), PLANT])
    more = ["--listen", f"127.0.0.1:{port}", "--upstream", f"http://127.0.0.1:{up}", "--workers", "2"]
    gateway = subprocess.Popen([*detente, *more, "--events", str(home / "events.jsonl")], env=env)
    wait(up), wait(port)
    began = time.monotonic()
    asyncio.run(drive(wanted.requests, port, keys, lambda: family(gateway.pid), seen))
    seconds = time.monotonic() - began
    model_saw = json.load(urllib.request.urlopen(f"http://127.0.0.1:{up}/count"))
    gateway.terminate()
    gateway.wait(120)
    model.terminate()
    report(wanted, seen, model_saw, Kept(home, url), budget, seconds)


class Kept:
    """What is written down once the gateway has ended: how many exchanges, how many of them went out as events, and what the poor one paid."""

    def __init__(self, home, url):
        engine = open_database(home, url)
        with engine.connect() as connection:
            self.records = connection.execute(sql("SELECT count(*) FROM exchange")).scalar_one()
        lines = map(json.loads, exchanges.find(engine, person=POOR, limit=1_000_000))
        self.spent = sum(float(line.get("cost", 0)) for line in lines)
        self.audit = exchanges.verify(engine).wrong
        engine.dispose()
        with (home / "events.jsonl").open(encoding="utf-8") as told:
            self.events = len(
                {event["metadata"]["uid"] for event in map(json.loads, told) if event["class_uid"] == 6003}
            )


def report(wanted, seen, model_saw, kept, budget, seconds):
    known = sum(seen.done.values()) - seen.done["wrong key"]
    first, last = seen.memory[len(seen.memory) // 4], seen.memory[-1]
    faults = {
        "planted secrets that reached the model": model_saw["leaked"],
        "wrong answers": len(seen.wrong),
        "records missing": known - kept.records,
        "events missing": kept.records - kept.events,
        "records that are not as the ledger says": int(bool(kept.audit)),
        "EUR above the budget": max(0, kept.spent - budget, PRICE * model_saw["spends"] - budget),
        "budgets that were never reached": int(not seen.broke),
    }
    machine = f"{os.cpu_count()} CPUs, {platform.machine()}, Python {platform.python_version()}"
    text = (
        f"\n## bench-soak, {date.today()}\n{machine}\n\n{sum(seen.done.values()):,} requests in {seconds:.0f} s, {AT_ONCE} at once: "
        + ", ".join(f"{count:,} {kind}" for kind, count in seen.done.most_common())
        + f"; {'PostgreSQL' if wanted.postgresql else 'SQLite'}.\n\nOf a budget of {budget:,} EUR {kept.spent:,.0f} were spent, then {seen.broke:,} requests refused. {seen.still} answers took more than {STILL_S} s, for the machine stood still: they are not judged. "
        + f"Memory of all processes {first // 1024} MB after a quarter, {last // 1024} MB at the end ({last / first - 1:+.1%}). "
        + ", ".join(f"{count:,.0f} {name}" for name, count in faults.items())
        + ".\n"
    )
    print(text)
    for line, count in Counter(seen.wrong).most_common(10):
        print(f"  {count} x {line}")
    if not wanted.dry:
        with (HERE / "RESULTS.md").open("a") as file:
            file.write(text)
    sys.exit(1 if any(faults.values()) or last > 1.1 * first else 0)


if __name__ == "__main__":
    main()
