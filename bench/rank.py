"""Exploited CVEs caught at 5 % effort: `make bench-rank`.

Imports the corpus into a fresh workspace and asks `detente intel rank` for the order as of a day T. A CVE counts as caught
when it is in the first 1, 5, 10 or 20 % of all CVEs that had an EPSS score and were published at T and were not in KEV
when the window opened; what had to be caught is what entered KEV within the window. Every coefficient set is fitted by
`detente intel refit` on labels that end where its window opens; the list of features was chosen with the first three windows
in view (design/004), so they flatter it. The interval is a 95 % bootstrap over the positives, the
difference against EPSS is paired, ties count in expectation.
"""

import argparse
import csv
import gzip
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

import numpy as np
import pyarrow.parquet as pq

EFFORT = (1, 5, 10, 20)
DRAWS = 2000
HERE = Path(__file__).resolve().parent
CORPUS = Path(os.environ.get("DETENTE_CORPUS") or HERE.parents[1] / "shared" / "data") / "intel"

CAVEAT = """No weight was fitted on the window that judges it. The feature list `lean` was chosen with the first three windows in view
(design/004): they are optimistic for the choice of features. The first three share features and positives."""


@dataclass(frozen=True)
class Split:
    """Features at `at`; fitted at `fit_at` on labels to `opens`; judged on KEV additions in (opens, closes]."""

    at: str
    fit_at: str
    opens: str
    closes: str
    features: str = "lean"


SPLITS = (
    Split("2024-03-04", "2024-03-04", "2024-06-30", "2024-12-31"),
    Split("2024-03-04", "2024-03-04", "2024-09-30", "2025-06-30"),
    Split("2024-03-04", "2024-03-04", "2024-12-31", "2025-06-30"),
    Split("2024-03-04", "2023-10-27", "2024-03-04", "2025-03-04", "lean_no_poc"),
)


def detente(*arguments):
    run = [sys.executable, "-c", "from detente.edge.cli.intel import app; app()", *map(str, arguments)]
    return subprocess.run(run, check=True, capture_output=True, text=True).stdout


def population(at):
    """EPSS of every CVE scored and published at T, and the day each CVE entered KEV."""
    with gzip.open(CORPUS / f"epss_scores-{at}.csv.gz", "rt") as file:
        next(file)
        epss = {row["cve"]: float(row["epss"]) for row in csv.DictReader(file)}
    table = pq.read_table(CORPUS / "cve.parquet", columns=["cve", "published"]).to_pydict()
    day = date.fromisoformat(at)
    unborn = {c for c, p in zip(table["cve"], table["published"], strict=True) if p is not None and p.date() > day}
    with (CORPUS / "known_exploited_vulnerabilities.csv").open(newline="") as file:
        kev = {row["cveID"]: row["dateAdded"] for row in csv.DictReader(file)}
    return {cve: score for cve, score in epss.items() if cve not in unborn}, kev


def caught(score, positives):
    """For each positive and effort the probability of being within it, ties in random order."""
    falling = np.sort(score)[::-1]
    rows = []
    for effort in EFFORT:
        cut = max(1, round(len(score) * effort / 100))
        bar = falling[cut - 1]
        above, equal = (score > bar).sum(), (score == bar).sum()
        mine = score[positives]
        rows.append(np.where(mine > bar, 1.0, np.where(mine == bar, (cut - above) / equal, 0.0)))
    return np.array(rows)


def judge(split, ours, epss, kev):
    """Coverage at each effort, with the paired difference to EPSS and its interval, in percent."""
    cves = [cve for cve in epss if not kev.get(cve, "9999") <= split.opens]
    positives = np.flatnonzero([split.opens < kev.get(cve, "") <= split.closes for cve in cves])
    lowest = min(ours.values()) - 1
    hits = caught(np.array([ours.get(cve, lowest) for cve in cves]), positives)
    base = caught(np.array([epss[cve] for cve in cves]), positives)
    draws = np.random.default_rng(7).integers(0, len(positives), (DRAWS, len(positives)))
    bounds = [np.percentile(x[:, draws].mean(2), [2.5, 97.5], axis=1).T for x in (hits, hits - base)]
    means = [x.mean(1) for x in (hits, base, hits - base)]
    return len(cves), len(positives), *(100 * x for x in (*means, *bounds))


def run(split, workspace):
    """Fit, rank and judge one split; a line of the table."""
    weights, ids = workspace / "coefficients.json", workspace / "ids.txt"
    home = ("--workspace", workspace)
    fitted = ("--at", split.fit_at, "--labels-to", split.opens, "--features", split.features, "--out", weights)
    detente("refit", *fitted, *home)
    epss, kev = population(split.at)
    ids.write_text("\n".join(epss))
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    answer = detente("rank", "--as-of", split.at, "--cves", ids, "--coefficients", weights, "--json", *home)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    ours = {row["cve"]: row["score"] for row in json.loads(answer)["ranking"]}
    count, hits, mean, base, delta, (low, high), (low_delta, high_delta) = unpack(judge(split, ours, epss, kev))
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    shown = " / ".join(f"{x:.1f}" for x in mean)
    others = " / ".join(f"{x:.1f}" for x in base)
    return (
        f"| {split.at}, fitted {split.fit_at}..{split.opens}, judged to {split.closes} | {count:,} | {hits} | {shown} "
        f"| [{low:.1f}, {high:.1f}] | {others} | {delta:+.1f} [{low_delta:+.1f}, {high_delta:+.1f}] | {cpu:.1f} |"
    )


def unpack(judged):
    """The figures at 5 % beside the means at all efforts."""
    count, hits, mean, base, delta, bounds, differences = judged
    at = EFFORT.index(5)
    return count, hits, mean, base, delta[at], bounds[at], differences[at]


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--dry", action="store_true", help="do not append to RESULTS.md")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        detente("import", CORPUS, "--workspace", folder)
        lines = [run(split, Path(folder)) for split in SPLITS]
    head = (
        "| split | CVEs | positives | caught % at 1 / 5 / 10 / 20 % effort | 95 % at 5 % | EPSS alone | against EPSS at 5 % | CPU s |\n"
        "|---|---|---|---|---|---|---|---|"
    )
    machine = f"{os.cpu_count()} CPUs, {platform.machine()}, Python {platform.python_version()}, numpy {np.__version__}"
    text = f"\n## bench-rank, {date.today()}\n{machine}\n\n{head}\n" + "\n".join(lines) + f"\n\n{CAVEAT}\n"
    print(text)
    if not asked.dry:
        with (HERE / "RESULTS.md").open("a") as file:
            file.write(text)


if __name__ == "__main__":
    main()
