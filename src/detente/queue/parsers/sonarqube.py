"""SonarQube and SonarCloud: the web API's `api/issues/search` and `api/hotspots/search`, and the JSON of `sonar-report`.

Vulnerabilities and security hotspots become code findings, known by the key Sonar gives an issue for life. Bugs and code smells
are skipped. Issues of the Dependency-Check plug-in, which hides package and CVE in its message, become vulnerable packages.
Resolved, accepted and reviewed issues are read with that state. The asset is the project. A page of the API that is not the
only one closes nothing. BLOCKER means critical, CRITICAL high, MAJOR medium, MINOR low.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from detente.model.finding import Coverage, Kind, Observation, Severity, State
from detente.queue.convert import Essential
from detente.queue.fields import at, cwes, ids, line, moment, number, parts, path, severity, text
from detente.queue.report import Head, Items, JsonParser, Record, Skip


class _Issue(msgspec.Struct, rename="camel"):
    key: Essential[str] = ""
    rule: str | None = None
    rule_key: str | None = None
    type: str | None = None
    severity: str | None = None
    vulnerability_probability: str | None = None
    impacts: list[dict[str, Any]] | None = None
    component: Essential[str | None] = None
    project: Essential[str | None] = None
    line: Any = None
    text_range: dict[str, Any] | None = None
    status: str | None = None
    issue_status: str | None = None
    resolution: str | None = None
    description: str | None = None
    message: str | None = None


_GRADES = {"BLOCKER": Severity.CRITICAL, "CRITICAL": Severity.HIGH, "MAJOR": Severity.MEDIUM}
_STATES = {
    "FALSE-POSITIVE": State.FALSE_POSITIVE,
    "FALSE_POSITIVE": State.FALSE_POSITIVE,
    "SAFE": State.FALSE_POSITIVE,
    "WONTFIX": State.ACCEPTED,
    "ACCEPTED": State.ACCEPTED,
    "ACKNOWLEDGED": State.ACCEPTED,
    "FIXED": State.FIXED,
    "REMOVED": State.FIXED,
    "CLOSED": State.FIXED,
}


def _state(found: _Issue) -> State:
    words = (found.issue_status, found.resolution, found.status)
    return next((_STATES[word] for word in words if word in _STATES), State.OPEN)


def _is_security(found: _Issue) -> bool:
    """Older servers give an issue a type, newer ones the qualities it harms."""
    harmed = {text(impact.get("softwareQuality")) for impact in found.impacts or ()}
    return "SECURITY" in harmed if harmed else found.type not in ("BUG", "CODE_SMELL")


def _grade(found: _Issue) -> Severity:
    harm = next((i.get("severity") for i in found.impacts or () if i.get("softwareQuality") == "SECURITY"), None)
    word = str(found.severity or found.vulnerability_probability or harm or "").upper()
    return _GRADES.get(word, severity(word))


_PACKAGE = re.compile(r"Filename: (?P<file>[^|]+?) \|")
_SCORE = re.compile(r"(?:CVSS Score: |\()(\d+(?:\.\d+)?)")
_JAR = re.compile(r"^(?P<name>.+?)[:-](?P<version>v?\d[\w.+-]*?)(?:\.(?:jar|war|ear|dll|js|whl|nupkg|zip|tgz))?$")


def _packages(found: _Issue, file: str, asset: str, target: str) -> Iterator[Observation]:
    """`Filename: name:version | References: CVE-1 (7.5), CVE-2 (5.3)`: one observation per reference."""
    message = found.message or ""
    parts = _JAR.match(file)
    for vulnerability in ids(message):
        score = _SCORE.search(message, message.upper().find(vulnerability.upper()))
        yield Observation(
            kind=Kind.PACKAGE,
            vulnerability=vulnerability,
            title=f"{vulnerability} in {file}",
            asset=asset,
            target=target,
            severity=_grade(found),
            score=number(score.group(1)) if score else None,
            cwes=cwes(re.findall(r"CWE-\d+", message)),
            component=parts["name"] if parts else file,
            version=parts["version"] if parts else "",
            location=path(file),
            state=_state(found),
        )


def _root(record: Record) -> dict[str, Any]:
    root = record.parents[0]
    return root if isinstance(root, dict) else {}


def _observe(record: Record, context: Any) -> Items:
    found, root = record.value, _root(record)
    if not _is_security(found):
        yield Skip(f"{str(found.type or 'issue').lower().replace('_', ' ')} without security impact")
        return
    asset, target = _asset(found.project or root.get("sonarComponent") or root.get("projectName")), _target(root)
    file = _PACKAGE.search(found.message or "")
    if file and ids(found.message):
        yield from _packages(found, file["file"], asset, target)
        return
    rule = found.rule or found.rule_key
    if not rule:
        raise KeyError("rule")
    place = str(found.component or "").removeprefix(f"{found.project}:")
    about = text(at(root, "rules", rule, "htmlDesc"))
    yield Observation(
        kind=Kind.CODE,
        vulnerability=rule,
        title=found.description or found.message or rule,
        asset=asset,
        target=target,
        severity=_grade(found),
        cwes=cwes(re.findall(r"CWE-\d+", about)),
        location=path(place.rpartition(":")[2]),
        line=line(found.line or at(found.text_range, "startLine")),
        fingerprint=found.key,
        state=_state(found),
        reason=found.resolution or "",
    )


def _asset(project: Any) -> str:
    return f"project:{project}" if text(project) else ""


def _target(root: dict[str, Any]) -> str:
    """The API lists issues and hotspots apart; the report has both."""
    if "sonarBaseURL" in root or "sonarComponent" in root:
        return ""
    return "hotspots" if "hotspots" in root else "issues"


def _cover(roots: Any) -> Iterator[Coverage]:
    for root in (root for root in roots if isinstance(root, dict)):
        page, total, size = (number(at(root, "paging", name)) for name in ("pageIndex", "total", "pageSize"))
        complete = page in (None, 1) and (total is None or size is None or total <= size)
        keys = [text(part.get("key")) for part in parts(root, "components") if part.get("qualifier") == "TRK"]
        for project in keys or [text(root.get("sonarComponent") or root.get("projectName"))]:
            yield Coverage(_asset(project), _target(root), succeeded=complete)


def _dated(roots: Any) -> datetime | None:
    return next((moment(root.get("date"), "%A, %b %d, %Y") for root in roots if isinstance(root, dict)), None)


def _sniff(head: Head) -> bool:
    top = head.object
    is_api = "paging" in top and ("issues" in top or "hotspots" in top)
    first = head.first("issues") or head.first("hotspots")
    is_issue = "component" in first and ("rule" in first or "ruleKey" in first)
    return is_api or is_issue or ("sonarBaseURL" in top and ("issues" in top or "rules" in top))


PARSER = JsonParser(
    name="sonarqube",
    sniff=_sniff,
    observe=_observe,
    cover=_cover,
    dated=_dated,
    records={"issues[]": _Issue, "hotspots[]": _Issue},
)
