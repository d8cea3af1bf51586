"""OWASP Dependency-Check as JSON: `dependency-check --format JSON`, report schema 1.

Read like its XML (format `dependency_check`), and so found by the same names: packages, suppressed vulnerabilities with their notes,
the project as the asset. A scan that reports exceptions closes nothing.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import msgspec

from detente.model.finding import Coverage, Observation
from detente.queue import facets, owasp
from detente.queue.convert import Essential
from detente.queue.fields import at, cwes, dated, parts, path, text
from detente.queue.report import Head, Items, JsonParser, Record, Skip


class _Dependency(msgspec.Struct, rename="camel"):
    file_name: str | None = None
    file_path: str | None = None
    packages: list[dict[str, Any]] | None = None
    vulnerabilities: Essential[list[dict[str, Any]] | None] = None
    suppressed_vulnerabilities: Essential[list[dict[str, Any]] | None] = None


_dated = dated("projectInfo", "reportDate")


def _text(found: Mapping[str, Any], name: str) -> str:
    return " ".join(text(at(found, *name.replace("cvssV", "cvssv").split("/"))).split())


def _project(root: Any) -> str:
    return facets.asset("project", at(root, "projectInfo", "name"))


def _finding(found: dict[str, Any], dependency: _Dependency, root: Any, *, is_suppressed: bool) -> Observation:
    listed = ((text(entry.get("confidence")), text(entry.get("id"))) for entry in dependency.packages or ())
    return owasp.finding(
        partial(_text, found),
        owasp.surest(listed) or facets.package("", dependency.file_name),
        is_suppressed=is_suppressed,
        asset=_project(root),
        cwes=cwes(found.get("cwes"), found.get("cwe")),
        location=path(dependency.file_path),
        exploited=bool(found.get("knownExploitedVulnerability")),
        seen=_dated([root]),
    )


def _observe(record: Record, context: Any) -> Items:
    dependency, root = record.value, record.parents[0]
    open_, suppressed = dependency.vulnerabilities or [], dependency.suppressed_vulnerabilities or []
    yield from (_finding(found, dependency, root, is_suppressed=False) for found in open_)
    yield from (_finding(found, dependency, root, is_suppressed=True) for found in suppressed)
    if not (open_ or suppressed):
        yield Skip("dependency without vulnerabilities")


def _cover(roots: Any) -> Iterator[Coverage]:
    return (Coverage(_project(root), succeeded=not at(root, "scanInfo", "analysisExceptions")) for root in parts(roots))


def _sniff(head: Head) -> bool:
    return {"reportSchema", "scanInfo", "dependencies"} <= head.object.keys()


PARSER = JsonParser(
    name="dependency_check_json",
    sniff=_sniff,
    observe=_observe,
    cover=_cover,
    dated=_dated,
    records={"dependencies[]": _Dependency},
)
