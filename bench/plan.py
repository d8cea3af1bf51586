"""Plans against their proven bound and against today's practice: `make bench-plan`.

Writes instances with `make_instance.py`, plans each with `detente plan --problem`, and scores the answer with `score_plan.py`, which
shares no code with the planner. Both lie in `bench/plan` of the folder that DETENTE_BENCH names, `shared` beside the checkout by default.
"LP gap" is the distance to the checker's own linear bound, "proven" the planner's own, which its squad programs lift. Ratios to
CVSS first are of money, minutes are of outage.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from time import monotonic

HERE = Path(__file__).resolve().parent
OUTSIDE = Path(os.environ.get("DETENTE_BENCH") or HERE.parents[1] / "shared" / "bench") / "plan"


@dataclass(frozen=True)
class Case:
    """One instance and how long to plan it."""

    n: int
    seed: int
    tight: bool
    seconds: int


CASES = (
    Case(1_000, 1, False, 1),
    Case(1_000, 2, False, 1),
    Case(1_000, 1, False, 60),
    Case(1_000, 2, False, 60),
    Case(1_000, 1, True, 60),
    Case(1_000, 2, True, 60),
    Case(5_000, 1, False, 60),
    Case(5_000, 1, True, 60),
    Case(20_000, 1, False, 300),
)


def measured(command):
    """Standard output of a command with its CPU and wall seconds."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), monotonic()
    done = subprocess.run([sys.executable, *map(str, command)], check=False, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(done.stderr + done.stdout)
    return done.stdout, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, monotonic() - began


def run(case, folder):
    """Plan and score one case; a line of the table."""
    instance, answer = folder / "instance.json", folder / "plan.json"
    tight = ("--tight",) if case.tight else ()
    measured((OUTSIDE / "make_instance.py", "-n", case.n, "--seed", case.seed, *tight, "-o", instance))
    detente = ("-c", "from detente.edge.cli import main; main()", "plan", "--problem", instance, "--json")
    text, cpu, wall = measured((*detente, "--seconds", case.seconds))
    answer.write_text(text)
    scored = json.loads(measured((OUTSIDE / "score_plan.py", instance, answer, "--json"))[0])["results"]
    mine, fifo, told = scored["plan"], scored["cvss_fifo"], json.loads(text)
    return (
        f"| {case.n:,} {'tight ' * case.tight}| {case.seed} | {cpu:.1f} | {wall:.1f} | {mine['objective']:,.0f} | {mine['lp_gap']:.2%} "
        f"| {told['gap']:.2%} | {fifo['objective'] / mine['objective']:.2f} | {mine['outage_minutes']:.0f} / {fifo['outage_minutes']:.0f} |"
    )


def drawn(folder):
    """CPU seconds of the frontier alone, beside a plan."""
    instance = folder / "instance.json"
    measured((OUTSIDE / "make_instance.py", "-n", 1000, "--seed", 1, "-o", instance))
    detente = (
        "-c",
        "from detente.edge.cli import main; main()",
        "plan",
        "--problem",
        instance,
        "--json",
        "--seconds",
        1,
    )
    _, plain, _ = measured(detente)
    text, both, _ = measured((*detente, "--frontier"))
    return f"Frontier at n = 1,000: {len(json.loads(text)['frontier'])} points, {both - plain:.1f} CPU s beside the plan's {plain:.1f}."


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--dry", action="store_true", help="do not append to RESULTS.md")
    options.add_argument("--most", type=int, default=20_000, help="leave larger instances out")
    asked = options.parse_args()
    if not (OUTSIDE / "make_instance.py").is_file():
        sys.exit(f"no instances to be had: {OUTSIDE} is not there, set DETENTE_BENCH")
    head = (
        "| fixes | seed | CPU s | wall s | objective | LP gap | proven | CVSS first costs | outage min, plan / CVSS first |\n"
        "|---|---|---|---|---|---|---|---|---|"
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
