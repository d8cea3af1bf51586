"""OWASP Dependency-Check: `dependency-check --format XML`, schemas 1.3 to 4.

One finding per vulnerability and dependency; a suppressed one keeps that state and the note of its suppression. The component
is the surest package URL, else the Maven coordinates, else the file. The asset is the project (`--project`). A scan that
reports exceptions closes nothing.
"""

import re
from typing import Any
from xml.etree.ElementTree import Element

from detente.model.finding import Coverage, Kind, Observation, State
from detente.queue import cvss, facets, purl
from detente.queue.fields import cwes, moment, number, path
from detente.queue.report import Items, Record, Skip, XmlParser

_WORDS = ("severity", "cvssV4/baseSeverity", "cvssV3/baseSeverity", "cvssV2/severity")
_SURE = ("HIGHEST", "HIGH", "MEDIUM", "LOW", "")
# Vectors whose metrics stand in elements of these names; `authenticationr` is the schema's own spelling.
_TWO = (
    "AV:accessVector/AC:accessComplexity/Au:authenticationr/C:confidentialImpact/I:integrityImpact/A:availabilityImpact"
)
_THREE = (
    "AV:attackVector/AC:attackComplexity/PR:privilegesRequired/UI:userInteraction"
    "/S:scope/C:confidentialityImpact/I:integrityImpact/A:availabilityImpact"
)


def _text(element: Element | None, name: str) -> str:
    return " ".join((element.findtext(name) or "").split()) if element is not None else ""


def _vector(block: Element | None, elements: str, version: str = "") -> str:
    """The vector of metrics written one by one, in words or letters; empty unless they make a valid one."""
    vector = version + re.sub(r":(\w+)", lambda name: f":{_text(block, name[1])[:1]}", elements)
    return vector if cvss.score(vector) is not None else ""


def _rated(found: Element) -> tuple[str, float | None]:
    four, three, two = found.find("cvssV4"), found.find("cvssV3"), found.find("cvssV2")
    pairs = (
        (_text(four, "vectorString"), number(_text(four, "baseScore"))),
        (_vector(three, _THREE, f"CVSS:{_text(three, 'version') or '3.1'}/"), number(_text(three, "baseScore"))),
        (_vector(two, _TWO), number(_text(two, "score") or _text(found, "cvssScore"))),
    )
    return next((pair for pair in pairs if pair[1] is not None), ("", None))


def _package(dependency: Element) -> facets.Package:
    """The package of the surest identifier; the file when nothing was identified."""
    for sure in _SURE:
        for found in dependency.iterfind("identifiers/package"):
            if (found.get("confidence") or "").upper() == sure and purl.parsed(_text(found, "id")).name:
                return facets.addressed(_text(found, "id"))
    for found in dependency.iterfind("identifiers/identifier[@type='maven']"):
        name, _, version = _text(found, "name").rpartition(":")
        return facets.package("maven", name, version)
    return facets.package("", _text(dependency, "fileName"))


def _project(root: Element) -> str:
    return facets.asset("project", _text(root, "projectInfo/name"))


def _finding(found: Element, dependency: Element, root: Element) -> Observation:
    name, package = _text(found, "name"), _package(dependency)
    word = next(filter(None, (_text(found, path) for path in _WORDS)), "")
    is_suppressed = found.tag == "suppressedVulnerability"
    if not name:
        raise ValueError("a vulnerability without name")
    return Observation(
        kind=Kind.PACKAGE,
        vulnerability=name,
        title=f"{name} in {package['component']}",
        asset=_project(root),
        **facets.rating(word, _rated(found)),
        cwes=cwes([item.text for item in found.iterfind("cwes/cwe")], _text(found, "cwe")),
        **package,
        location=path(_text(dependency, "filePath")),
        state=State.SUPPRESSED if is_suppressed else State.OPEN,
        reason=_text(found, "notes") if is_suppressed else "",
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
