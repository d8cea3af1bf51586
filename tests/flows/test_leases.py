"""One budget and 64 callers in 4 processes, on SQLite and PostgreSQL; and a process that is killed with its share in hand."""

import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from sqlalchemy import text

from detente.edge import clock
from detente.flows import keys
from detente.flows.workspace import Workspace
from detente.model.key import Grant

CHILD = """
import sys, threading, time
from datetime import UTC, datetime
from pathlib import Path
from detente.flows.tenancy import open_gatekeeper
from detente.flows.workspace import open_workspace
from detente.gateway.admission import Ask, ShortError
from detente.gateway.dialects.dialect import Usage
from detente.model.errors import DetenteError

folder, url, key, callers = Path(sys.argv[1]), sys.argv[2], sys.argv[3].encode(), int(sys.argv[4])
keeper = open_gatekeeper(open_workspace(folder, url), lambda: datetime.now(UTC), patience_s=0.05)
loop, start = threading.Lock(), threading.Barrier(callers)

def call(model, spent):
    start.wait()
    while True:
        at = datetime.now(UTC).timestamp()
        try:
            with loop:  # a worker asks on one thread and renews on others
                held = keeper.reserve(keeper.identify(key, at), Ask(endpoint="chat", model=model, prompt=0, answer=1), at)
                keeper.settle(held, Usage(0, 1), at)
            return spent.append(1)
        except ShortError:
            keeper.renew()
        except DetenteError as error:
            assert error.code == "gateway-budget", error
            return

print("ready", flush=True)
for model in iter(sys.stdin.readline, "end\\n"):
    spent = []
    threads = [threading.Thread(target=call, args=(model.strip(), spent)) for _ in range(callers)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    print(len(spent), flush=True)
keeper.close()
"""


@pytest.fixture
def spenders(workspace: Workspace, database_url: str) -> "Spenders":
    workspace.folder.mkdir(parents=True)
    (workspace.folder / "prices.yaml").write_text(
        "models: {unit: {read: 0 EUR, written: 1M EUR}, large: {read: 0 EUR, written: 40M EUR}}"
    )
    return Spenders(workspace, database_url)


class Spenders:
    """Worker processes of one company. A unit costs one euro."""

    def __init__(self, workspace: Workspace, url: str) -> None:
        self.workspace, self.url = workspace, url

    def company(self, units: int) -> str:
        """A budget, and a key that spends it."""
        budget = f"ai: {{gateway: {{budgets: {{per_squad_per_month: {units} EUR}}}}}}\n"
        (self.workspace.folder / "accord.yaml").write_text(f"accord: 1\norganisation: A\ncurrency: EUR\n{budget}")
        grant = Grant(tenant="acme", squad="pay")
        return keys.issue(self.workspace, grant, lasts=timedelta(days=1), issuer="eve", at=clock.now())[0]

    def start(self, key: str, count: int, callers: int) -> list["subprocess.Popen[str]"]:
        """Processes that stand ready, so that all begin at once."""
        command = [sys.executable, "-c", CHILD, str(self.workspace.folder), self.url, key, str(callers)]
        pipe = subprocess.PIPE
        found = [subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) for _ in range(count)]
        assert [said(one) for one in found] == ["ready"] * count
        return found

    def held(self) -> float:
        """What all hold, in units."""
        with self.workspace.engine.connect() as connection:
            sums = (
                connection.execute(text("SELECT sum(held) FROM budget UNION ALL SELECT sum(held) FROM lease"))
                .scalars()
                .all()
            )
        assert sums[0] == sums[1]
        return int(sums[0]) / 10**9


def said(process: "subprocess.Popen[str]") -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def go(process: "subprocess.Popen[str]", word: str) -> None:
    assert process.stdin
    process.stdin.write(f"{word}\n")
    process.stdin.flush()


def test_sixty_four_callers_in_four_processes_never_spend_more(spenders: Spenders) -> None:
    workers = spenders.start(spenders.company(80), 4, 16)
    counts = []
    for model in (
        "large",
        "unit",
        "unit",
    ):  # 40 units each, until the last of them; then what is left of it, one by one
        for worker in workers:
            go(worker, model)
        counts.append(sum(int(said(worker)) for worker in workers))
        assert counts[0] * 40 + sum(counts[1:]) <= spenders.held() <= 80
    for worker in workers:
        go(worker, "end")
        worker.communicate()
    assert counts[0] in (1, 2)
    assert spenders.held() == counts[0] * 40 + sum(counts[1:]) >= 75


def test_a_killed_worker_takes_no_more_than_its_share_with_it(spenders: Spenders) -> None:
    key = spenders.company(20)
    (dead,) = spenders.start(key, 1, 5)
    go(dead, "unit")
    assert said(dead) == "5"
    dead.send_signal(signal.SIGKILL)
    dead.communicate()
    share = spenders.held()
    assert 5 <= share <= 7
    (alive,) = spenders.start(key, 1, 30)
    go(alive, "unit")
    assert int(said(alive)) == int(20 - share)
    go(alive, "end")
    alive.communicate()
