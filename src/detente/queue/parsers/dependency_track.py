"""Dependency-Track: a project's findings, exported as File (FPF 1.0 to 1.3) or taken from its API as a list.

The analysis made there is kept: false positive, not affected and resolved close the finding, suppression suppresses it. Its
aliases are followed only where they mean the same: a distribution's advisory listed as alias of several CVEs is none of them.
The asset is the project without its version. `latestVersion` is not taken for the fix, which the export does not name.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from detente.model.finding import Coverage, Kind, Observation, State
from detente.queue import facets
from detente.queue.fields import at, cwes, dated, number, parts
from detente.queue.names import parted
from detente.queue.report import Head, Items, JsonParser, Record

_STATES = {"FALSE_POSITIVE": State.FALSE_POSITIVE, "NOT_AFFECTED": State.NOT_AFFECTED, "RESOLVED": State.FIXED}


class _Component(msgspec.Struct, rename="camel"):
    name: str
    group: str | None = None
    version: str | None = None
    purl: str | None = None
    project_name: str | None = None


class _Vulnerability(msgspec.Struct, rename="camel"):
    vuln_id: str
    title: str | None = None
    severity: str | None = None
    aliases: list[dict[str, Any]] | None = None
    cvss_v4_vector: str | None = None
    cvss_v4_score: Any = None
    cvss_v3_vector: str | None = None
    cvss_v3_base_score: Any = None
    cvss_v2_vector: str | None = None
    cvss_v2_base_score: Any = None
    epss_score: Any = None
    cwes: list[dict[str, Any]] | None = None
    cwe_id: Any = None


class _Finding(msgspec.Struct):
    component: _Component
    vulnerability: _Vulnerability
    analysis: dict[str, Any] | None = None


def _aliases(found: _Vulnerability) -> Iterator[str]:
    for alias in found.aliases or ():
        yield from (value for key, value in alias.items() if key.endswith("Id") and isinstance(value, str))


_dated = dated("meta", "timestamp")


def _observe(record: Record, roots: Any) -> Items:
    component, found = record.value.component, record.value.vulnerability
    root = record.parents[0] if record.parents else {}
    scores = (
        (found.cvss_v4_vector, number(found.cvss_v4_score)),
        (found.cvss_v3_vector, number(found.cvss_v3_base_score)),
        (found.cvss_v2_vector, number(found.cvss_v2_base_score)),
    )
    analysis = record.value.analysis or {}
    state = State.SUPPRESSED if analysis.get("isSuppressed") is True else State.OPEN
    name = "/".join(filter(None, (component.group, component.name)))
    package = facets.addressed(component.purl, name, component.version)
    yield Observation(
        kind=Kind.PACKAGE,
        vulnerability=found.vuln_id,
        **parted(found.vuln_id, _aliases(found)),
        title=found.title or f"{found.vuln_id} in {package['component']}",
        asset=facets.asset("project", at(root, "project", "name") or component.project_name),
        **facets.rating(found.severity, *scores),
        cwes=cwes([cwe.get("cweId") for cwe in found.cwes or ()], found.cwe_id),
        **package,
        state=_STATES.get(str(analysis.get("state")), state),
        reason=str(analysis.get("justification") or analysis.get("state") or ""),
        epss=number(found.epss_score),
        seen=_dated([root]),
    )


def _cover(roots: Any) -> Iterator[Coverage]:
    """The project; an export without a list of findings says nothing about them."""
    for root in parts(roots):
        asset = facets.asset("project", at(root, "project", "name"))
        yield Coverage(asset, succeeded=isinstance(root.get("findings"), list))


def _sniff(head: Head) -> bool:
    first = head.object if isinstance(head.json, list) else head.first("findings")
    is_list = {"component", "vulnerability", "matrix"} <= first.keys()
    return is_list or at(head.object, "meta", "application") == "Dependency-Track"


PARSER = JsonParser(
    name="dependency_track",
    sniff=_sniff,
    observe=_observe,
    cover=_cover,
    dated=_dated,
    records={"findings[]": _Finding, "[]": _Finding},
)
