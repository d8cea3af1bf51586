"""The gateway beside others, in one run: CPU a request, latency added, memory; Détente inspects everything, the others nothing.

    python bench/proxy.py [--peers detente,floor,nginx,envoy,litellm] [--rounds 3] [--seconds 3] [--dry]

CPU is that of the whole process tree; rounds are interleaved, so that all peers meet the same noise: trust the ratios. `fresh` prompts
differ in every request, so that no cache of blocks helps; the others repeat, as an assistant repeats its history.
"""

import argparse
import asyncio
import json
import os
import platform
import random
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import uvloop

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from peers import PEERS, Peer, start, there  # noqa: E402 - beside this file

TICK, PAGE = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
WORDS = [
    "value",
    "index",
    "result",
    "handler",
    "session",
    "request",
    "account",
    "total",
    "price",
    "config",
    "loader",
    "parser",
    "buffer",
    "record",
]
SCENES = {
    "2 KB": (1, 1_700, False),
    "2 KB fresh": (1, 1_700, False),
    "40 KB": (10, 3_900, False),
    "stream of 100": (1, 1_700, True),
}
GOALS = {  # at most so many times the CPU of the peer; below 1: so many times less
    ("nginx", "2 KB"): 4, ("nginx", "40 KB"): 8, ("envoy", "2 KB"): 1.5, ("envoy", "40 KB"): 3,
    ("litellm", "2 KB"): 1 / 100, ("litellm", "40 KB"): 1 / 50, ("litellm", "stream of 100"): 1 / 60,
    ("portkey", "2 KB"): 1 / 30, ("portkey", "40 KB"): 1 / 15,
}  # fmt: skip


def code(size: int, rng: random.Random) -> str:
    """Something like a source file."""
    lines: list[str] = []
    while sum(map(len, lines)) < size:
        a, b, c = rng.choices(WORDS, k=3)
        lines += [
            f"def {a}_{b}({c}, limit):\n",
            f"    {a} = [{b}.{c} for {b} in {c} if {b} is not None]\n",
            f"    return {a}[:limit]\n\n",
        ]
    return "".join(lines)[:size]


def bodies(scene: str) -> list[bytes]:
    """The requests of a scene, one after the other."""
    turns, size, stream = SCENES[scene]
    made = []
    for seed in range(500 if "fresh" in scene else 1):
        rng = random.Random(seed)
        said = [{"role": "assistant" if at % 2 else "user", "content": code(size, rng)} for at in range(turns - 1)]
        said.append({"role": "user", "content": code(size, rng)})
        made.append(json.dumps({"model": "gpt-4o", "stream": stream, "messages": said}).encode())
    return made


@dataclass
class Load:
    """What the clients saw."""

    asked: list[bytes]
    ends: float
    n: int = 0
    bad: int = 0
    waits: list[float] = field(default_factory=list)
    open: int = 0


class Client(asyncio.Protocol):
    """One connection that asks again and again."""

    def __init__(self, load: Load, done: asyncio.Event) -> None:
        self.load, self.done = load, done

    def connection_made(self, transport):
        self.transport = transport
        self.load.open += 1
        self.ask()

    def ask(self):
        load = self.load
        self.got, self.begun = bytearray(), time.perf_counter()
        self.transport.write(load.asked[load.n % len(load.asked)])
        load.n += 1

    def data_received(self, data):
        self.got += data
        if not self.complete():
            return
        self.load.waits.append(time.perf_counter() - self.begun)
        self.load.bad += not self.got.startswith(b"HTTP/1.1 200")
        if time.perf_counter() < self.load.ends:
            self.ask()
        else:
            self.transport.close()

    def complete(self):
        end = self.got.find(b"\r\n\r\n")
        if end < 0:
            return False
        head = bytes(self.got[:end]).lower()
        if b"content-length:" in head:
            return len(self.got) >= end + 4 + int(head.partition(b"content-length:")[2].split(b"\r\n")[0])
        return self.got.endswith(b"\r\n0\r\n\r\n")

    def connection_lost(self, exc):
        self.load.open -= 1
        if not self.load.open:
            self.done.set()


async def drive(port: int, asked: list[bytes], connections: int, seconds: float) -> Load:
    load, done = Load(asked, time.perf_counter() + seconds), asyncio.Event()
    loop = asyncio.get_running_loop()
    for _ in range(connections):
        await loop.create_connection(lambda: Client(load, done), "127.0.0.1", port)
    await asyncio.wait_for(done.wait(), seconds + 120)
    return load


def tree(pid: int) -> list[int]:
    """A process and all below it."""
    below: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            below.setdefault(int(entry.read_text().rpartition(")")[2].split()[1]), []).append(int(entry.parent.name))
        except OSError:
            continue
    found = [pid]
    for one in found:
        found += below.get(one, [])
    return found


def used(pid: int) -> tuple[float, float]:
    """CPU seconds, children that ended included, and MB in memory."""
    cpu = pages = 0
    for one in tree(pid):
        try:
            facts = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        cpu += sum(map(int, facts[11:15]))
        pages += int(facts[21])
    return cpu / TICK, pages * PAGE / 1e6


def free() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


