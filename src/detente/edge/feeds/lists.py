"""Lists of CVEs with a public proof of concept: text with one id per line, or CSV with a `cve` column.

A list whose name speaks of nuclei, metasploit or exploitdb counts for that source, every other one as `poc`. A CSV may date
its entries (first_seen, date_added, date); an undated list counts from the day in its file name, else from its import.
"""

import csv
import io
from collections.abc import Iterator, Mapping

from detente.edge.feeds import CVE, Harvest, cve_id, day
from detente.model.intel import Kind
from detente.queue.report import Head

NAME = "poc"
PIECES = False
OTHERS = ("nuclei", "metasploit", "exploitdb")
DATES = ("first_seen", "date_added", "date")


def sniff(head: Head) -> bool:
    """A CVE id in the first line that is no remark, or a `cve` column."""
    lines = head.data.decode("utf-8-sig", "replace").splitlines()
    first = next((line.strip() for line in lines if line.strip() and not line.startswith("#")), "")
    return CVE.match(first.upper()) is not None or "cve" in header(first)


def header(line: str) -> list[str]:
    """The cells of a header, in small letters."""
    return [cell.strip().strip('"').lower() for cell in line.split(",")]


def read(data: bytes, name: str, harvest: Harvest) -> None:
    """One piece of evidence per entry."""
    source = next((other for other in OTHERS if other in name.lower()), NAME)
    for entry in entries(data.decode("utf-8-sig", "replace")):
        with harvest.record():
            seen = next((day(entry[key]) for key in DATES if entry.get(key)), None)
            row = {"cve": cve_id(entry["cve"]), "first_seen": seen, "detail": entry.get("detail")}
            harvest.add(source, Kind.EVIDENCE, row, seen)


def entries(text: str) -> Iterator[Mapping[str, str | None]]:
    """Entries with at least `cve`, from either form."""
    if "cve" in header(text.lstrip().split("\n", 1)[0]):
        for row in csv.DictReader(io.StringIO(text, newline="")):
            yield {str(key).strip().lower(): value for key, value in row.items()}
        return
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            yield {"cve": line.split()[0].rstrip(",;")}
