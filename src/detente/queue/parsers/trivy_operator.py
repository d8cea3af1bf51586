"""Trivy Operator: its custom resources as `kubectl get vulnerabilityreports -A -o json` and the like print them.

Vulnerability, configuration, RBAC, infrastructure and exposed secret reports, and cluster compliance reports (detail or
summary); one object, a list, a `List`, or a mapping from resource names to lists. Passed checks are skipped. The asset is the
workload, named so that a roll-out does not rename it; each report kind and container is a target of its own. A compliance
report speaks of the whole cluster, which it does not name: pass `--asset`.
"""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from detente.model.finding import Coverage, Kind, Observation
from detente.queue import facets, workload
from detente.queue.convert import Essential
from detente.queue.fields import avd, number, path, severity, versions
from detente.queue.identity import snippet
from detente.queue.report import Head, Items, JsonParser, Record, Skip


class _Vulnerability(msgspec.Struct, rename="camel"):
    vulnerability_id: str = msgspec.field(name="vulnerabilityID")
    resource: Essential[str | None] = None
    installed_version: str | None = None
    fixed_version: str | None = None
    severity: str | None = None
    score: Any = None
    title: str | None = None
    target: str | None = None
    package_type: str | None = None
    package_purl: str | None = msgspec.field(name="packagePURL", default=None)


class _Check(msgspec.Struct):
    id: Essential[str | None] = msgspec.field(name="checkID", default=None)
    title: str | None = None
    severity: str | None = None
    success: Essential[bool | None] = None
    target: Essential[str | None] = None
    messages: list[str] | None = None


class _Secret(msgspec.Struct):
    rule: str = msgspec.field(name="ruleID")
    title: str | None = None
    severity: str | None = None
    target: str | None = None
    match: str | None = None


class _Control(msgspec.Struct, rename="camel"):
    id: str
    name: str | None = None
    severity: str | None = None
    total_fail: int | None = None
    fail_total: int | None = None


def _vulnerability(found: _Vulnerability, **known: Any) -> Observation:
    return Observation(
        kind=Kind.PACKAGE,
        vulnerability=found.vulnerability_id,
        title=found.title or f"{found.vulnerability_id} in {found.resource or ''}",
        **facets.rating(found.severity, ("", number(found.score))),
        **facets.package(found.package_type, found.resource, found.installed_version, found.package_purl),
        fixed=versions(found.fixed_version),
        location=path(found.target),
        **known,
    )


def _check(found: _Check, parents: tuple[Any, ...], **known: Any) -> Observation | Skip:
    if found.success is not False:
        return Skip("check passed" if found.success else "check without a result")
    title = found.title or next(iter(found.messages or ()), "")
    return Observation(
        kind=Kind.CONFIG,
        vulnerability=avd(found.id or parents[-1].get("id") or title),
        title=title,
        severity=severity(found.severity or parents[-1].get("severity")),
        location=workload.resource(found.target) if found.target else known["asset"].partition(":")[2],
        **known,
    )


def _secret(found: _Secret, **known: Any) -> Observation:
    return Observation(
        kind=Kind.SECRET,
        vulnerability=found.rule,
        title=found.title or found.rule,
        severity=severity(found.severity),
        location=path(found.target),
        fingerprint=snippet(found.match or ""),  # masked by Trivy: only the words around the secret tell two apart
        **known,
    )


def _control(found: _Control, **known: Any) -> Observation | Skip:
    if not (found.total_fail or found.fail_total):
        return Skip("check passed")
    return Observation(
        kind=Kind.CONFIG,
        vulnerability=f"{known['target'].rpartition('/')[2]}:{found.id}",
        title=found.name or found.id,
        severity=severity(found.severity),
        location="cluster",
        **known,
    )


def _observe(record: Record, context: Any) -> Items:
    report = workload.report(record.parents)
    asset, target = workload.place(report)
    known = {"asset": asset, "target": target, "seen": workload.seen(report)}
    if isinstance(record.value, _Check):
        yield _check(record.value, record.parents, **known)
    else:
        yield _READ[type(record.value)](record.value, **known)


_READ: dict[type, Callable[..., Observation | Skip]] = {
    _Vulnerability: _vulnerability,
    _Secret: _secret,
    _Control: _control,
}


def _cover(roots: Any) -> Iterator[Coverage]:
    return (Coverage(*workload.place(report), seen=workload.seen(report)) for report in workload.reports(roots))


def _sniff(head: Head) -> bool:
    first = head.first("items") or head.object
    is_report = str(first.get("apiVersion", "")).startswith("aquasecurity.github.io")
    return is_report or any(key.endswith("reports.aquasecurity.github.io") for key in head.object)


_HOLDERS = [outer + inner for outer in ("", "[].") for inner in ("", "items[].", "{}[].")]
_KINDS: dict[str, Any] = {
    "report.vulnerabilities[]": _Vulnerability,
    "report.checks[]": _Check,
    "report.secrets[]": _Secret,
    "report.components.components[]": None,
    "status.detailReport.results[].checks[]": _Check,
    "status.summaryReport.controlCheck[]": _Control,
    "status.controlCheck[]": _Control,
}

PARSER = JsonParser(
    name="trivy_operator",
    sniff=_sniff,
    observe=_observe,
    cover=_cover,
    secrets=True,
    records={holder + kind: struct for holder in _HOLDERS for kind, struct in _KINDS.items()},
)
