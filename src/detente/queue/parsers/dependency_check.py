"""OWASP Dependency-Check: `dependency-check --format XML`, schemas 1.3 to 4.

One finding per vulnerability and dependency; a suppressed one keeps that state and the note of its suppression. The component
is the surest package URL, else the Maven coordinates, else the file. The asset is the project (`--project`). A scan that
reports exceptions closes nothing.
"""

from functools import partial
from typing import Any
from xml.etree.ElementTree import Element

from detente.model.finding import Coverage, Observation
from detente.queue import facets, owasp
from detente.queue.fields import cwes, moment, path
from detente.queue.report import Items, Record, Skip, XmlParser


def _text(element: Element, name: str) -> str:
    return " ".join((element.findtext(name) or "").split())


def _package(dependency: Element) -> facets.Package:
    """The package of the surest identifier; the file when nothing was identified."""
    listed = dependency.iterfind("identifiers/package")
    known = owasp.surest((entry.get("confidence") or "", _text(entry, "id")) for entry in listed)
    if known is not None:
        return known
    for found in dependency.iterfind("identifiers/identifier[@type='maven']"):
        name, _, version = _text(found, "name").rpartition(":")
        return facets.package("maven", name, version)
    return facets.package("", _text(dependency, "fileName"))


def _project(root: Element) -> str:
    return facets.asset("project", _text(root, "projectInfo/name"))


def _finding(found: Element, dependency: Element, root: Element) -> Observation:
    return owasp.finding(
        partial(_text, found),
        _package(dependency),
        is_suppressed=found.tag == "suppressedVulnerability",
        asset=_project(root),
        cwes=cwes([item.text for item in found.iterfind("cwes/cwe")], _text(found, "cwe")),
        location=path(_text(dependency, "filePath")),
        exploited=found.find("knownExploitedVulnerability") is not None,
        seen=moment(_text(root, "projectInfo/reportDate")),
    )


def _observe(record: Record, context: Any) -> Items:
    dependency, root = record.value, record.parents[0]
    found = [item for block in dependency.iterfind("vulnerabilities") for item in block]
    yield from (_finding(item, dependency, root) for item in found)
    if not found:
        yield Skip("dependency without vulnerabilities")


def _cover(root: Any) -> list[Coverage]:
    return [Coverage(_project(root), succeeded=root.find("scanInfo/analysisExceptions/exception") is None)]


PARSER = XmlParser(
    name="dependency_check",
    sniff=lambda head: head.root[1] == "analysis" and "dependency-check" in head.root[0],
    observe=_observe,
    cover=_cover,
    dated=lambda root: moment(_text(root, "projectInfo/reportDate")),
    records=frozenset({"dependency"}),
)