@contextmanager
def running(command: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    try:
        yield command
    finally:
        for pid in reversed(tree(command.pid)):
            os.kill(pid, signal.SIGTERM)
        try:
            command.wait(5)
        except subprocess.TimeoutExpired:
            for pid in reversed(tree(command.pid)):
                os.kill(pid, signal.SIGKILL)
            command.wait()


@dataclass
class Target:
    peer: Peer
    port: int
    pid: int
    upstream: int
    cpu_ms: dict[str, list[float]] = field(default_factory=dict)
    waits: dict[str, float] = field(default_factory=dict)
    mb: float = 0.0

    def asked(self, scene: str) -> list[bytes]:
        headers = {"host": "a", "content-type": "application/json", **self.peer.headers}
        lines = "".join(f"{name}: {value.format(upstream=self.upstream)}\r\n" for name, value in headers.items())
        head = f"POST /v1/chat/completions HTTP/1.1\r\n{lines}"
        return [f"{head}content-length: {len(body)}\r\n\r\n".encode() + body for body in bodies(scene)]

    def measure(self, scene: str, seconds: float) -> None:
        before, _ = used(self.pid)
        load = uvloop.run(drive(self.port, self.asked(scene), self.peer.connections, seconds))
        after, mb = used(self.pid)
        if load.bad:
            print(f"{self.peer.name}, {scene}: {load.bad} of {load.n} were no 200", file=sys.stderr)
            return
        self.cpu_ms.setdefault(scene, []).append((after - before) / load.n * 1e3)
        self.mb = max(self.mb, mb)

    def alone(self, scene: str, seconds: float) -> None:
        """Latency with one connection at a time."""
        load = uvloop.run(drive(self.port, self.asked(scene), 1, seconds))
        self.waits[scene] = statistics.median(load.waits) * 1e3


def ready(target: Target) -> bool:
    ends = time.monotonic() + 180
    while time.monotonic() < ends:
        try:
            if not uvloop.run(drive(target.port, target.asked("2 KB"), 1, 0)).bad:
                return True
        except OSError:
            pass
        time.sleep(0.5)
    return False


def compared(targets: dict[str, Target], direct: dict[str, float]) -> Iterator[str]:
    """The table, and what was reached."""
    own = targets["detente"]
    yield "| gateway | " + " | ".join(f"{scene}: CPU ms, x" for scene in SCENES) + " | added p50 ms, 2 / 40 KB | MB |"
    yield "|---|" + "---:|" * (len(SCENES) + 2)
    for name, target in targets.items():
        cells = []
        for scene in SCENES:
            found, ours = target.cpu_ms.get(scene, []), own.cpu_ms.get(scene, [])
            ratio = statistics.median(b / a for a, b in zip(ours, found, strict=False)) if found and ours else 0
            cells.append(f"{statistics.median(found):.3f}, {ratio:.2f}" if found else "-")
        added = " / ".join(f"{target.waits[scene] - direct[scene]:.2f}" for scene in direct)
        yield f"| {name} | {' | '.join(cells)} | {added} | {target.mb:.0f} |"
    yield "\nx is the CPU of the gateway over that of Détente in the same round, median of rounds.\n"
    for (name, scene), most in GOALS.items():
        found = targets[name].cpu_ms.get(scene, []) if name in targets else []
        if found:
            ratio = statistics.median(a / b for a, b in zip(own.cpu_ms[scene], found, strict=False))
            goal, got = (
                (f"<= {most:g} x", f"{ratio:.2f} x")
                if most >= 1
                else (f">= {1 / most:.0f} times less", f"{1 / ratio:.0f} times less")
            )
            yield f"- against {name}, {scene}: {got}, goal {goal}: {'reached' if ratio <= most else 'missed'}"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--peers", default="detente,floor,nginx,haproxy,envoy,litellm,portkey")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--seconds", type=float, default=3)
    options.add_argument("--dry", action="store_true", help="do not append to RESULTS.md")
    chosen = options.parse_args()
    with ExitStack() as stack:
        work, upstream = Path(stack.enter_context(tempfile.TemporaryDirectory())), free()
        stack.enter_context(running(subprocess.Popen([sys.executable, str(HERE / "vendor.py"), str(upstream), "0"])))
        targets: dict[str, Target] = {}
        for peer in (PEERS[name] for name in chosen.peers.split(",")):
            if not there(peer):
                print(f"{peer.name} is not here", file=sys.stderr)
                continue
            port = free()
            process = stack.enter_context(running(start(peer, port, upstream, work / peer.name)))
            target = Target(peer, port, process.pid, upstream)
            if not ready(target):
                print(f"{peer.name} did not start: {(work / peer.name / 'log').read_text()[-500:]}", file=sys.stderr)
                continue
            uvloop.run(drive(port, target.asked("2 KB"), 8, peer.warm_s))
            targets[peer.name] = target
        for _ in range(chosen.rounds):
            for scene in SCENES:
                for target in targets.values():
                    target.measure(scene, chosen.seconds)
        direct = Target(PEERS["floor"], upstream, 0, upstream)
        for one in (direct, *targets.values()):
            for scene in ("2 KB", "40 KB"):
                one.alone(scene, 2)
        load = os.getloadavg()[0]
        text = "\n".join(compared(targets, direct.waits))
    title = f"## bench-gateway, {datetime.now(UTC):%Y-%m-%d}\nPython {platform.python_version()}, one worker, load {load:.1f} on {os.cpu_count()} cores, {chosen.rounds} rounds of {chosen.seconds:g} s\n"
    print(f"\n{title}\n{text}")
    if not chosen.dry:
        with (HERE / "RESULTS.md").open("a") as file:
            file.write(f"\n{title}\n{text}\n")


if __name__ == "__main__":
    main()
