"""Mend (once WhiteSource): the vulnerability report (`vulnerabilities`, or inside `libraries`) and the Platform API 3.

What was ignored in Mend is suppressed, what left the project is fixed. The shields of its reachability analysis become reach:
red is called, green unreachable. Fixed versions come from the top fix. The asset is the project, inside its product or
application where that has another name.
"""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from detente.model.finding import Coverage, Kind, Observation, Reach, State
from detente.queue import cvss
from detente.queue.convert import Essential, convert
from detente.queue.fields import at, cwes, graded, number, path, text
from detente.queue.report import Head, Items, JsonParser, Record

_ECOSYSTEMS = {
    "maven": "maven",
    "java_": "maven",
    "javascript": "npm",
    "node": "npm",
    "npm": "npm",
    "python": "pypi",
    "nuget": "nuget",
    "go_": "golang",
    "ruby": "gem",
    "php": "composer",
    "rust": "cargo",
    "debian": "debian",
    "alpine": "alpine",
    "rpm": "rpm",
}
_STATES = {"IGNORED": State.SUPPRESSED, "SUPPRESSED": State.SUPPRESSED, "LIBRARY_REMOVED": State.FIXED}
_REACH = {"RED": Reach.CALLED, "YELLOW": Reach.IMPORTED, "GREEN": Reach.UNREACHABLE}
_VERSION = re.compile(r"(?:^|[:\s-])v?(\d+(?:\.[\w+~-]+)*)$")


class _Library(msgspec.Struct, rename="camel"):
    name: str | None = None
    group_id: str | None = None
    artifact_id: str | None = None
    version: str | None = None
    type: str | None = None
    library_type: str | None = None
    filename: str | None = None
    path: str | None = None


class _Vulnerability(msgspec.Struct, rename="camel"):
    """A record of the old report, where it is everything; of API 3, where `vulnerability` is the rest of it."""

    name: str
    severity: str | None = None
    score: Any = None
    cvss3_severity: str | None = msgspec.field(name="cvss3_severity", default=None)
    cvss3_score: Any = msgspec.field(name="cvss3_score", default=None)
    score_metadata_vector: str | None = None
    project: Essential[str | dict[str, Any] | None] = None
    product: str | None = None
    application: dict[str, Any] | None = None
    library: Essential[_Library | None] = None
    component: Essential[_Library | None] = None
    vulnerability: dict[str, Any] | None = None
    top_fix: dict[str, Any] | None = None
    finding_info: dict[str, Any] | None = None
    threat_assessment: dict[str, Any] | None = None
    effective: str | None = None
    eua_shield: str | None = None


def _asset(found: _Vulnerability) -> str:
    project = at(found.project, "name") if isinstance(found.project, dict) else found.project
    owner = text(at(found.application, "name")) or found.product
    name = "/".join(dict.fromkeys(filter(None, (owner, text(project)))))
    return f"project:{name}" if name else ""


def _package(library: _Library) -> tuple[str, str]:
    """(ecosystem, name). Outside of Maven the artifact is a file name, and the group names the package."""
    kind = (library.library_type or library.type or "").lower()
    ecosystem = next((name for word, name in _ECOSYSTEMS.items() if word in kind), "")
    if ecosystem == "maven" and library.group_id and library.artifact_id:
        return ecosystem, f"{library.group_id}:{library.artifact_id}"
    names = (library.group_id, library.name, library.artifact_id, library.filename)
    return ecosystem, next(filter(None, names), "")


def _fixed(fix: dict[str, Any]) -> Iterator[str]:
    """The versions a fix names: `group:artifact:1.2;other-v1.3`, `Upgrade To Version 1.7`."""
    if fix.get("type") in (None, "UPGRADE_VERSION"):
        parts = re.split(r"[,;]", str(fix.get("fixResolution") or ""))
        yield from (match[1] for part in parts if (match := _VERSION.search(part.strip())))


def _is_whole(roots: Any) -> bool | None:
    """Whether the report is all there is, and not one page of several; None without a report."""
    following = [at(root, "additionalData", "paging", "next") for root in roots if isinstance(root, dict)]
    return not any(following) if following else None


def _cover(is_whole: bool | None) -> Iterator[Coverage]:
    if is_whole is not None:
        yield Coverage("", succeeded=is_whole)


def _observe(record: Record, is_whole: bool) -> Items:
    found: _Vulnerability = record.value
    holder = convert(record.parents[-1], _Library) if record.path.startswith("libraries") else None
    library = found.library or found.component or holder or _Library()
    detail, info = found.vulnerability or {}, found.finding_info or {}
    ecosystem, component = _package(library)
    vector = cvss.normal(found.score_metadata_vector or "")
    score = number(next((value for value in (found.cvss3_score, found.score, detail.get("score")) if value), None))
    severity, derived = graded(found.cvss3_severity or found.severity or detail.get("severity"), score or None)
    shield = (found.effective or found.eua_shield or "").upper().partition("_")[0]
    chance = number((found.threat_assessment or {}).get("epssPercentage"))
    comment = info.get("comment")
    yield Coverage(_asset(found), succeeded=is_whole)
    yield Observation(
        kind=Kind.PACKAGE,
        vulnerability=found.name,
        title=f"{found.name} in {component}",
        asset=_asset(found),
        severity=severity,
        severity_derived=derived,
        score=score if score or vector else None,
        vector=vector,
        cwes=cwes(detail.get("cwe")),
        component=component,
        version=library.version or "",
        ecosystem=ecosystem,
        fixed=tuple(dict.fromkeys(_fixed(found.top_fix or {}))),
        location=path(library.path),
        state=_STATES.get(str(info.get("status")), State.OPEN),
        reason=str((comment.get("comment") if isinstance(comment, dict) else comment) or ""),
        reach=_REACH.get(shield, Reach.UNKNOWN),
        epss=chance / 100 if chance else None,
    )


def _sniff(head: Head) -> bool:
    top = head.json
    if not isinstance(top, dict):
        return False
    found, libraries = top.get("vulnerabilities"), top.get("libraries")
    if isinstance(found, list):
        return "library" in found[0] if found and isinstance(found[0], dict) else top.keys() == {"vulnerabilities"}
    if isinstance(libraries, list) and libraries and isinstance(libraries[0], dict):
        return {"vulnerabilities", "artifactId"} <= libraries[0].keys()
    return isinstance(top.get("response"), list) and ("supportToken" in top or "additionalData" in top)


PARSER = JsonParser(
    name="mend",
    sniff=_sniff,
    prepare=_is_whole,
    observe=_observe,
    cover=_cover,
    records=dict.fromkeys(("vulnerabilities[]", "libraries[].vulnerabilities[]", "response[]"), _Vulnerability),
)
