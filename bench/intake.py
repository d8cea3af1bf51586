"""From a scanner's report to stored, deduplicated, priced findings: `python bench/intake.py [--dry] [SIZES ...]`.

For each size a Trivy report of that many findings (about 1 KB each, indented as Trivy writes it) is taken in, taken in again
unchanged, and the queue is priced; every step is a process of its own, measured by the operating system. Appends to RESULTS.md.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

HERE = Path(__file__).parent
DETENTE = Path(sys.executable).with_name("detente")
SIZES = (10_000, 100_000, 1_000_000)
NOTE = (
    "A parser reads untrusted lengths from a length field and copies that many bytes into a buffer of fixed size. " * 3
)


def finding(number: int) -> str:
    package = f"library-{number // 40}"
    return json.dumps(
        {
            "VulnerabilityID": f"CVE-{2015 + number % 10}-{1000 + number % 30_011}",
            "PkgID": f"{package}@1.{number % 7}",
            "PkgName": package,
            "PkgIdentifier": {"PURL": f"pkg:deb/debian/{package}@1.{number % 7}?arch=amd64&distro=debian-12"},
            "InstalledVersion": f"1.{number % 7}",
            "FixedVersion": "1.9",
            "Status": "fixed",
            "Layer": {"DiffID": f"sha256:{number % 9:064x}"},
            "SeveritySource": "nvd",
            "Title": f"{package}: length field trusted",
            "Description": NOTE,
            "Severity": ("LOW", "MEDIUM", "HIGH", "CRITICAL")[number % 4],
            "CweIDs": ["CWE-787"],
            "CVSS": {"nvd": {"V3Vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "V3Score": 9.8}},
            "References": ["https://advisories.example/1", "https://advisories.example/2"],
            "PublishedDate": "2022-01-01T00:00:00Z",
        },
        indent=2,
    )


def write(path: Path, count: int) -> None:
    head = {
        "SchemaVersion": 2,
        "CreatedAt": "2026-03-01T12:00:00Z",
        "ArtifactName": "shop/checkout:1",
        "ArtifactType": "container_image",
    }
    with path.open("w") as file:
        file.write(
            json.dumps(head)[:-1]
            + ', "Results": [{"Target": "shop/checkout:1 (debian 12)", "Type": "debian", "Vulnerabilities": ['
        )
        for number in range(count):
            file.write((",\n" if number else "\n") + finding(number))
        file.write("]}]}")


def measured(*command: str | Path) -> tuple[float, float, str]:
    """CPU seconds, peak MB and standard output of one process."""
    child = subprocess.Popen([DETENTE, *command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    out = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0, out
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, out


def run(size: int, folder: Path) -> str:
    report, workspace = folder / "report.json", folder / "workspace"
    shutil.rmtree(workspace, ignore_errors=True)
    write(report, size)
    first, peak, out = measured("ingest", report, "--workspace", workspace, "--json")
    totals = json.loads(out)["totals"]
    assert (totals["results"], totals["findings"], totals["new"]) == (size, size, size), totals
    again, _, out = measured("ingest", report, "--workspace", workspace, "--json")
    assert json.loads(out)["totals"]["new"] == 0
    priced, priced_peak, out = measured("queue", "--workspace", workspace)
    both = size / (first + priced)
    report.unlink()
    return (
        f"| {size:,} | {first:.2f} | {peak:.0f} | {size / first:,.0f} | {again:.2f} | {first / again:.1f}x | {priced:.2f} | "
        f"{priced_peak:.0f} | {both:,.0f} |"
    )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("sizes", nargs="*", type=int, default=SIZES)
    options.add_argument("--dry", action="store_true", help="do not append to RESULTS.md")
    asked = options.parse_args()
    import duckdb
    import msgspec
    import pyarrow

    head = (
        "| findings | ingest CPU s | peak MB | findings per CPU s | same again CPU s | cheaper | queue CPU s | peak MB | "
        "both: findings per CPU s |\n|---|---|---|---|---|---|---|---|---|"
    )
    with tempfile.TemporaryDirectory() as folder:
        lines = [run(size, Path(folder)) for size in asked.sizes]
    machine = f"{os.cpu_count()} CPUs, {platform.machine()}, Python {platform.python_version()}, msgspec {msgspec.__version__}, "
    machine += f"pyarrow {pyarrow.__version__}, duckdb {duckdb.__version__}"
    text = f"\n## bench-intake, {date.today()}\n{machine}\n\n{head}\n" + "\n".join(lines) + "\n"
    text += "\nReference: DefectDojo 3.2 stores 77 findings per CPU second (research measured on the same kind of machine).\n"
    print(text)
    if not asked.dry:
        with (HERE / "RESULTS.md").open("a") as file:
            file.write(text)


if __name__ == "__main__":
    main()
