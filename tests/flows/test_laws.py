"""The laws of design section 5 that hold over any reports, on a real workspace: repetition, order, history, nothing half."""

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from detente.flows import patch
from detente.flows.intake import Intake, Order, Outcome
from detente.flows.workspace import open_workspace
from reports import grype, moment, trivy, vex, weakness

CVES = [f"CVE-2024-{number}" for number in range(1001, 1005)]
Told = tuple[str, str, int, frozenset[str]]

tellings = st.lists(
    st.tuples(
        st.sampled_from(["trivy", "grype", "vex"]),
        st.sampled_from(["shop:1", "till:1"]),
        st.integers(0, 9),
        st.frozensets(st.sampled_from(CVES), max_size=3),
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda told: told[2],
)


def written(told: Told) -> list[bytes]:
    """The reports of one day."""
    tool, image, day, found = told
    if tool == "trivy":
        return [trivy(image, [weakness(cve) for cve in sorted(found)], day)]
    if tool == "grype":
        return [grype(image, [(cve, "openssl") for cve in sorted(found)], day)]
    return [vex("openssl", cve, "not_affected" if day % 2 else "affected", day) for cve in sorted(found)]


@cache
def template() -> Path:
    """A workspace with an empty database, made once."""
    folder = Path(tempfile.mkdtemp())
    open_workspace(folder).engine.dispose()
    return folder


def after(reports: Sequence[bytes]) -> tuple[set[tuple[str, str, str]], list[Outcome]]:
    """The open findings, and what each report did, when they arrive in this order."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(template(), Path(folder) / "w")
        workspace = open_workspace(Path(folder) / "w")
        outcomes = []
        for number, content in enumerate(reports):
            path = Path(folder) / f"{number}.json"
            path.write_bytes(content)
            outcomes += Intake(workspace.engine, workspace.lake).take([str(path)], Order(lambda: moment(50)))
        queue = patch.queue(workspace, moment(60), everything=True)
        workspace.engine.dispose()
    return {(one.asset, one.component, one.vulnerability) for fix in queue.fixes for one in fix.findings}, outcomes


def expected(tellings: Sequence[Told]) -> set[tuple[str, str, str]]:
    """The slow, obvious fold: the last report of each tool on each asset, less what the last statement takes away."""
    last: dict[tuple[str, str], tuple[int, frozenset[str]]] = {}
    said: dict[str, int] = {}
    for tool, image, day, found in sorted(tellings, key=lambda told: told[2]):
        if tool == "vex":
            said |= dict.fromkeys(found, day)
        else:
            last[tool, image] = (day, found)
    shown = {(f"image:{image}", cve) for (_, image), (_, found) in last.items() for cve in found}
    return {(asset, "pkg:deb/openssl", cve) for asset, cve in shown if said.get(cve, 0) % 2 == 0}


@settings(max_examples=15, deadline=None)
@given(tellings, st.randoms(use_true_random=False))
def test_state_is_a_fold_of_reports_in_any_order_and_number(told: list[Told], chance: random.Random) -> None:
    reports = [content for one in told for content in written(one)]
    shuffled = [*reports, *chance.choices(reports, k=2)] if reports else []
    chance.shuffle(shuffled)
    found, outcomes = after(shuffled)
    assert found == expected(told)
    assert all(one.results == one.findings + one.merged + one.quarantined for one in outcomes)


CHILD = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from detente.flows.intake import Intake, Order
from detente.flows.workspace import open_workspace
workspace = open_workspace(Path(sys.argv[1]))
print("ready", flush=True)
for outcome in Intake(workspace.engine, workspace.lake).take(sys.argv[2:], Order(lambda: datetime(2026, 5, 1, tzinfo=UTC))):
    print(outcome.file, flush=True)
"""


def child(workspace: Path, reports: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, str(workspace), str(reports)], stdout=subprocess.PIPE, text=True, env=os.environ
    )


def many(folder: Path, files: int = 6, findings: int = 400) -> Path:
    folder.mkdir()
    for number in range(files):
        found = [weakness(f"CVE-2024-{1000 + n}", f"package-{n % 37}") for n in range(findings)]
        (folder / f"{number}.json").write_bytes(trivy(f"shop-{number}:1", found, day=number))
    return folder


def test_kill_at_any_moment_loses_and_doubles_nothing(tmp_path: Path) -> None:
    reports, workspace = many(tmp_path / "reports"), tmp_path / "workspace"
    chance = random.Random(7)
    for _ in range(6):
        victim = child(workspace, reports)
        assert victim.stdout is not None
        assert victim.stdout.readline() == "ready\n"
        time.sleep(chance.uniform(0, 0.25))
        victim.send_signal(signal.SIGKILL)
        victim.wait()
        victim.stdout.close()
    survivor = child(workspace, reports)
    survivor.communicate()
    assert survivor.returncode == 0
    opened = open_workspace(workspace)
    assert patch.queue(opened, moment(90)).findings == 6 * 400
    opened.engine.dispose()


def test_two_ingests_at_once_both_succeed(tmp_path: Path) -> None:
    reports, workspace = many(tmp_path / "reports", files=4), tmp_path / "workspace"
    both = [child(workspace, reports) for _ in range(2)]
    for one in both:
        one.communicate()
    assert [one.returncode for one in both] == [0, 0]
    opened = open_workspace(workspace)
    assert patch.queue(opened, moment(90)).findings == 4 * 400
    opened.engine.dispose()
