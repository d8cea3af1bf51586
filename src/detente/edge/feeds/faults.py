"""What makers of releases know to break with them: a table, or Microsoft's known issues of Windows updates.

The table is a CSV with `component` (a package URL, a bare name, or an article such as KB5034441) and any of `version`, `title`, `url`,
`since`, `resolved` and `share` (the part of installations that meet it, 0 to 1). Microsoft's is an answer of Microsoft Graph to
`knownIssues` of a product, with `$expand=originatingKnowledgeBaseArticle`.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from detente.edge.feeds import Harvest, day, refused
from detente.model.intel import Kind
from detente.queue.report import Head

NAME = "faults"
PIECES = False
SAYS = ("version", "title", "url", "since", "resolved", "share")
MENDED = frozenset({"resolved", "resolvedExternal", "mitigated", "mitigatedExternal"})
_ARTICLE = re.compile(r"KB\d{6,8}")


def sniff(head: Head) -> bool:
    """A header with `component` and at least two more of its columns and no CVE, or a page of known issues."""
    header = {cell.lower() for line in head.columns[:1] for cell in line}
    table = "component" in header and "cve" not in header and len(header & set(SAYS)) > 1
    return table or "originatingKnowledgeBaseArticle" in head.first("value")


def read(data: bytes, name: str, harvest: Harvest) -> None:
    """Every fault. A table keeps the name of its file, so that tables of several makers stand side by side."""
    microsoft = data.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{")
    source = "windows-known-issues" if microsoft else f"{NAME}-{_plain(name)}"
    for entry in _issues(data, name) if microsoft else _rows(data):
        with harvest.record():
            row = line(entry)
            harvest.add(source, Kind.FAULTS, row)
    if not harvest.rows:
        raise refused(name, "It names no fault.", "Check the file; an empty list is no news.")


def line(entry: Mapping[str, Any]) -> dict[str, Any]:
    """One entry as a row of the table."""
    told = {key: str(entry.get(key) or "").strip() for key in ("component", *SAYS)}
    if not told["component"]:
        raise ValueError("no component")
    share = float(told["share"]) if told["share"] else None
    if share is not None and not 0 <= share <= 1:
        raise ValueError("a share that is not between 0 and 1")
    return told | {"share": share, "since": day(told["since"]), "resolved": day(told["resolved"])}


def _rows(data: bytes) -> Iterator[Mapping[str, Any]]:
    reader = csv.DictReader(io.StringIO(data.decode("utf-8-sig", "replace"), newline=""))
    return ({str(key).strip().lower(): value for key, value in row.items()} for row in reader)


def _issues(data: bytes, name: str) -> Iterator[Mapping[str, Any]]:
    try:
        told = msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"), type=dict[str, Any])
        issues = msgspec.convert(told.get("value", []), list[dict[str, Any]])
    except msgspec.MsgspecError as error:
        raise refused(name, f"It is not a whole page ({error}).", "Fetch it again.") from None
    for issue in issues:
        article = _ARTICLE.search(str(issue.get("originatingKnowledgeBaseArticle")).upper())
        ends = issue.get("resolvedDateTime") or issue.get("lastUpdatedDateTime")
        yield {
            "component": article[0] if article else "",
            "title": issue.get("title"),
            "url": issue.get("webViewUrl"),
            "since": issue.get("startDateTime"),
            "resolved": ends if issue.get("status") in MENDED else "",
        }


def _plain(name: str) -> str:
    return (
        re.sub(r"[^a-z0-9]+", "-", re.sub(r"\d{4}[-_.]?\d\d[-_.]?\d\d|\.\w+$", "", name.lower())).strip("-") or "table"
    )
