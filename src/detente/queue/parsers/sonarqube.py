"""SonarQube and SonarCloud: the web API's `api/issues/search` and `api/hotspots/search`, and the JSON of `sonar-report`.

Vulnerabilities and security hotspots become code findings, known by the key Sonar gives an issue for life. Bugs and code smells
are skipped. Issues of the Dependency-Check plug-in, which hides package and CVE in its message, become vulnerable packages.
Resolved, accepted and reviewed issues are read with that state. The asset is the project. A page of the API that is not the
only one closes nothing. BLOCKER means critical, CRITICAL high, MAJOR medium, MINOR low.
"""

from collections.abc import Iterator
from typing import Any

from detente.model.finding import Coverage, Kind, Observation
from detente.queue import facets, sonar
from detente.queue.fields import at, dated, line, parts, path, text, whole
from detente.queue.report import Head, Items, JsonParser, Record, Skip


def _observe(record: Record, context: Any) -> Items:
    found, root = record.value, record.parents[0]
    if not found.is_security():
        yield Skip(f"{str(found.type or 'issue').lower().replace('_', ' ')} without security impact")
        return
    asset, target = facets.asset("project", found.project or _project(root)), _target(root)
    hidden, rule = list(sonar.packages(found, asset, target)), found.rule or found.rule_key
    if hidden:
        yield from hidden
        return
    if not rule:
        raise KeyError("rule")
    place = str(found.component or "").removeprefix(f"{found.project}:")
    yield Observation(
        kind=Kind.CODE,
        vulnerability=rule,
        title=found.description or found.message or rule,
        asset=asset,
        target=target,
        severity=found.grade(),
        cwes=sonar.weaknesses(text(at(root, "rules", rule, "htmlDesc"))),
        location=path(place.rpartition(":")[2]),
        line=line(found.line or at(found.text_range, "startLine")),
        fingerprint=found.key,
        state=found.state(),
        reason=found.resolution or "",
    )


def _project(root: dict[str, Any]) -> str:
    return text(root.get("sonarComponent") or root.get("projectName"))


def _target(root: dict[str, Any]) -> str:
    """The API lists issues and hotspots apart; the report has both."""
    if "sonarBaseURL" in root or "sonarComponent" in root:
        return ""
    return "hotspots" if "hotspots" in root else "issues"


def _cover(roots: Any) -> Iterator[Coverage]:
    for root in parts(roots):
        complete = whole(*(at(root, "paging", name) for name in ("total", "pageSize", "pageIndex")))
        keys = [text(part.get("key")) for part in parts(root, "components") if part.get("qualifier") == "TRK"]
        for project in keys or [_project(root)]:
            yield Coverage(facets.asset("project", project), _target(root), succeeded=complete)


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
    dated=dated("date", form="%A, %b %d, %Y"),
    records={"issues[]": sonar.Issue, "hotspots[]": sonar.Issue},
)
