"""Amazon Inspector: `aws inspector2 list-findings`, or its export to S3 as JSON.

A package vulnerability becomes one finding per vulnerable package, a code weakness one per place, a reachable port one per
range of ports. Closed findings are read as fixed, suppressed ones as suppressed. A known exploit (`exploitAvailable`) is not
exploitation. The asset is the image by the name it is pulled by, the instance, the function, else the account.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from detente.model.finding import Coverage, Kind, Observation, State
from detente.queue import amazon, cvss
from detente.queue.convert import Essential
from detente.queue.fields import at, cwes, line, many, moment, named, number, parts, path, severity, text
from detente.queue.hosts import said
from detente.queue.report import Head, Items, JsonParser, Record

_STATES = {"SUPPRESSED": State.SUPPRESSED, "CLOSED": State.FIXED}


class _Finding(msgspec.Struct, rename="camel"):
    finding_arn: str
    aws_account_id: Any = None
    type: Any = None
    status: Any = None
    severity: Any = None
    title: Any = None
    inspector_score: Any = None
    epss: dict[str, Any] | None = None
    resources: Essential[list[dict[str, Any]] | None] = None
    package_vulnerability_details: Essential[dict[str, Any] | None] = None
    code_vulnerability_details: Essential[dict[str, Any] | None] = None
    network_reachability_details: Essential[dict[str, Any] | None] = None
    last_observed_at: Any = None
    updated_at: Any = None


def _asset(found: _Finding, resource: dict[str, Any]) -> str:
    name, kind = text(resource.get("id")), resource.get("type")
    image = at(resource, "details", "awsEcrContainerImage")
    if isinstance(image, dict):
        registry, region = text(image.get("registry") or found.aws_account_id), text(resource.get("region"))
        repository, digest = text(image.get("repositoryName")) or name, text(image.get("imageHash"))
        tags = filter(None, map(text, many(image.get("imageTags"))))
        return amazon.image(registry, region, repository, tags, digest)
    if kind == "AWS_EC2_INSTANCE":
        return amazon.instance(name)
    if kind == "AWS_LAMBDA_FUNCTION":
        return amazon.function(name)
    return f"repo:{name}" if kind == "CODE_REPOSITORY" else f"account:{found.aws_account_id}"


def _platform(resource: dict[str, Any]) -> str:
    details = at(resource, "details")
    platforms = (text(at(entry, "platform")) for entry in (details.values() if isinstance(details, dict) else ()))
    return next(filter(None, platforms), "")


def _packages(found: _Finding, common: dict[str, Any], platform: str) -> Iterator[Observation]:
    details = found.package_vulnerability_details or {}
    name = text(details["vulnerabilityId"])
    others = [other for other in map(text, many(details.get("relatedVulnerabilities"))) if other not in ("", name)]
    aliases, related = ((), tuple(others)) if name.startswith("CVE") else named(others)
    vector, score = cvss.best(
        (entry.get("scoringVector"), number(entry.get("baseScore"))) for entry in parts(details, "cvss")
    )
    for package in parts(details, "vulnerablePackages") or [{}]:
        yield Observation(
            kind=Kind.PACKAGE,
            vulnerability=name,
            aliases=aliases,
            related=related,
            score=number(found.inspector_score) if score is None else score,
            vector=vector,
            component=str(package.get("name") or ""),
            version=_version(package),
            ecosystem=amazon.ecosystem(package.get("packageManager"), platform),
            fixed=amazon.fixed(package.get("fixedInVersion")),
            location=path(package.get("filePath")),
            epss=number((found.epss or {}).get("score")),
            **common,
        )


def _version(package: dict[str, Any]) -> str:
    epoch = f"{package['epoch']}:" if package.get("epoch") else ""
    return epoch + "-".join(str(part) for part in (package.get("version"), package.get("release")) if said(part))


def _code(found: _Finding, common: dict[str, Any]) -> Observation:
    details = found.code_vulnerability_details or {}
    place = at(details, "filePath")
    return Observation(
        kind=Kind.CODE,
        vulnerability=f"inspector2:{details.get('detectorId') or details.get('ruleId') or found.title}",
        cwes=cwes(details.get("cwes") or []),
        location=path(at(place, "filePath") or at(place, "fileName")),
        line=line(at(place, "startLine")),
        **common,
    )


def _network(found: _Finding, common: dict[str, Any]) -> Observation:
    details = found.network_reachability_details or {}
    begin, end = (at(details, "openPortRange", name) for name in ("begin", "end"))
    span = str(begin) if begin == end else f"{begin}-{end}"
    place = f"{span}/{str(details.get('protocol') or 'tcp').lower()}"
    return Observation(kind=Kind.CONFIG, vulnerability="inspector2:network-reachability", location=place, **common)


def _observe(record: Record, complete: bool) -> Items:
    found: _Finding = record.value
    for resource in found.resources or [{}]:
        asset = _asset(found, resource)
        if not complete:
            yield Coverage(asset, succeeded=False)
        common: dict[str, Any] = {
            "title": str(found.title or found.finding_arn),
            "asset": asset,
            "severity": severity(found.severity),
            "state": _STATES.get(str(found.status), State.OPEN),
            "seen": moment(found.last_observed_at) or moment(found.updated_at),
        }
        if found.package_vulnerability_details:
            yield from _packages(found, common, _platform(resource))
        elif found.code_vulnerability_details:
            yield _code(found, common)
        elif found.network_reachability_details:
            yield _network(found, common)
        else:
            raise ValueError(f"a finding of type {found.type or 'unknown'} without its details")


def _prepare(roots: Any) -> bool:
    """Whether this is all there is."""
    return not any(isinstance(root, dict) and root.get("nextToken") for root in roots)


def _sniff(head: Head) -> bool:
    found = head.object.get("findings")
    return isinstance(found, list) and bool(found) and isinstance(found[0], dict) and "findingArn" in found[0]


PARSER = JsonParser(
    name="aws_inspector2", sniff=_sniff, prepare=_prepare, observe=_observe, records={"findings[]": _Finding}
)
