"""Plans against their proven bound and against today's practice: `make bench-plan`.

Writes instances with `make_instance.py`, plans each, and scores the answer with `score_plan.py`, which shares no code with the
planner. Both lie in `bench/plan` of the folder that DETENTE_BENCH names, `shared` beside the checkout by default. The budget is CPU
seconds of all threads, so that a busy machine changes little; starting Python is not in them.
"LP gap" is the distance to the checker's own linear bound, "proven" the planner's own, which covers and squad programs lift. Ratios
to CVSS first are of money, minutes are of outage.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from time import process_time

from detente.plan.columns import columns
from detente.plan.frontier import frontier
from detente.plan.instance import read
from detente.plan.solve import Budget, Effort, steps

HERE = Path(__file__).resolve().parent
OUTSIDE = Path(os.environ.get("DETENTE_BENCH") or HERE.parents[1] / "shared" / "bench") / "plan"
LARGE = 5_000  # above this the checker's own linear program takes longer than the plan


@dataclass(frozen=True)
class Case:
    """One instance and the CPU seconds to plan it in."""

    n: int
    seed: int
    tight: bool
    cpu: float


CASES = (
    *(Case(1_000, seed, tight, 2.7) for tight in (False, True) for seed in (1, 7, 11, 23)),
    Case(1_000, 1, False, 120),
    Case(5_000, 1, False, 60),
    Case(5_000, 1, True, 60),
    Case(20_000, 1, False, 60),
    Case(20_000, 1, True, 100),
)


def outside(*command):
    """Standard output of a script of the benchmark."""
    done = subprocess.run([sys.executable, *map(str, command)], check=False, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr + done.stdout)
    return done.stdout


def made(case, folder):
    """The problem of a case and the file it is in."""
    path = folder / "instance.json"
    tight = ("--tight",) if case.tight else ()
    outside(OUTSIDE / "make_instance.py", "-n", case.n, "--seed", case.seed, *tight, "-o", path)
    return read(path.read_bytes(), path.name), path


def planned(problem, cpu):
    """The planner's best within so many CPU seconds, and what it took."""
    began = process_time()
    with ThreadPoolExecutor(2) as pool:
        *_, last = steps(columns(problem), Effort(), Budget(cpu, lambda: process_time() - began), pool.map)
    return last, process_time() - began


def run(case, folder):
    """Plan and score one case; a line of the table."""
    problem, instance = made(case, folder)
    (found, cpu), answer = planned(problem, case.cpu), folder / "plan.json"
    answer.write_text(
        json.dumps({job.id: int(day) if day >= 0 else None for job, day in zip(problem.jobs, found.days, strict=True)})
    )
    bare = ("--no-lp",) if case.n > LARGE else ()
    scored = json.loads(outside(OUTSIDE / "score_plan.py", instance, answer, "--json", *bare))["results"]
    mine, fifo = scored["plan"], scored["cvss_fifo"]
    linear = f"{mine['lp_gap']:.2%}" if mine.get("lp_gap") is not None else "-"
    return (
        f"| {case.n:,} {'tight ' * case.tight}| {case.seed} | {cpu:.1f} | {mine['objective']:,.0f} | {linear} | {found.gap:.2%} "
        f"| {fifo['objective'] / mine['objective']:.2f} | {mine['outage_minutes']:.0f} / {fifo['outage_minutes']:.0f} |"
    )


def drawn(folder):
    """CPU seconds of the frontier beside a plan."""
    problem, _ = made(Case(1_000, 1, False, 3), folder)
    found, _ = planned(problem, 3)
    began = process_time()
    points = frontier(problem, found.days).points
    return f"Frontier at n = 1,000: {len(points)} points, {process_time() - began:.1f} CPU s beside the plan."


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--dry", action="store_true", help="do not append to RESULTS.md")
    options.add_argument("--most", type=int, default=20_000, help="leave larger instances out")
    asked = options.parse_args()
    if not (OUTSIDE / "make_instance.py").is_file():
        sys.exit(f"no instances to be had: {OUTSIDE} is not there, set DETENTE_BENCH")
    head = (
        "| fixes | seed | CPU s | objective | LP gap | proven | CVSS first costs | outage min, plan / CVSS first |\n"
        "|---|---|---|---|---|---|---|---|"
    )
    with tempfile.TemporaryDirectory() as name:
        folder, lines = Path(name), []
        for case in CASES:
            if case.n <= asked.most:
                lines.append(run(case, folder))
                print(lines[-1], flush=True)
        last = drawn(folder)
    machine = f"{os.cpu_count()} CPUs shared with other work, {platform.machine()}, Python {platform.python_version()}"
    text = f"\n## bench-plan, {date.today()}\n{machine}\n\n{head}\n" + "\n".join(lines) + f"\n\n{last}\n"
    print(last)
    if not asked.dry:
        with (HERE / "RESULTS.md").open("a") as file:
            file.write(text)


if __name__ == "__main__":
    main()
