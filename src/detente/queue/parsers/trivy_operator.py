"""Trivy Operator: its custom resources as `kubectl get vulnerabilityreports -A -o json` and the like print them.

Vulnerability, configuration, RBAC, infrastructure and exposed secret reports, and cluster compliance reports (detail or
summary); one object, a list, a `List`, or a mapping from resource names to lists. Passed checks are skipped. The asset is the
workload, named so that a roll-out does not rename it; each report kind and container is a target of its own. A compliance
report speaks of the whole cluster, which it does not name: pass `--asset`.
"""

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import msgspec

from detente.model.finding import Coverage, Kind, Observation
from detente.queue.convert import Essential
from detente.queue.fields import at, avd, graded, moment, number, path, text
from detente.queue.identity import snippet
from detente.queue.purl import purl
from detente.queue.report import Head, Items, JsonParser, Record, Skip

_LABEL = "trivy-operator."
# A Deployment names its sets by a hash without vowels, a CronJob its jobs by the minute: both change with every roll-out or run.
_GENERATED = {"replicaset": ("Deployment", r"-[bcdfghjklmnpqrstvwxz0-9]{5,10}$"), "job": ("CronJob", r"-\d{8,}$")}


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


def _report(parents: tuple[Any, ...]) -> dict[str, Any]:
    """The custom resource that holds a record: the outermost object that is one."""
    return next((parent for parent in parents if "metadata" in parent and parent.get("kind") != "List"), parents[0])


def _place(report: dict[str, Any]) -> tuple[str, str]:
    """Asset and target of a custom resource."""
    kind, own = text(report.get("kind")) or "Report", text(at(report, "metadata", "name"))
    if "Compliance" in kind:
        return "", f"{kind}/{own}"
    what, name, space = (_label(report, f"resource.{part}") for part in ("kind", "name", "namespace"))
    what, name = _steady(what, name) if name else (kind, own)
    target = "/".join(filter(None, (kind, _label(report, "container.name"))))
    return f"host:{space or text(at(report, 'metadata', 'namespace')) or 'cluster'}/{what}/{name}", target


def _label(report: dict[str, Any], name: str) -> str:
    """What a label says; names unfit for a label are annotations."""
    places = (text(at(report, "metadata", place, _LABEL + name)) for place in ("labels", "annotations"))
    return next(filter(None, places), "")


def _steady(kind: str, name: str) -> tuple[str, str]:
    """The controller a generated resource belongs to, by kind and name; any other resource as it is."""
    owner, generated = _GENERATED.get(kind.lower(), (kind, r"\b\B"))
    stable = re.sub(generated, "", name)
    return (owner, stable) if stable != name else (kind, name)


def _resource(target: str) -> str:
    """A compliance check's `namespace/kind-name`."""
    space, _, rest = target.rpartition("/")
    kind, _, name = rest.partition("-")
    kind, name = _steady(kind, name)
    return "/".join(filter(None, (space, kind.lower(), name)))


def _vulnerability(found: _Vulnerability, **known: Any) -> Observation:
    name, kind, score = found.resource or "", found.package_type or "", number(found.score)
    severity, derived = graded(found.severity, score)
    return Observation(
        kind=Kind.PACKAGE,
        vulnerability=found.vulnerability_id,
        title=found.title or f"{found.vulnerability_id} in {name}",
        severity=severity,
        severity_derived=derived,
        score=score,
        component=name,
        version=found.installed_version or "",
        ecosystem=kind,
        purl=found.package_purl or purl(kind, name),
        fixed=tuple(part.strip() for part in (found.fixed_version or "").split(",") if part.strip()),
        location=path(found.target),
        **known,
    )


def _check(found: _Check, parents: tuple[Any, ...], **known: Any) -> Observation | Skip:
    if found.success is not False:
        return Skip("check passed")
    title = found.title or next(iter(found.messages or ()), "")
    return Observation(
        kind=Kind.CONFIG,
        vulnerability=avd(found.id or parents[-1].get("id") or title),
        title=title,
        severity=graded(found.severity or parents[-1].get("severity"), None)[0],
        location=_resource(found.target) if found.target else known["asset"].partition(":")[2],
        **known,
    )


def _secret(found: _Secret, **known: Any) -> Observation:
    return Observation(
        kind=Kind.SECRET,
        vulnerability=found.rule,
        title=found.title or found.rule,
        severity=graded(found.severity, None)[0],
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
        severity=graded(found.severity, None)[0],
        location="cluster",
        **known,
    )


def _observe(record: Record, context: Any) -> Items:
    report = _report(record.parents)
    asset, target = _place(report)
    known = {"asset": asset, "target": target, "seen": _seen(report)}
    if isinstance(record.value, _Check):
        yield _check(record.value, record.parents, **known)
    else:
        yield _READ[type(record.value)](record.value, **known)


_READ: dict[type, Callable[..., Observation | Skip]] = {
    _Vulnerability: _vulnerability,
    _Secret: _secret,
    _Control: _control,
}


def _seen(report: dict[str, Any]) -> datetime | None:
    return moment(at(report, "report", "updateTimestamp") or at(report, "status", "updateTimestamp"))


def _reports(roots: Any) -> Iterator[dict[str, Any]]:
    """Every custom resource in the document, at whatever level its list stands."""
    for value in roots.values() if isinstance(roots, dict) else roots or ():
        if isinstance(value, dict) and str(value.get("kind", "")).endswith("Report"):
            yield value
        elif isinstance(value, dict | list):
            yield from _reports(value)


def _cover(roots: Any) -> Iterator[Coverage]:
    return (Coverage(*_place(report), seen=_seen(report)) for report in _reports(roots))


def _sniff(head: Head) -> bool:
    top = head.object
    items = top.get("items")
    first = items[0] if isinstance(items, list) and items and isinstance(items[0], dict) else top
    return str(first.get("apiVersion", "")).startswith("aquasecurity.github.io") or any(
        key.endswith("reports.aquasecurity.github.io") for key in top
    )


_HOLDERS = ("", "[].", "items[].", "{}[].")
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
