"""SonarQube as the HTML page of `sonar-report`, alone or zipped.

The rows of the table of detected vulnerabilities become code findings, known by the hidden key, so that they meet the same
issues from the API. CWEs come from the texts of the rules further down, severities as in the JSON formats of SonarQube. The
asset is the project.
"""

import io
import re
from collections.abc import Iterator
from datetime import datetime
from html.parser import HTMLParser

from detente.model.finding import Coverage, Kind, Observation, Rejected, Severity
from detente.queue.fields import cwes, line, moment, path, severity
from detente.queue.report import BundleParser, Head, Items, Record, Source

_CHUNK = 1 << 18
_HEADER = ("Rule", "Severity", "Component", "Line", "Description", "Message")
_GRADES = {"BLOCKER": Severity.CRITICAL, "CRITICAL": Severity.HIGH, "MAJOR": Severity.MEDIUM}


class _Page(HTMLParser):
    """Collects the rows of outermost tables and the definition list; texts of rules are kept only as their CWEs."""

    def __init__(self) -> None:
        super().__init__()
        self.issues: list[dict[str, str]] = []
        self.facts: dict[str, str] = {}
        self.rules: dict[str, tuple[int, ...]] = {}
        self._depth = 0
        self._header: list[str] = []
        self._cells: list[list[str]] = []
        self._text: list[str] | None = None
        self._term = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._depth += 1
            self._header = self._header if self._depth > 1 else []
        elif self._depth <= 1 and tag == "tr":
            self._cells = []
        elif self._depth <= 1 and tag in ("td", "th", "dt", "dd"):
            self._text = []
            self._cells.append(self._text)

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "table":
            self._depth -= 1
        elif self._depth <= 1 and tag == "tr":
            self._row(["".join(cell).strip() for cell in self._cells])
        elif self._depth <= 1 and tag in ("td", "th", "dt", "dd"):
            self._define(tag, "".join(self._text or ()).strip())
            self._text = None

    def _define(self, tag: str, text: str) -> None:
        if tag == "dt":
            self._term = text
        elif tag == "dd":
            self.facts[self._term] = text

    def _row(self, cells: list[str]) -> None:
        if not self._header:
            self._header = cells
        elif set(_HEADER) <= set(self._header):
            self.issues.append(dict(zip(self._header, cells, strict=False)))
        elif self._header[0] == "Rule" and len(cells) > 1:
            self.rules[cells[0]] = cwes(re.findall(r"CWE-\d+", cells[1]))


def _load(source: Source) -> tuple[_Page, Iterator[Record | Rejected], bool]:
    page = _Page()
    with io.TextIOWrapper(source.open(), encoding="utf-8-sig", errors="replace") as text:
        while chunk := text.read(_CHUNK):
            page.feed(chunk)
    page.close()
    return page, (Record("row", (), "", row) for row in page.issues), page._depth > 0


def _asset(page: _Page) -> str:
    name = page.facts.get("Project Name") or page.facts.get("Application")
    return f"project:{name}" if name else ""


def _dated(page: _Page) -> datetime | None:
    return moment(page.facts.get("Report Generated On"), "%a %b %d %Y", "%A, %b %d, %Y")


def _observe(record: Record, page: _Page) -> Items:
    row, rule = record.value, record.value["Rule"]
    if not rule or not row.get("Component"):
        raise KeyError("Rule" if not rule else "Component")
    yield Observation(
        kind=Kind.CODE,
        vulnerability=rule,
        title=next((text for text in (row["Description"], row.get("Message", "")) if len(text) > 1), rule),
        asset=_asset(page),
        severity=_GRADES.get(row["Severity"], severity(row["Severity"])),
        cwes=page.rules.get(rule, ()),
        location=path(row["Component"].rpartition(":")[2]),
        line=line(row.get("Line")),
        fingerprint=row.get("Key", ""),
        seen=_dated(page),
    )


def _cover(page: _Page) -> Iterator[Coverage]:
    yield Coverage(_asset(page))


def _sniff(head: Head) -> bool:
    start = head.data.lstrip(b"\xef\xbb\xbf \r\n\t")[:200].lower()
    return start.startswith((b"<!doctype html", b"<html")) and b"sonarqube" in head.data.lower()


PARSER = BundleParser(
    name="sonarqube_html", sniff=_sniff, observe=_observe, cover=_cover, dated=_dated, load=_load, secrets=True
)
