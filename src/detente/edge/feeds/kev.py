"""CISA's catalogue of known exploited vulnerabilities (KEV), JSON or CSV. Entries keep their day; the ransomware mark may flip."""

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from detente.edge.feeds import Harvest, cve_id, day, refused
from detente.model.intel import Kind
from detente.queue.report import Head

NAME = "kev"
PIECES = False
RANSOMWARE = {"known": True, "unknown": False}


def sniff(head: Head) -> bool:
    """The catalogue's own keys or columns."""
    return head.has_columns("cveID", "dateAdded") or "catalogVersion" in head.object


def read(data: bytes, name: str, harvest: Harvest) -> None:
    """Every entry; the day of the catalogue is its release, else its last addition."""
    entries, version, released = document(data, name)
    for entry in entries:
        with harvest.record():
            row = line(entry)
            harvest.add(NAME, Kind.KEV, row, row["added"], version=version)
    if not harvest.rows:
        raise refused(name, "It lists no vulnerability.", "Download the file again.")
    harvest.see((NAME, Kind.KEV), day(released))


def document(data: bytes, name: str) -> tuple[Iterable[Mapping[str, Any]], str, str]:
    """(entries, version, release) of either form."""
    if not data.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{"):
        return csv.DictReader(io.StringIO(data.decode("utf-8-sig", "replace"), newline="")), "", ""
    try:
        told = msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"), type=dict[str, Any])
        entries = msgspec.convert(told.get("vulnerabilities", []), list[Any])
    except msgspec.MsgspecError as error:
        raise refused(name, f"It is not a whole KEV document ({error}).", "Download the file again.") from None
    return entries, str(told.get("catalogVersion", "")), str(told.get("dateReleased", ""))


def line(entry: Mapping[str, Any]) -> dict[str, Any]:
    """One entry as a row of the KEV table; an entry without its day says nothing."""
    added = day(entry["dateAdded"])
    if added is None:
        raise ValueError("no dateAdded")
    return {
        "cve": cve_id(entry["cveID"]),
        "added": added,
        "due": day(entry.get("dueDate")),
        "ransomware": RANSOMWARE.get(str(entry.get("knownRansomwareCampaignUse", "")).strip().lower()),
        "vendor": entry.get("vendorProject") or None,
        "product": entry.get("product") or None,
        "name": str(entry.get("vulnerabilityName") or "").strip() or None,
    }
