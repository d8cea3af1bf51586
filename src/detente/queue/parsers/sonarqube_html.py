"""SonarQube as the HTML page of `sonar-report`, alone or zipped.

The rows of the table of detected vulnerabilities become code findings, known by the hidden key, so that they meet the same
issues from the API. CWEs come from the texts of the rules further down, severities as in the JSON formats of SonarQube. The
asset is the project.
"""

from collections.abc import Iterator
from datetime import datetime

from detente.model.finding import Coverage, Kind, Observation, Rejected
from detente.queue import facets, sonar
from detente.queue.fields import line, moment, path
from detente.queue.page import Page
from detente.queue.report import BundleParser, Head, Items, Record, Source

_HEADER = ("Rule", "Severity", "Component", "Line", "Description", "Message")


class _Page(Page):
    """Keeps the issues; of the texts of rules only their CWEs."""

    def __init__(self) -> None:
        super().__init__()
        self.issues: list[dict[str, str]] = []
        self.rules: dict[str, tuple[int, ...]] = {}

    def row(self, cells: list[str]) -> None:
        if set(_HEADER) <= set(self.header):
            self.issues.append(dict(zip(self.header, cells, strict=False)))
        elif self.header[0] == "Rule" and len(cells) > 1:
            self.rules[cells[0]] = sonar.weaknesses(cells[1])


def _load(source: Source) -> tuple[_Page, Iterator[Record | Rejected], bool]:
    page = _Page()
    with source.open() as stream:
        truncated = page.read(stream)
    return page, (Record("row", (), "", row) for row in page.issues), truncated


def _asset(page: _Page) -> str:
    return facets.asset("project", page.facts.get("Project Name") or page.facts.get("Application"))


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
        severity=sonar.grade(row["Severity"]),
        cwes=page.rules.get(rule, ()),
        location=path(row["Component"].rpartition(":")[2]),
        line=line(row.get("Line")),
        fingerprint=row.get("Key", ""),
        seen=_dated(page),
    )


def _sniff(head: Head) -> bool:
    start = head.data.lstrip(b"\xef\xbb\xbf \r\n\t")[:200].lower()
    return start.startswith((b"<!doctype html", b"<html")) and b"sonarqube" in head.data.lower()


PARSER = BundleParser(
    name="sonarqube_html",
    sniff=_sniff,
    observe=_observe,
    cover=lambda page: [Coverage(_asset(page))],
    dated=_dated,
    load=_load,
    secrets=True,
)
