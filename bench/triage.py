"""Millions of findings to a ranked queue: `python bench/triage.py [--dry] [ROWS ...]`.

N rows are N/3 findings seen by three scanners on 50,000 assets with 39,800 vulnerabilities. Each run is a process of its own
that starts from Parquet segments and ends with the ranked fixes, as `detente queue` does: fold, vulnerabilities, prices, fixes.
The floor beside it is bare DuckDB: group the same rows to findings and sum their weights by asset. Appends to RESULTS.md.
"""

import argparse
import os
import platform
import subprocess
import sys
import tempfile
from datetime import date
from importlib.resources import files
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

HERE = Path(__file__).parent
ASSETS, VULNS, SERVICES, SCANNERS, PART = 50_000, 39_800, 500, 3, 500_000
RUNS = ((1_000_000, ""), (10_000_000, ""), (10_000_000, "900MB"))


def number(values: np.ndarray) -> pa.Array:
    """Spread like the hashes that real names become."""
    x = values.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    x ^= x >> np.uint64(29)
    return pa.array((x * np.uint64(0xBF58476D1CE4E5B9)).view(np.int64))


def segments(folder: Path, rows: int) -> list[Path]:
    """The rows as segments of half a million, in the schema of the lake."""
    from detente.store.schema import SCHEMA

    findings, found = rows // SCANNERS, []
    for start in range(0, rows, PART):
        at = np.arange(start, min(start + PART, rows))
        key, scanner = at % findings, at // findings
        asset, vuln, item = key * 2_654_435_761 % ASSETS, key * 40_503 // 7 % VULNS, key // 11 % 3_000
        columns = {field.name: pa.nulls(len(at), field.type) for field in SCHEMA} | {
            "place": number(asset * 4_096 + item),
            "vuln": number(vuln + 1),
            "asset": number(asset + 1),
            "item": number(item + 1),
            "remedy": number(item + 7),
            "scope": number(asset * 8 + scanner + 1),
            "report": pa.array(scanner.astype(np.int64)),
            "kind": pa.array(np.ones(len(at), np.int8)),
            "state": pa.array(np.zeros(len(at), np.int8)),
            "severity": pa.array((key % 5 + 1).astype(np.int8)),
            "exploited": pa.array(np.zeros(len(at), bool)),
            "canonical": pa.array([f"CVE-2024-{1000 + v}" for v in vuln.tolist()]),
            "version": pa.array(["1.0"] * len(at)),
            "asset_name": pa.array([f"host:server-{a}.shop.example" for a in asset.tolist()]),
            "related": pa.array([""] * len(at)),
            "vector": pa.array(["CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"] * len(at)),
        }
        if start == 0:
            columns = covered(columns)
        table = pa.Table.from_arrays([columns[field.name].cast(field.type) for field in SCHEMA], schema=SCHEMA)
        found.append(folder / f"{rows}-{start}.parquet")
        pq.write_table(table, found[-1], compression="zstd", compression_level=1, row_group_size=16_384)
    return found


def covered(columns: dict[str, pa.Array]) -> dict[str, pa.Array]:
    """What each scanner looked at, in front of the first segment's rows."""
    asset, scanner = np.repeat(np.arange(ASSETS), SCANNERS), np.tile(np.arange(SCANNERS), ASSETS)
    count, zero = len(asset), pa.array(np.zeros(len(asset), np.int64))
    scopes = {
        "asset": number(asset + 1),
        "scope": number(asset * 8 + scanner + 1),
        "report": pa.array(scanner.astype(np.int64)),
        "fixable": pa.array(np.ones(count, bool)),
        **dict.fromkeys(("place", "vuln", "item", "remedy", "kind", "state", "severity"), zero),
    }
    return {
        name: pa.concat_arrays([scopes.get(name, pa.nulls(count, array.type)).cast(array.type), array])
        for name, array in columns.items()
    }


def tables() -> dict[str, pa.Table]:
    """Estate, intelligence and accord of the bench."""
    from detente.queue import dimensions, rank

    asset, vuln = np.arange(ASSETS), np.arange(VULNS)
    told = {
        "cve": pa.array([f"CVE-2024-{1000 + v}" for v in vuln]),
        "h0": pa.array(np.linspace(1e-9, 1e-4, VULNS)),
        "hazard_class": pa.array(np.where(vuln % 400 == 0, "exploited", "ranked")),
        "kev_added": pa.array([date(2024, 1, 1) if v % 400 == 0 else None for v in vuln.tolist()], pa.date32()),
    }
    scored = pa.table(
        {one.name: told[one.name] if one.name in told else pa.nulls(VULNS, one.type) for one in rank.SCHEMA}
    )
    return {
        "scored": scored,
        "reports": pa.table({"report": [0, 1, 2], "rank": [1, 2, 3], "at": pa.nulls(3, pa.timestamp("us"))}),
        "aliases": pa.table(
            {"vuln": pa.array([], pa.int64()), "canonical": pa.array([], pa.int64()), "name": pa.array([], pa.string())}
        ),
        "assets": pa.table(
            {
                "asset": number(asset + 1),
                "service": number(asset % SERVICES + 1),
                "factor": np.full(ASSETS, 0.3),
                "loss": np.full(ASSETS, 1e6),
                "exposure": pa.array((asset % 4).astype(np.int8)),
                "tier": pa.array((asset % 3).astype(np.int8)),
                "setting": pa.array((asset % 12).astype(np.int8)),
            }
        ),
        "controls": pa.table(
            {
                "asset": number(asset[::9] + 1),
                "kind": pa.array(np.ones(len(asset[::9]), np.int8)),
                "effect": np.full(len(asset[::9]), 0.5),
            }
        ),
        "ssvc": dimensions.ssvc(),
        "rules": pa.table(
            {
                "kev": [True],
                "exploited": [False],
                "severity": pa.array([0], pa.int8()),
                "urgency": pa.array([0], pa.int8()),
                "exposure": pa.array([0], pa.int8()),
                "tier": pa.array([0], pa.int8()),
            }
        ),
        "terms": pa.table({"scale": [1.0], "share": [0.05]}),
    }


