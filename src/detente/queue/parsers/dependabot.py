"""Dependabot alerts from GitHub's REST API: `gh api --paginate repos/OWNER/REPO/dependabot/alerts` (or `orgs/...`).

Fixed and dismissed alerts are read with that state, GitHub's reason and who dismissed them. A list may be one page or
filtered and does not say so; therefore absence closes nothing: leave out the `state` filter, and fixed alerts close theirs.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from detente.model.finding import Kind, Observation, State
from detente.queue import facets
from detente.queue.fields import at, cwes, many, named, number, parts, path, text, versions
from detente.queue.report import Head, Items, JsonParser, Record

_REASONS = {"inaccurate": State.FALSE_POSITIVE, "not_used": State.NOT_AFFECTED, "tolerable_risk": State.ACCEPTED}


class _Alert(msgspec.Struct):
    security_advisory: dict[str, Any]
    security_vulnerability: dict[str, Any] | None = None
    dependency: dict[str, Any] | None = None
    repository: dict[str, Any] | None = None
    state: str | None = None
    html_url: str | None = None
    url: str | None = None
    dismissed_by: dict[str, Any] | None = None
    dismissed_reason: str | None = None
    dismissed_comment: str | None = None


def _asset(alert: _Alert) -> str:
    name = (alert.repository or {}).get("full_name") or "/".join((alert.html_url or "").split("/")[3:5])
    if not name and "/repos/" in (alert.url or ""):
        name = "/".join(str(alert.url).partition("/repos/")[2].split("/")[:2])
    return facets.asset("repo", name)


def _state(alert: _Alert) -> tuple[State, str]:
    if alert.state == "fixed":
        return State.FIXED, ""
    if alert.state not in ("dismissed", "auto_dismissed"):
        return State.OPEN, ""
    reason = ": ".join(filter(None, (alert.dismissed_reason, alert.dismissed_comment))) or alert.state
    return _REASONS.get(alert.dismissed_reason or "", State.SUPPRESSED), reason


def _vectors(advisory: dict[str, Any]) -> Iterator[tuple[str | None, float | None]]:
    severities = advisory.get("cvss_severities")
    for rating in (at(severities, "cvss_v4"), at(severities, "cvss_v3"), advisory.get("cvss")):
        yield at(rating, "vector_string"), number(at(rating, "score")) or None


def _observe(record: Record, context: Any) -> Items:
    alert: _Alert = record.value
    advisory, weak, dependency = alert.security_advisory, alert.security_vulnerability or {}, alert.dependency or {}
    package = dependency.get("package") or weak["package"]
    name, ecosystem = str(package["name"]), text(package.get("ecosystem"))
    identifiers = [entry.get("value") for entry in parts(advisory, "identifiers")]
    aliases, related = named(advisory.get("ghsa_id"), advisory.get("cve_id"), identifiers)
    state, reason = _state(alert)
    chance = next(iter(many(advisory.get("epss"))), None)
    yield Observation(
        kind=Kind.PACKAGE,
        vulnerability=str(advisory.get("ghsa_id") or aliases[0]),
        aliases=aliases,
        related=related,
        title=str(advisory.get("summary") or f"Vulnerability in {name}"),
        asset=_asset(alert),
        **facets.rating(weak.get("severity") or advisory.get("severity"), *_vectors(advisory)),
        cwes=cwes([entry.get("cwe_id") for entry in parts(advisory, "cwes")]),
        **facets.package(ecosystem, name),
        fixed=versions(at(weak, "first_patched_version", "identifier")),
        location=path(dependency.get("manifest_path")),
        state=state,
        author=str((alert.dismissed_by or {}).get("login") or ""),
        reason=reason,
        epss=number(at(chance, "percentage")),
    )


def _sniff(head: Head) -> bool:
    return "security_advisory" in head.object and not {"security_vulnerability", "dependency"}.isdisjoint(head.object)


PARSER = JsonParser(name="dependabot", sniff=_sniff, observe=_observe, records={"[]": _Alert, "": _Alert})
