"""What Trivy finds, the same in all of its reports: vulnerabilities, checks, secrets, licences, and what it suppressed."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec

from detente.model.finding import Coverage, Kind, Observation, State
from detente.queue import facets
from detente.queue.convert import Essential, convert
from detente.queue.fields import avd, cwes, line, moment, parts, path, severity, text, versions
from detente.queue.identity import snippet
from detente.queue.report import Items, Record, Skip


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


def _vulnerability(found: _Vulnerability, ecosystem: str, **known: Any) -> Observation:
    vector, score = _cvss(found)
    url = found.PkgIdentifier.PURL if found.PkgIdentifier else ""
    return Observation(
        kind=Kind.PACKAGE,
        vulnerability=found.VulnerabilityID,
        related=tuple(found.VendorIDs or ()),
        title=found.Title or f"{found.VulnerabilityID} in {found.PkgName}",
        score=score,
        vector=vector,
        cwes=cwes(found.CweIDs or []),
        **facets.package(ecosystem, found.PkgName, found.InstalledVersion, url),
        fixed=versions(found.FixedVersion),
        location=path(found.PkgPath),
        state=_STATES.get(found.Status, State.OPEN),
        reason=found.Status,
        **known,
    )


def _check(found: _Misconfiguration, ecosystem: str, **known: Any) -> Observation | Skip:
    if found.Status != "FAIL":
        return Skip(f"check {found.Status.lower()}")
    cause = found.CauseMetadata or _Cause()
    return Observation(
        kind=Kind.CONFIG,
        vulnerability=avd(found.AVDID or found.ID),
        title=found.Title or found.Message,
        location="#".join(part for part in (path(known["target"]), cause.Resource) if part),
        line=line(cause.StartLine),
        **known,
    )


def _secret(found: _Secret, ecosystem: str, **known: Any) -> Observation:
    return Observation(
        kind=Kind.SECRET,
        vulnerability=found.RuleID,
        title=found.Title or found.RuleID,
        location=path(known["target"]),
        line=line(found.StartLine),
        fingerprint=snippet(found.Match),
        **known,
    )


def _licence(found: _Licence, ecosystem: str, **known: Any) -> Observation:
    return Observation(
        kind=Kind.LICENCE,
        vulnerability=f"licence:{found.Name}",
        title=f"{found.Name} ({found.Category or 'unclassified'})",
        component=found.PkgName,
        location=path(found.FilePath),
        **known,
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
_KINDS = {
    "Vulnerabilities": _Vulnerability,
    "Misconfigurations": _Misconfiguration,
    "Secrets": _Secret,
    "Licenses": _Licence,
    "ExperimentalModifiedFindings": _Modified,
}


class Scan:
    """The document, and the place of the records being read: records of one result share it, so it is worked out once."""

    def __init__(self, roots: Any, asset: Callable[[tuple[Any, ...]], str]) -> None:
        self.roots = roots
        self._asset = asset
        self._parents: tuple[Any, ...] = ()
        self._place: dict[str, Any] = {}

    @property
    def seen(self) -> datetime | None:
        """When the report was written."""
        documents = (part for root in self.roots for part in parts(root))
        return max(filter(None, (moment(document.get("CreatedAt")) for document in documents)), default=None)

    def place(self, parents: tuple[Any, ...]) -> dict[str, Any]:
        """The asset, the target and the time of the scan, and the ecosystem of the result."""
        if parents is not self._parents:
            result = parents[-1]
            self._parents, self._place = (
                parents,
                {
                    "asset": self._asset(parents),
                    "target": text(result.get("Target")),
                    "ecosystem": text(result.get("Type")),
                    "seen": moment(parents[0].get("CreatedAt")),
                },
            )
        return self._place

    def cover(self, holders: Iterable[tuple[Any, ...]]) -> Iterator[Coverage]:
        """Every result in these holders, each the way from the root to it, was looked at, findings or not."""
        for parents in holders:
            for result in parts(parents[-1], "Results") or ([parents[-1]] if "Target" in parents[-1] else []):
                yield Coverage(self._asset(parents), text(result.get("Target")))


def observe(record: Record, scan: Scan) -> Items:
    """A record of any kind, as one observation; a check that did not fail is skipped."""
    found, place = record.value, scan.place(record.parents)
    modified = found if isinstance(found, _Modified) else None
    if modified is not None:
        found = convert(modified.Finding, _TYPES[modified.Type])
    item = _READ[type(found)](found, severity=severity(found.Severity), **place)
    if modified is not None and isinstance(item, Observation):
        state = _SUPPRESSED.get(modified.Status, State.SUPPRESSED)
        item = replace(item, state=state, reason=modified.Statement or modified.Status, author=modified.Source)
    yield item


def records(*holders: str) -> dict[str, Any]:
    """The record paths of results that stand at these paths."""
    kinds = {f"{holder}.{name}[]": kind for holder in holders for name, kind in _KINDS.items()}
    return kinds | {f"{holder}.Packages[]": None for holder in holders}


def secrets(*holders: str) -> frozenset[str]:
    """Those of the record paths whose records may hold a secret."""
    return frozenset(path for path, kind in records(*holders).items() if kind in (_Secret, _Modified))
