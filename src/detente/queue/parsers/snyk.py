"""Snyk Open Source and Container: `snyk test --json`, `--all-projects`, `snyk container test --json`.

Snyk prints one record per dependency path: the paths of one vulnerable package are one finding. Application packages inside an
image (`applications`) are read as well, licence issues become licence findings, and what a policy file ignores
(`filtered.ignore`) is accepted with its reason. The asset is the project or the image, the target its manifest.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from detente.model.finding import Coverage, Kind, Observation, Reach, State
from detente.queue import facets
from detente.queue.convert import Essential
from detente.queue.fields import by_word, cwes, image, number, parts, path, text, versions
from detente.queue.report import Head, Items, JsonParser, Record

_REACH = by_word({Reach.CALLED: "reachable function", Reach.IMPORTED: "package", Reach.UNREACHABLE: "no-path-found"})


class _Issue(msgspec.Struct, rename="camel"):
    id: str
    title: str | None = None
    type: str | None = None
    severity: str | None = None
    severity_with_critical: str | None = None
    cvss_v3: str | None = msgspec.field(name="CVSSv3", default=None)
    cvss_score: Any = None
    cvss_sources: list[dict[str, Any]] | None = None
    epss_details: dict[str, Any] | None = None
    identifiers: dict[str, Any] | None = None
    name: Essential[str | None] = None
    package_name: Essential[str | None] = None
    package_manager: str | None = None
    version: str | None = None
    fixed_in: list[str] | None = None
    reachability: Any = None
    is_malicious: bool | None = msgspec.field(name="malicious", default=None)
    filtered: dict[str, Any] | None = None


def _asset(project: dict[str, Any], root: dict[str, Any]) -> str:
    """The project, or for a container scan (and the applications in it) the image with its tag."""
    name = text(root.get("projectName"))
    mark, bar, bare = name.partition("|")
    if not bar and "docker" not in root:
        return facets.asset("project", project.get("projectName"))
    bare = bare if bar else mark
    place = text(root.get("path")).removesuffix("/" + bare.rpartition("/")[2])
    return facets.asset("image", image(place if place.startswith(bare) else bare))


def _target(project: dict[str, Any]) -> str:
    return path(text(project.get("displayTargetFile")) or text(project.get("targetFile")))


def _verdict(issue: _Issue) -> facets.Verdict:
    """What the policy file decided: to ignore it, or that a patch has closed it."""
    if issue.filtered is None:
        return {}
    if issue.filtered.get("patches"):
        return {"state": State.FIXED, "reason": "patched by Snyk"}
    rules = (text(rule.get("reason")) for rule in parts(issue.filtered, "ignored"))
    return {"state": State.ACCEPTED, "reason": next(filter(None, rules), "ignored by the policy")}


def _vectors(issue: _Issue) -> Iterator[tuple[str | None, float | None]]:
    """Snyk's own ratings; those of others stand beside them."""
    yield issue.cvss_v3, number(issue.cvss_score)
    for entry in issue.cvss_sources or ():
        if entry.get("assigner") == "Snyk":
            yield entry.get("vector"), number(entry.get("baseScore"))


def _finding(issue: _Issue, asset: str, target: str, ecosystem: str) -> Observation:
    ecosystem = issue.package_manager or ecosystem
    name = issue.name or issue.package_name or ""
    if ":" in ecosystem:  # a distribution and its release, whose packages are named `source/binary`
        name = name.rpartition("/")[2]
    identifiers = issue.identifiers or {}
    return Observation(
        kind=Kind.LICENCE if issue.type == "license" else Kind.PACKAGE,
        vulnerability=issue.id,
        **facets.names(identifiers.get("CVE"), identifiers.get("GHSA")),
        title=issue.title or f"{issue.id} in {name}",
        asset=asset,
        target=target,
        **facets.rating(issue.severity_with_critical or issue.severity, *_vectors(issue)),
        cwes=cwes(identifiers.get("CWE")),
        **facets.package(ecosystem, name, issue.version),
        fixed=versions(issue.fixed_in),
        location=target,
        **_verdict(issue),
        reach=_REACH.get(text(issue.reachability).lower().replace("_", "-"), Reach.UNKNOWN),
        exploited=bool(issue.is_malicious),
        epss=number((issue.epss_details or {}).get("probability")),
    )


def _observe(record: Record, context: Any) -> Items:
    root = record.parents[0]
    project = next(parent for parent in reversed(record.parents) if "projectName" in parent or parent is root)
    yield _finding(record.value, _asset(project, root), _target(project), text(project.get("packageManager")))


def _cover(roots: Any) -> Iterator[Coverage]:
    """Every project of the report; one that could not be tested, or not below a severity, closes nothing."""
    for root in roots[0] if roots and isinstance(roots[0], list) else roots:
        for project in (root, *parts(root, "applications")) if isinstance(root, dict) else ():
            whole = not (root.get("error") or root.get("severityThreshold"))
            yield Coverage(_asset(project, root), _target(project), whole)


def _sniff(head: Head) -> bool:
    top = head.object
    first = head.first("vulnerabilities")
    if first:
        return "id" in first and not first.keys().isdisjoint({"semver", "from", "upgradePath"})
    return {"ok", "path"} <= top.keys() and ("dependencyCount" in top or "error" in top)


_PROJECTS = ("", "applications[].", "[].", "[].applications[].")

PARSER = JsonParser(
    name="snyk",
    sniff=_sniff,
    observe=_observe,
    cover=_cover,
    records={f"{project}vulnerabilities[]": _Issue for project in _PROJECTS}
    | {f"{project}filtered.{kind}[]": _Issue for project in _PROJECTS for kind in ("ignore", "patch")}
    | {f"{project}remediation.unresolved[]": None for project in _PROJECTS},
)
