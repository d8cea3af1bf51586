"""Real gateways that are killed: no ended exchange is lost, all workers are counted on one page, and no text is anywhere."""

import json
import os
import random
import re
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from typer.testing import CliRunner

from detente.edge.cli import app
from edge.proxy.conftest import World
from edge.proxy.test_worker import GATEWAY, asked, rest, started

PROMPT = "a sentence that nobody writes down"
DECISION = re.compile(rb"x-detente-decision: (\S+)")


def children(process: subprocess.Popen[str]) -> list[int]:
    return list(map(int, Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()))


def ended(port: int, count: int) -> Iterator[str]:
    """The ids of those exchanges whose answer came whole."""
    for _ in range(count):
        try:
            got = rest(asked(port, PROMPT))
        except OSError:
            continue  # its worker was killed
        name = DECISION.search(got)
        if name and got.endswith(b"\r\n0\r\n\r\n"):
            yield name[1].decode()


def logged(folder: Path, *words: str) -> str:
    done = CliRunner().invoke(app, ["gateway", "log", *words, "--limit", "10000", "--workspace", str(folder)])
    assert done.exit_code == 0, done.stderr
    return done.stdout


def page(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as got:
        return str(got.read(), "utf-8")


def counted(port: int) -> float:
    return sum(map(float, re.findall(r"^detente_gateway_exchanges_total{.*} (\S+)", page(port), re.MULTILINE)))


def test_killed_workers_lose_no_ended_exchange(world: World, tmp_path: Path) -> None:
    (tmp_path / "gateway.yaml").write_text(GATEWAY.format(port=world.main.port, models="m-*"))
    dice = random.Random(11)
    with started(tmp_path, "--workers", "2") as (process, port), ThreadPoolExecutor(4) as pool:
        assert list(ended(port, 1))  # its workers are there
        asking = [pool.submit(lambda: list(ended(port, 60))) for _ in range(4)]
        for _ in range(2):
            time.sleep(dice.uniform(0.05, 0.3))
            os.kill(dice.choice(children(process)), signal.SIGKILL)
        names = {name for some in asking for name in some.result()}
    outcomes = {one["id"]: one["outcome"] for one in json.loads(logged(tmp_path, "--json"))["exchanges"]}
    assert names
    assert {outcomes.get(name) for name in names} == {"passed"}


def test_one_page_counts_all_workers_and_nothing_holds_a_prompt(world: World, tmp_path: Path) -> None:
    (tmp_path / "gateway.yaml").write_text(GATEWAY.format(port=world.main.port, models="m-*"))
    with started(tmp_path, "--workers", "2", "--metrics", "127.0.0.1:0") as (process, port):
        assert process.stderr
        found = re.search(r"Metrics: http://127.0.0.1:(\d+)/metrics", process.stderr.readline())
        assert found
        metrics = int(found[1])
        names = [name for _ in range(8) for name in ended(port, 1)]
        ends = time.monotonic() + 20
        while counted(metrics) < len(names) and time.monotonic() < ends:
            time.sleep(0.1)
        assert counted(metrics) == len(names) == 8
        told = page(metrics)
        reader = next(one for one in children(process) if _reads(one))
        os.kill(reader, signal.SIGKILL)  # the other one takes the page over
        assert "detente_gateway_exchanges_open 0.0" in page(metrics)
    said = [told, logged(tmp_path), logged(tmp_path, "--json"), logged(tmp_path, "--ocsf")]
    assert not any(PROMPT in text for text in said)
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert kept
    assert not any(PROMPT.encode() in path.read_bytes() for path in kept)


def _reads(pid: int) -> bool:
    """Whether this worker holds the right to read the journal."""
    return any(one.readlink().name == ".reader" for one in Path(f"/proc/{pid}/fd").iterdir())
