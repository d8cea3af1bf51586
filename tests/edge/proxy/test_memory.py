"""A worker's memory after its start."""

import subprocess
import sys
from pathlib import Path

import pytest

STARTED = """
import hyperscan
from pathlib import Path
from detente.edge.proxy import memory

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

def found(text):
    hits = []
    rules.scan(text, match_event_handler=lambda rule, *_: hits.append(rule))
    return hits

memory.share_heap()
rules = hyperscan.Database()
rules.compile(expressions=[b"[a-z]{3,9}%d" % at for at in range(50)], ids=list(range(50)), elements=50, flags=0)
before = found(b"abc7"), resident()
memory.settle()
print(before[1] - resident() > 1_000_000, found(b"abc7") == before[0] == [7])
"""


@pytest.mark.skipif(not Path("/proc/self/smaps").exists(), reason="smaps is Linux's")
def test_code_that_only_the_start_needed_leaves_memory_and_comes_back_when_it_runs():
    pytest.importorskip("hyperscan")
    done = subprocess.run([sys.executable, "-c", STARTED], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True"]
