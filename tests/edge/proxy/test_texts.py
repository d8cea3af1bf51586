"""Prompts through a real gateway: kept only where the accord says so, sealed, opened by who may, gone in time; else no byte is anywhere."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from typer.testing import CliRunner, Result

from detente.edge.cli import app
from detente.edge.clock import now
from detente.flows import log
from detente.flows.workspace import open_workspace
from edge.proxy.conftest import World
from edge.proxy.test_books import DECISION, page
from edge.proxy.test_worker import GATEWAY, asked, rest, started, until
from gateway.speakers import heard

MARK = "wombats-on-tuesday"
PASSWORD = "rT8kz" + "Qm4xW9bv"
PROMPT = f"the plan is {MARK}, at postgresql://shop:{PASSWORD}@db.internal:5432/orders"
ACCORD = "accord: 1\norganisation: Acme\ncurrency: EUR\nai: {{gateway: {{keep_prompts: {keeps}}}}}\n"


@contextmanager
def serving(world: World, folder: Path, keeps: str, *options: str) -> Iterator[tuple["subprocess.Popen[str]", int]]:
    (folder / "gateway.yaml").write_text(GATEWAY.format(port=world.main.port, models="m-*"))
    (folder / "accord.yaml").write_text(ACCORD.format(keeps=keeps))
    with started(folder, *options) as running:
        yield running


def exchange(port: int) -> str:
    """One that ended well; its id."""
    got = rest(asked(port, PROMPT))
    name = DECISION.search(got)
    assert name
    assert PASSWORD.encode() in got  # hidden on the way out, restored on the way back
    return name[1].decode()


def told(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["gateway", "log", *words, "--workspace", str(folder)])


def holding(folder: Path, text: str) -> list[str]:
    """The files with these bytes: database, journal, keys, settings."""
    return [path.name for path in folder.rglob("*") if path.is_file() and text.encode() in path.read_bytes()]


def test_what_the_accord_keeps_is_sealed_opened_and_removed(world: World, tmp_path: Path) -> None:
    with serving(world, tmp_path, "yes") as (_, port):
        name = exchange(port)
        assert holding(tmp_path, MARK) == []
    shown = json.loads(told(tmp_path, "show", name, "--reveal", "--by", "eve", "--json").stdout)
    assert MARK in shown["sent_text"]
    assert MARK in heard(shown["came_text"].encode())
    assert PASSWORD not in shown["sent_text"] + shown["came_text"]
    assert holding(tmp_path, MARK) == []
    place = open_workspace(tmp_path)
    assert log.prune(place, now() + timedelta(days=31)) == (0, 1)
    gone = told(tmp_path, "show", name, "--reveal")
    assert (gone.exit_code, "has no texts" in gone.stderr) == (2, True)
    assert told(tmp_path, "show", name).exit_code == 0
    place.engine.dispose()


def test_where_it_keeps_nothing_no_byte_is_anywhere(world: World, tmp_path: Path) -> None:
    events = tmp_path / "events.jsonl"
    with serving(world, tmp_path, "no", "--metrics", "127.0.0.1:0", "--events", str(events)) as (process, port):
        assert process.stderr
        metrics = int(process.stderr.readline().rpartition(":")[2].partition("/")[0])
        name = exchange(port)
        for text in (MARK, PASSWORD):
            assert holding(tmp_path, text) == []
        until(lambda: events.exists() and name in events.read_text())
        said = page(metrics)
        process.terminate()
        said += process.stderr.read()
    said += "".join(told(tmp_path, *words).stdout for words in ([], ["--json"], ["--ocsf"], ["show", name]))
    assert name in said
    for text in (MARK, PASSWORD):
        assert text not in said
        assert holding(tmp_path, text) == []
    assert told(tmp_path, "show", name, "--reveal").exit_code == 2
