"""The AWS Security Finding Format (ASFF, schema 2018-10-08): one finding, in whatever container it comes.

A finding about packages becomes one observation per vulnerability and package, a failed control one per resource; a passed
control is no finding. What detects an attack (GuardDuty) stays a finding about its resources: it asks for an answer, not
for a patch.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec

from detente.model.finding import Coverage, Kind, Observation, Severity, State
from detente.queue import amazon, cvss
from detente.queue.convert import Essential
from detente.queue.fields import at, many, moment, number, parts, path, severity, text
from detente.queue.hosts import said
from detente.queue.report import Items, Skip

_NOT_FAILED = {"PASSED", "WARNING", "NOT_AVAILABLE"}
_FLOORS = ((90, Severity.CRITICAL), (70, Severity.HIGH), (40, Severity.MEDIUM), (1, Severity.LOW), (0, Severity.INFO))


class Finding(msgspec.Struct, rename="pascal"):
    """The fields that are read; the names are those of the format."""

    id: str
    product_arn: str = ""
    product_name: str | None = None
    generator_id: str | None = None
    aws_account_id: Any = None
    region: Any = None
    types: list[str] | None = None
    title: Any = None
    severity: dict[str, Any] | None = None
    finding_provider_fields: dict[str, Any] | None = None
    compliance: dict[str, Any] | None = None
    product_fields: dict[str, Any] | None = None
    record_state: str | None = None
    workflow: dict[str, Any] | None = None
    note: dict[str, Any] | None = None
    resources: Essential[list[dict[str, Any]] | None] = None
    vulnerabilities: Essential[list[dict[str, Any]] | None] = None
    epss_score: Any = None
    updated_at: Any = None
    last_observed_at: Any = None


def account(found: Finding) -> str:
    """`account:` and its number, also from the finding's own ARN when the field is missing."""
    parts = found.id.split(":")
    name = said(found.aws_account_id) or (parts[4] if len(parts) > 5 else "")
    return f"account:{name}" if name else ""


def seen(found: Finding) -> datetime | None:
    """When the finding, or that there is none, was last observed or last written."""
    return max(filter(None, (moment(found.last_observed_at), moment(found.updated_at))), default=None)


def place(found: Finding, resource: dict[str, Any]) -> tuple[str, str]:
    """(asset, location) of a resource: an image, an instance or a function is an asset, all else a place in the account."""
    name, image = text(resource.get("Id")), at(resource, "Details", "AwsEcrContainerImage")
    if isinstance(image, dict):
        region = text(resource.get("Region") or found.region) or next(iter(name.split(":")[3:4]), "")
        registry = text(image.get("RegistryId")) or said(found.aws_account_id)
        tags = filter(None, map(text, many(image.get("ImageTags"))))
        return amazon.image(
            registry, region, text(image.get("RepositoryName")) or name, tags, text(image.get("ImageDigest"))
        ), ""
    if resource.get("Type") == "AwsEc2Instance":
        return amazon.instance(name), ""
    if resource.get("Type") == "AwsLambdaFunction":
        return amazon.function(name), ""
    return account(found), name


def observations(found: Finding) -> Items:
    """What one finding says. Raises ValueError when it names neither a resource nor an account."""
    places = list(dict.fromkeys(place(found, resource) for resource in found.resources or ())) or [(account(found), "")]
    status = text(at(found.compliance, "Status"))
    if status in _NOT_FAILED:
        yield from (Coverage(asset, seen=seen(found)) for asset in dict.fromkeys(asset for asset, _ in places))
        yield Skip(f"control {status.lower()}")
        return
    if not any(asset for asset, _ in places):
        raise ValueError("the finding names neither a resource nor an account")
    for asset, location in places:
        base = _base(found, asset, location)
        yield from _packages(found, base) if found.vulnerabilities else (base,)


def _base(found: Finding, asset: str, location: str) -> Observation:
    state, author, reason = _state(found)
    return Observation(
        kind=Kind.CONFIG,
        vulnerability=_rule(found),
        title=str(found.title or _rule(found)),
        asset=asset,
        severity=_severity(found),
        location=location or asset,
        state=state,
        author=author,
        reason=reason,
        epss=number(found.epss_score),
        seen=seen(found),
    )


def _rule(found: Finding) -> str:
    """The control, or the kind of thing detected, under the name of the product that looks for it."""
    fields, product = (
        found.product_fields or {},
        str(found.product_name or found.product_arn.rpartition("/")[2]).lower(),
    )
    control = (found.compliance or {}).get("SecurityControlId") or fields.get("ControlId") or fields.get("RuleId")
    if control or found.compliance:
        return f"securityhub:{control or found.generator_id}"
    kind = next(iter(found.types or ()), "").rpartition("/")[2]
    return f"{product}:{kind or found.generator_id}"


def _severity(found: Finding) -> Severity:
    told = found.severity or (found.finding_provider_fields or {}).get("Severity") or {}
    value = number(told.get("Normalized"))
    graded = next((word for least, word in _FLOORS if value is not None and value >= least), Severity.UNKNOWN)
    return severity(told.get("Label")) or graded


def _state(found: Finding) -> tuple[State, str, str]:
    note = found.note or {}
    author, reason = str(note.get("UpdatedBy") or ""), str(note.get("Text") or "")
    if found.record_state == "ARCHIVED":
        return State.FIXED, author, reason or "archived"
    states = {"SUPPRESSED": State.SUPPRESSED, "RESOLVED": State.FIXED}
    return states.get(text(at(found.workflow, "Status")), State.OPEN), author, reason


def _packages(found: Finding, base: Observation) -> Iterator[Observation]:
    fields = (found.product_fields or {}).items()
    platform = next((value for key, value in fields if key.endswith("/platform")), "")
    for weakness in found.vulnerabilities or ():
        scores = [(entry.get("BaseVector"), number(entry.get("BaseScore"))) for entry in parts(weakness, "Cvss")]
        vector, score = cvss.best(scores)
        epss = number(weakness.get("EpssScore"))
        named = replace(
            base,
            kind=Kind.PACKAGE,
            vulnerability=str(weakness["Id"]),
            related=tuple(filter(None, map(text, many(weakness.get("RelatedVulnerabilities"))))),
            vector=vector,
            score=score,
            location="",
            epss=base.epss if epss is None else epss,
        )
        packages = parts(weakness, "VulnerablePackages")
        yield from (_package(named, package, platform) for package in packages)
        if not packages:
            yield replace(named, kind=Kind.HOST, location=base.location)


def _package(named: Observation, package: dict[str, Any], platform: str) -> Observation:
    return replace(
        named,
        **amazon.package(package, platform),
        fixed=amazon.fixed(package.get("FixedInVersion")),
        location=path(package.get("FilePath")),
    )
