"""OWASP Dependency-Check: `dependency-check --format XML`, schemas 1.3 to 4.

One finding per vulnerability and dependency; a suppressed one keeps that state and the note of its suppression. The component
is the surest package URL, else the Maven coordinates, else the file. The asset is the project (`--project`). A scan that
reports exceptions closes nothing.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from xml.etree.ElementTree import Element

from detente.model.finding import Coverage, Kind, Observation, State
from detente.queue import cvss, purl
from detente.queue.fields import cwes, graded, moment, number, path
from detente.queue.report import Head, Items, Record, Skip, XmlParser

_SURE = ("HIGHEST", "HIGH", "MEDIUM", "LOW", "")
_THREE = {
    "AV": "attackVector",
    "AC": "attackComplexity",
    "PR": "privilegesRequired",
    "UI": "userInteraction",
    "S": "scope",
    "C": "confidentialityImpact",
    "I": "integrityImpact",
    "A": "availabilityImpact",
}
_TWO = {  # `authenticationr` is the schema's own spelling
    "AV": "accessVector",
    "AC": "accessComplexity",
    "Au": "authenticationr",
    "C": "confidentialImpact",
    "I": "integrityImpact",
    "A": "availabilityImpact",
}


def _text(element: Element | None, name: str) -> str:
    return " ".join((element.findtext(name) or "").split()) if element is not None else ""


def _vector(block: Element | None, names: dict[str, str]) -> str:
    """The vector of metrics written one by one, in words or letters; empty unless they make a valid one."""
    body = "/".join(f"{metric}:{_text(block, name)[:1]}" for metric, name in names.items())
    version = "" if names is _TWO else f"CVSS:{_text(block, 'version') or '3.1'}/"
    return version + body if cvss.score(version + body) is not None else ""


def _rated(found: Element) -> tuple[str, float | None]:
    four, three, two = found.find("cvssV4"), found.find("cvssV3"), found.find("cvssV2")
    pairs = (
        (_text(four, "vectorString"), number(_text(four, "baseScore"))),
        (_vector(three, _THREE), number(_text(three, "baseScore"))),
        (_vector(two, _TWO), number(_text(two, "score") or _text(found, "cvssScore"))),
    )
    return next((pair for pair in pairs if pair[1] is not None), ("", None))


def _package(dependency: Element) -> tuple[str, str, str, str]:
    """(package URL, ecosystem, name, version) of the surest identifier; of the file when nothing was identified."""
    for sure in _SURE:
        for found in dependency.iterfind("identifiers/package"):
            if (found.get("confidence") or "").upper() == sure and purl.parsed(_text(found, "id")).name:
                return _text(found, "id"), *purl.parsed(_text(found, "id"))
    for found in dependency.iterfind("identifiers/identifier[@type='maven']"):
        name, _, version = _text(found, "name").rpartition(":")
        return "", "maven", name, version
    return "", "", _text(dependency, "fileName"), ""


def _project(record_root: Element) -> str:
    name = _text(record_root, "projectInfo/name")
    return f"project:{name}" if name else ""


def _dated(root: Any) -> datetime | None:
    return moment(_text(root, "projectInfo/reportDate"))


def _finding(found: Element, dependency: Element, root: Element) -> Observation:
    package, ecosystem, component, version = _package(dependency)
    name, (vector, score) = _text(found, "name"), _rated(found)
    words = ("severity", "cvssV4/baseSeverity", "cvssV3/baseSeverity", "cvssV2/severity")
    severity, derived = graded(next(filter(None, (_text(found, word) for word in words)), ""), score)
    is_suppressed = found.tag == "suppressedVulnerability"
    if not name:
        raise ValueError("a vulnerability without name")
    return Observation(
        kind=Kind.PACKAGE,
        vulnerability=name,
        title=f"{name} in {component}",
        asset=_project(root),
        severity=severity,
        severity_derived=derived,
        score=score,
        vector=vector,
        cwes=cwes([item.text for item in found.iterfind("cwes/cwe")], _text(found, "cwe")),
        component=component,
        version=version,
        ecosystem=ecosystem,
        purl=package,
        location=path(_text(dependency, "filePath")),
        state=State.SUPPRESSED if is_suppressed else State.OPEN,
        reason=_text(found, "notes") if is_suppressed else "",
        exploited=found.find("knownExploitedVulnerability") is not None,
        seen=_dated(root),
    )


def _observe(record: Record, context: Any) -> Items:
    dependency, root = record.value, record.parents[0]
    found = [item for block in dependency.iterfind("vulnerabilities") for item in block]
    yield from (_finding(item, dependency, root) for item in found)
    if not found:
        yield Skip("dependency without vulnerabilities")


def _cover(root: Any) -> Iterator[Coverage]:
    yield Coverage(_project(root), succeeded=root.find("scanInfo/analysisExceptions/exception") is None)


def _sniff(head: Head) -> bool:
    namespace, name, _ = head.root
    return name == "analysis" and "dependency-check" in namespace


PARSER = XmlParser(
    name="dependency_check",
    sniff=_sniff,
    observe=_observe,
    cover=_cover,
    dated=_dated,
    records=frozenset({"dependency"}),
)
