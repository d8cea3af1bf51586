"""Trivy: `trivy image|fs|repo|k8s --format json`, the present schema (2) and the list of results before it.

Vulnerabilities, failed misconfiguration checks, secrets and licences become findings of their own kinds; passed checks
are counted as skipped. What Trivy itself suppressed (`--show-suppressed`: ignore files, VEX) is read with that state, its
statement and source. The asset is the scanned image or folder, or the resource of a cluster report. Trivy masks secrets; the
words around one tell it from another. A scan that found nothing used to print `null`: it closes nothing.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec

from detente.model.finding import Coverage, Kind, Observation, State
from detente.queue.convert import Essential, convert
from detente.queue.fields import avd, cwes, image, line, moment, parts, path, severity, text
from detente.queue.identity import snippet
from detente.queue.purl import purl
from detente.queue.report import Head, Items, JsonParser, Record, Skip


class _Identifier(msgspec.Struct):
    PURL: str = ""


class _Cvss(msgspec.Struct):
    V2Vector: str = ""
    V2Score: float | None = None
    V3Vector: str = ""
    V3Score: float | None = None
    V40Vector: str = ""
    V40Score: float | None = None


class _Vulnerability(msgspec.Struct):
    VulnerabilityID: str
    PkgName: Essential[str] = ""
    InstalledVersion: str = ""
    FixedVersion: str = ""
    PkgPath: str = ""
    PkgIdentifier: _Identifier | None = None
    Status: str = ""
    Severity: str = ""
    SeveritySource: str = ""
    Title: str = ""
    VendorIDs: list[str] | None = None
    CweIDs: list[str] | None = None
    CVSS: dict[str, _Cvss] | None = None


class _Cause(msgspec.Struct):
    Resource: str = ""
    StartLine: int | None = None


class _Misconfiguration(msgspec.Struct):
    ID: Essential[str] = ""
    AVDID: Essential[str] = ""
    Title: str = ""
    Message: str = ""
    Severity: str = ""
    Status: Essential[str] = "FAIL"
    CauseMetadata: _Cause | None = None


class _Secret(msgspec.Struct):
    RuleID: str
    Title: str = ""
    Severity: str = ""
    StartLine: int | None = None
    Match: str = ""


class _Licence(msgspec.Struct):
    Name: str
    PkgName: Essential[str] = ""
    FilePath: str = ""
    Severity: str = ""
    Category: str = ""


class _Modified(msgspec.Struct):
    Type: str
    Finding: dict[str, Any]
    Status: str = ""
    Statement: str = ""
    Source: str = ""


# A status of `fixed` says that a fix exists, of a suppressed record that the product has it.
_STATES = {"not_affected": State.NOT_AFFECTED, "under_investigation": State.INVESTIGATING}
_SUPPRESSED = _STATES | {"fixed": State.FIXED}


def _asset(parents: tuple[Any, ...]) -> str:
    """The image or folder of the root; in a cluster report the resource that holds the result."""
    for parent in reversed(parents):
        if parent.get("Kind") and parent.get("Name"):
            return f"host:{parent.get('Namespace') or 'cluster'}/{parent['Kind']}/{parent['Name']}"
    root = parents[0]
    name = text(root.get("ArtifactName")) or text(root.get("ClusterName"))
    kinds = {"container_image": "image", "repository": "repo", "filesystem": "project", "vm": "host"}
    kind = kinds.get(str(root.get("ArtifactType") or "container_image"), "project")
    if kind == "image":
        name = image(name)
    return f"{kind}:{name}" if name not in ("", ".") else ""


def _cvss(found: _Vulnerability) -> tuple[str, float | None]:
    """Vector and score of the issuing source, the newest version of CVSS first."""
    sources = found.CVSS or {}
    ordered = [sources[found.SeveritySource]] if found.SeveritySource in sources else []
    for source in [*ordered, *sources.values()]:
        for vector, score in (
            (source.V40Vector, source.V40Score),
            (source.V3Vector, source.V3Score),
            (source.V2Vector, source.V2Score),
        ):
            if vector or score is not None:
                return vector, score
    return "", None


def _vulnerability(found: _Vulnerability, asset: str, result: dict[str, Any], seen: Any) -> Observation:
    vector, score = _cvss(found)
    ecosystem = text(result.get("Type"))
    return Observation(
        kind=Kind.PACKAGE,
        vulnerability=found.VulnerabilityID,
        related=tuple(found.VendorIDs or ()),
        title=found.Title or f"{found.VulnerabilityID} in {found.PkgName}",
        asset=asset,
        target=text(result.get("Target")),
        severity=severity(found.Severity),
        score=score,
        vector=vector,
        cwes=cwes(found.CweIDs or []),
        component=found.PkgName,
        version=found.InstalledVersion,
        ecosystem=ecosystem,
        purl=(found.PkgIdentifier and found.PkgIdentifier.PURL) or purl(ecosystem, found.PkgName),
        fixed=tuple(part.strip() for part in found.FixedVersion.split(",") if part.strip()),
        location=path(found.PkgPath),
        state=_STATES.get(found.Status, State.OPEN),
        reason=found.Status,
        seen=seen,
    )


def _check(found: _Misconfiguration, asset: str, result: dict[str, Any], seen: Any) -> Observation | Skip:
    if found.Status != "FAIL":
        return Skip(f"check {found.Status.lower()}")
    cause = found.CauseMetadata or _Cause()
    target = text(result.get("Target"))
    return Observation(
        kind=Kind.CONFIG,
        vulnerability=avd(found.AVDID or found.ID),
        title=found.Title or found.Message,
        asset=asset,
        target=target,
        severity=severity(found.Severity),
        location="#".join(part for part in (path(target), cause.Resource) if part),
        line=line(cause.StartLine),
        seen=seen,
    )


def _secret(found: _Secret, asset: str, result: dict[str, Any], seen: Any) -> Observation:
    target = text(result.get("Target"))
    return Observation(
        kind=Kind.SECRET,
        vulnerability=found.RuleID,
        title=found.Title or found.RuleID,
        asset=asset,
        target=target,
        severity=severity(found.Severity),
        location=path(target),
        line=line(found.StartLine),
        fingerprint=snippet(found.Match),
        seen=seen,
    )


def _licence(found: _Licence, asset: str, result: dict[str, Any], seen: Any) -> Observation:
    return Observation(
        kind=Kind.LICENCE,
        vulnerability=f"licence:{found.Name}",
        title=f"{found.Name} ({found.Category or 'unclassified'})",
        asset=asset,
        target=text(result.get("Target")),
        severity=severity(found.Severity),
        component=found.PkgName,
        location=path(found.FilePath),
        seen=seen,
    )


_READ: dict[type, Callable[..., Observation | Skip]] = {
    _Vulnerability: _vulnerability,
    _Misconfiguration: _check,
    _Secret: _secret,
    _Licence: _licence,
}
_TYPES = {
    "vulnerability": _Vulnerability,
    "misconfiguration": _Misconfiguration,
    "secret": _Secret,
    "license": _Licence,
}


class _Scan:
    """The document, and the place of the records being read: records of one result share it, so it is worked out once."""

    def __init__(self, roots: Any) -> None:
        self.roots = roots
        self._parents: tuple[Any, ...] = ()
        self._place: tuple[str, dict[str, Any], Any] = ("", {}, None)

    def place(self, parents: tuple[Any, ...]) -> tuple[str, dict[str, Any], Any]:
        """The asset, the result and the time of the scan."""
        if parents is not self._parents:
            self._parents, self._place = parents, (_asset(parents), parents[-1], moment(parents[0].get("CreatedAt")))
        return self._place


def _observe(record: Record, scan: _Scan) -> Items:
    found, place = record.value, scan.place(record.parents)
    if not isinstance(found, _Modified):
        yield _READ[type(found)](found, *place)
        return
    finding = convert(found.Finding, _TYPES[found.Type])
    item = _READ[type(finding)](finding, *place)
    if isinstance(item, Observation):
        state = _SUPPRESSED.get(found.Status, State.SUPPRESSED)
        item = replace(item, state=state, reason=found.Statement or found.Status, author=found.Source)
    yield item


_RESOURCES = ("Resources", "Vulnerabilities", "Misconfigurations", "Findings")  # of a cluster report, by age


def _cover(scan: _Scan) -> Iterator[Coverage]:
    """Every result of the document was looked at, findings or not."""
    holders = (item for root in scan.roots for item in (root if isinstance(root, list) else [root]))
    for holder in holders:
        if isinstance(holder, dict):
            inner = (item for key in _RESOURCES for item in parts(holder, key) if "Results" in item)
            for parents in ((holder,), *((holder, item) for item in inner)):
                for result in parts(parents[-1], "Results") or ([holder] if "Target" in holder else ()):
                    yield Coverage(_asset(parents), text(result.get("Target")))


def _dated(scan: _Scan) -> datetime | None:
    roots = [root for root in scan.roots if isinstance(root, dict)]
    return moment(roots[0].get("CreatedAt")) if roots else None


def _sniff(head: Head) -> bool:
    top = head.object
    if isinstance(top.get("Target"), str) and ("Vulnerabilities" in top or "Type" in top):
        return True
    is_schema = isinstance(top.get("SchemaVersion"), int) and ("ArtifactName" in top or "Results" in top)
    return is_schema or ("ClusterName" in top and ("Resources" in top or "Vulnerabilities" in top or "Findings" in top))


_KINDS = {
    "Vulnerabilities": _Vulnerability,
    "Misconfigurations": _Misconfiguration,
    "Secrets": _Secret,
    "Licenses": _Licence,
    "ExperimentalModifiedFindings": _Modified,
}
_HOLDERS = ("Results[].", "[].", *(f"{resources}[].Results[]." for resources in _RESOURCES))

PARSER = JsonParser(
    name="trivy",
    sniff=_sniff,
    prepare=_Scan,
    observe=_observe,
    cover=_cover,
    dated=_dated,
    secrets=frozenset(
        f"{holder}{kind}[]" for holder in _HOLDERS for kind in ("Secrets", "ExperimentalModifiedFindings")
    ),
    records={f"{holder}{name}[]": kind for holder in _HOLDERS for name, kind in _KINDS.items()}
    | {f"{holder}Packages[]": None for holder in _HOLDERS},
)
