"""Everything at once, for long: no planted secret leaves, memory does not grow, no record is lost. `make bench-soak`.

    python bench/soak.py [--requests 200000]

Clients of three dialects ask whole and streamed answers, with and without secrets, read slowly, hang up, send rubbish and wrong keys, of a
model server that fails, throttles, drops lines and breaks its own streams (hostile.py). The run fails where one promise is not kept.
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
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from gateway.speakers import SPEAKERS, heard, prompt

HERE = Path(__file__).resolve().parent

PLANT = secrets.token_hex(6)
"""In every planted secret, so that the model server knows one when it sees it."""

AT_ONCE = 64
MIX = {
    "plain": 30, "stream": 28, "secret": 8, "streamed secret": 12, "slow reader": 2, "hangs up": 4, "slow": 1,
    "429": 4, "500": 3, "reset": 3, "malformed": 2, "rubbish": 2, "wrong key": 1,
}  # fmt: skip
STATUS = {"429": 429, "500": 500, "rubbish": 400, "wrong key": 401, "plain": 200, "secret": 200}


@dataclass
class Seen:
    """What came of it."""

    done: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
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
        if kind in ("429", "500", "reset", "malformed", "slow")
        else "json"
        if kind in ("plain", "secret")
        else "stream"
    )
    said = f"Repeat this. [[echo]]{text}[[/echo]] [[do={do}]]" + " filler of a long prompt" * chance.randrange(60)
    streams = do not in ("json", "429", "500")
    body = prompt(speaker.endpoint, said, stream=streams)
    return speaker.path, b"{" + body[:-1] if kind == "rubbish" else body, text


async def one(kind, port, key, chance, seen):
    path, body, text = asked(kind, chance)
    head = f"POST {path} HTTP/1.1\r\nhost: g\r\nauthorization: Bearer {key if kind != 'wrong key' else key[::-1]}\r\n"
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
    if status != STATUS.get(kind, 200):
        seen.wrong.append(f"{kind}: status {status}")
    elif kind in ("plain", "secret") and text not in heard(body, whole=True):
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


async def drive(count, port, key, workers, seen):
    """So many requests, so many at once; memory is read twenty times."""
    chance, left = random.Random(20261125), iter(range(count))
    kinds, weights = list(MIX), list(MIX.values())

    async def client():
        for number in left:
            try:
                await one(chance.choices(kinds, weights)[0], port, key, chance, seen)
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
    options.add_argument("--dry", action="store_true", help="do not append to RESULTS.md")
    wanted = options.parse_args()
    key, up, port, seen = secrets.token_urlsafe(32), free(), free(), Seen()
    with tempfile.TemporaryDirectory() as home:
        model = subprocess.Popen([sys.executable, HERE / "hostile.py", str(up), PLANT])
        command = [sys.executable, "-c", "from detente.edge.cli import main; main()", "gateway"]
        more = ["--listen", f"127.0.0.1:{port}", "--upstream", f"http://127.0.0.1:{up}", "--workers", "2"]
        gateway = subprocess.Popen(
            [*command, *more], env=os.environ | {"DETENTE_GATEWAY_KEY": key, "DETENTE_HOME": home}
        )
        wait(up), wait(port)
        began = time.monotonic()
        asyncio.run(drive(wanted.requests, port, key, lambda: family(gateway.pid), seen))
        seconds = time.monotonic() - began
        model_saw = json.load(urllib.request.urlopen(f"http://127.0.0.1:{up}/count"))
        gateway.terminate()
        gateway.wait(30)
        model.terminate()
        kept = records(home)
    report(wanted, seen, model_saw, kept, seconds)


def records(home):
    """How many exchanges the workspace has a record of, once the last of the journal is in."""
    with sqlite3.connect(Path(home) / "detente.db") as database:
        return database.execute("SELECT count(*) FROM exchange").fetchone()[0]


def report(wanted, seen, model_saw, kept, seconds):
    known = sum(seen.done.values()) - seen.done["wrong key"]
    first, last = seen.memory[len(seen.memory) // 4], seen.memory[-1]
    faults = {
        "planted secrets that reached the model": model_saw["leaked"],
        "wrong answers": len(seen.wrong),
        "records missing": known - kept,
    }
    machine = f"{os.cpu_count()} CPUs, {platform.machine()}, Python {platform.python_version()}"
    text = (
        f"\n## bench-soak, {date.today()}\n{machine}\n\n{sum(seen.done.values()):,} requests in {seconds:.0f} s, {AT_ONCE} at once: "
        + ", ".join(f"{count:,} {kind}" for kind, count in seen.done.most_common())
        + f".\n\nMemory of all processes {first // 1024} MB after a quarter, {last // 1024} MB at the end ({last / first - 1:+.1%}). "
        + ", ".join(f"{count} {name}" for name, count in faults.items())
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