def text(name: str) -> str:
    return (files("detente.queue") / f"{name}.sql").read_text()


def triage(paths: list[Path], memory: str) -> None:
    """What `detente queue` does, without the words."""
    from detente.queue import dimensions
    from detente.store.engine import Engine

    with Engine(Path(tempfile.gettempdir()) / "spool", memory) as engine:
        engine.bind({**tables(), "rows": paths})
        engine.make("findings", text("findings"))
        engine.ask(text("assets"))
        engine.bind({"vulns": dimensions.vulnerabilities(engine.ask(text("vulns")), date(2026, 3, 1))})
        engine.make("priced", text("price"))
        engine.make("fixes", text("fixes"))
        top = engine.ask(
            "SELECT count(*) AS fixes, sum(CASE WHEN escalated THEN 1 ELSE 0 END) AS escalated FROM fixes"
        ).to_pylist()
        print(top[0])


def floor(paths: list[Path], memory: str) -> None:
    """The least any answer must do: meet three sightings, add up by asset."""
    from detente.store.engine import Engine

    with Engine(Path(tempfile.gettempdir()) / "spool", memory) as engine:
        engine.bind({"rows": paths})
        engine.make(
            "met",
            "SELECT place, vuln, max(asset) AS asset, max(severity) AS severity FROM rows WHERE kind = 1 GROUP BY place, vuln",
        )
        print(
            engine.ask(
                "SELECT count(*) AS assets FROM (SELECT asset, sum(severity) FROM met GROUP BY asset)"
            ).to_pylist()[0]
        )


def measured(what: str, memory: str, paths: list[Path]) -> tuple[float, float]:
    """CPU seconds and peak MB of one process."""
    child = subprocess.Popen(
        [sys.executable, __file__, "--run", what, f"--memory={memory}", *map(str, paths)],
        stdout=subprocess.PIPE,
        text=True,
    )
    print(what, child.stdout.read().strip(), file=sys.stderr)
    _, status, usage = os.wait4(child.pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def run(what: str, rest: list[str], memory: str) -> None:
    """One step in this process."""
    if what == "segments":
        print(*segments(Path(rest[0]), int(rest[1])))
    else:
        {"triage": triage, "floor": floor}[what]([Path(path) for path in rest], memory)


def made(folder: str, rows: int) -> list[Path]:
    """Segments written by another process: a child's peak memory counts that of the process it was started from."""
    done = subprocess.run(
        [sys.executable, __file__, "--run", "segments", folder, str(rows)], check=True, capture_output=True, text=True
    )
    return [Path(path) for path in done.stdout.split()]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--dry", action="store_true", help="do not append to RESULTS.md")
    options.add_argument("--run", choices=("triage", "floor", "segments"), help=argparse.SUPPRESS)
    options.add_argument("--memory", default="", help=argparse.SUPPRESS)
    options.add_argument("rest", nargs="*")
    asked = options.parse_args()
    if asked.run:
        run(asked.run, asked.rest, asked.memory)
        return
    import duckdb

    lines = []
    with tempfile.TemporaryDirectory() as folder:
        known: dict[int, list[Path]] = {}
        for rows, memory in [(int(n), "") for n in asked.rest] or RUNS:
            paths = known[rows] = known.get(rows) or made(folder, rows)
            cpu, peak = measured("triage", memory, paths)
            base, _ = measured("floor", memory, paths)
            lines.append(f"| {rows:,} | {memory or 'none'} | {cpu:.2f} | {peak:.0f} | {base:.2f} | {cpu / base:.1f}x |")
    machine = (
        f"{os.cpu_count()} CPUs, {platform.machine()}, Python {platform.python_version()}, duckdb {duckdb.__version__}"
    )
    head = "| rows | memory limit | CPU s | peak MB | floor CPU s | ratio |\n|---|---|---|---|---|---|"
    told = f"\n## bench-triage, {date.today()}\n{machine}\n\n{head}\n" + "\n".join(lines) + "\n"
    print(told)
    if not asked.dry:
        with (HERE / "RESULTS.md").open("a") as file:
            file.write(told)


if __name__ == "__main__":
    main()
