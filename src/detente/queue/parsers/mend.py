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
from detente.queue import facets
from detente.queue.convert import Essential, convert
from detente.queue.fields import at, by_word, cwes, number, parts, path, text
from detente.queue.report import Head, Items, JsonParser, Record

_ECOSYSTEMS = by_word(
    {
        "maven": "maven java_",
        "npm": "javascript node npm",
        "pypi": "python",
        "nuget": "nuget",
        "golang": "go_",
        "gem": "ruby",
        "composer": "php",
        "cargo": "rust",
        **{system: system for system in ("debian", "alpine", "rpm")},
    }
)
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
    return facets.asset("project", name)


def _package(library: _Library) -> facets.Package:
    """Outside of Maven the artifact is a file name, and the group names the package."""
    kind = (library.library_type or library.type or "").lower()
    ecosystem = next((name for word, name in _ECOSYSTEMS.items() if word in kind), "")
    if ecosystem == "maven" and library.group_id and library.artifact_id:
        return facets.package(ecosystem, f"{library.group_id}:{library.artifact_id}", library.version)
    names = (library.group_id, library.name, library.artifact_id, library.filename)
    return facets.package(ecosystem, next(filter(None, names), ""), library.version)


def _fixed(fix: dict[str, Any]) -> Iterator[str]:
    """The versions a fix names: `group:artifact:1.2;other-v1.3`, `Upgrade To Version 1.7`."""
    if fix.get("type") in (None, "UPGRADE_VERSION"):
        parts = re.split(r"[,;]", str(fix.get("fixResolution") or ""))
        yield from (match[1] for part in parts if (match := _VERSION.search(part.strip())))


def _is_whole(roots: Any) -> bool | None:
    """Whether the report is all there is, and not one page of several; None without a report."""
    following = [at(root, "additionalData", "paging", "next") for root in parts(roots)]
    return not any(following) if following else None


def _cover(is_whole: bool | None) -> Iterator[Coverage]:
    if is_whole is not None:
        yield Coverage("", succeeded=is_whole)


def _observe(record: Record, is_whole: bool) -> Items:
    found: _Vulnerability = record.value
    holder = convert(record.parents[-1], _Library) if record.path.startswith("libraries") else None
    library = found.library or found.component or holder or _Library()
    detail, info = found.vulnerability or {}, found.finding_info or {}
    package = _package(library)
    word = found.cvss3_severity or found.severity or detail.get("severity")
    score = number(found.cvss3_score or found.score or detail.get("score")) or None
    shield = (found.effective or found.eua_shield or "").upper().partition("_")[0]
    chance = number((found.threat_assessment or {}).get("epssPercentage"))
    comment = info.get("comment")
    yield Coverage(_asset(found), succeeded=is_whole)
    yield Observation(
        kind=Kind.PACKAGE,
        vulnerability=found.name,
        title=f"{found.name} in {package['component']}",
        asset=_asset(found),
        **facets.rating(word, (found.score_metadata_vector, score)),
        cwes=cwes(detail.get("cwe")),
        **package,
        fixed=tuple(dict.fromkeys(_fixed(found.top_fix or {}))),
        location=path(library.path),
        state=_STATES.get(str(info.get("status")), State.OPEN),
        reason=str((comment.get("comment") if isinstance(comment, dict) else comment) or ""),
        reach=_REACH.get(shield, Reach.UNKNOWN),
        epss=chance / 100 if chance else None,
    )


def _sniff(head: Head) -> bool:
    top = head.json if isinstance(head.json, dict) else {}
    is_old = "library" in head.first("vulnerabilities") or top == {"vulnerabilities": []}
    is_inner = {"vulnerabilities", "artifactId"} <= head.first("libraries").keys()
    is_new = isinstance(top.get("response"), list) and ("supportToken" in top or "additionalData" in top)
    return is_old or is_inner or is_new


PARSER = JsonParser(
    name="mend",
    sniff=_sniff,
    prepare=_is_whole,
    observe=_observe,
    cover=_cover,
    records=dict.fromkeys(("vulnerabilities[]", "libraries[].vulnerabilities[]", "response[]"), _Vulnerability),
)
