"""Semgrep Supply Chain: the list of findings (`vulns`) of its web API.

Vulnerable packages with their reachability; triaged ones are read with that state. The asset is the repository. A page that is
not the last closes nothing.
"""

from typing import Any

import msgspec

from detente.model.finding import Coverage, Kind, Observation, Reach, State
from detente.queue import facets
from detente.queue.convert import Essential
from detente.queue.fields import at, cwes, line, path, severity, text, versions
from detente.queue.report import Head, Items, JsonParser, Record


class _Vulnerability(msgspec.Struct, rename="camel"):
    advisory: dict[str, Any]
    title: str | None = None
    exposure_type: str | None = None
    repository_name: str | None = None
    matched_dependency: Essential[dict[str, Any] | None] = None
    closest_safe_dependency: dict[str, Any] | None = None
    dependency_file_location: dict[str, Any] | None = None
    triage: dict[str, Any] | None = None
    package_manager: str | None = None


_STATE = {"FIXED": State.FIXED, "CLOSED": State.FIXED, "REMOVED": State.FIXED, "IGNORED": State.SUPPRESSED}
_DISMISSED = {"FALSE_POSITIVE": State.FALSE_POSITIVE, "ACCEPTABLE_RISK": State.ACCEPTED}
_REACH = {"REACHABLE": Reach.CALLED, "UNREACHABLE": Reach.UNREACHABLE}


def _ecosystem(found: _Vulnerability, place: str) -> str:
    """The advisory names one of several ecosystems; the file the dependency stands in knows which."""
    manager = found.package_manager or ""
    if manager not in ("", "no_package_manager"):
        return manager
    return "pypi" if "requirements" in place else str(found.advisory.get("ecosystem") or "")


def _vulnerability(found: _Vulnerability) -> Observation:
    references = found.advisory.get("references")
    package, triage = found.matched_dependency or {}, found.triage or {}
    place = found.dependency_file_location or {}
    ecosystem = _ecosystem(found, path(text(place.get("path"))))
    state = _STATE.get(str(triage.get("status")), State.OPEN)
    why = str(triage.get("dismissReason") or "")
    return Observation(
        kind=Kind.PACKAGE,
        vulnerability=text(found.advisory["ruleId"]),
        **facets.names(at(references, "cveIds")),
        title=str(found.title or found.advisory.get("title") or ""),
        asset=facets.asset("repo", found.repository_name),
        severity=severity(found.advisory.get("severity")),
        cwes=cwes(at(references, "cweIds")),
        **facets.package(ecosystem, text(package.get("name")), text(package.get("versionSpecifier"))),
        fixed=versions(at(found.closest_safe_dependency, "versionSpecifier")),
        location=path(text(place.get("path"))),
        line=line(place.get("startLine")),
        state=_DISMISSED.get(why, state) if state is State.SUPPRESSED else state,
        reason="" if why == "UNKNOWN_REASON" else why,
        reach=_REACH.get(str(found.exposure_type), Reach.UNKNOWN),
    )


def _observe(record: Record, context: Any) -> Items:
    observation = _vulnerability(record.value)
    yield observation
    yield Coverage(observation.asset, succeeded=not record.parents[0].get("hasMore"))


def _sniff(head: Head) -> bool:
    return "advisory" in head.first("vulns") or {"vulns", "hasMore"} <= head.object.keys()


PARSER = JsonParser(
    name="semgrep_supply_chain", sniff=_sniff, observe=_observe, secrets=True, records={"vulns[]": _Vulnerability}
)
