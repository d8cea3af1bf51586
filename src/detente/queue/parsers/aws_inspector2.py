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
from detente.queue.fields import cwes, line, moment, named, number, path, severity
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
    resources: list[dict[str, Any]] | None = None
    package_vulnerability_details: dict[str, Any] | None = None
    code_vulnerability_details: dict[str, Any] | None = None
    network_reachability_details: dict[str, Any] | None = None
    last_observed_at: Any = None
    updated_at: Any = None


def _asset(found: _Finding, resource: dict[str, Any]) -> str:
    name, details = str(resource.get("id") or ""), resource.get("details") or {}
    image, kind = details.get("awsEcrContainerImage"), resource.get("type")
    if image:
        registry, region = str(image.get("registry") or found.aws_account_id), str(resource.get("region") or "")
        repository, digest = str(image.get("repositoryName") or name), str(image.get("imageHash") or "")
        return amazon.image(registry, region, repository, image.get("imageTags") or [], digest)
    if kind == "AWS_EC2_INSTANCE":
        return amazon.instance(name)
    if kind == "AWS_LAMBDA_FUNCTION":
        return amazon.function(name)
    return f"repo:{name}" if kind == "CODE_REPOSITORY" else f"account:{found.aws_account_id}"


def _platform(resource: dict[str, Any]) -> str:
    details = (resource.get("details") or {}).values()
    return next((entry["platform"] for entry in details if isinstance(entry, dict) and entry.get("platform")), "")


def _packages(found: _Finding, common: dict[str, Any], platform: str) -> Iterator[Observation]:
    details = found.package_vulnerability_details or {}
    name = str(details["vulnerabilityId"])
    others = [other for other in details.get("relatedVulnerabilities") or () if other != name]
    aliases, related = ((), tuple(others)) if name.startswith("CVE") else named(others)
    vector, score = cvss.best(
        (entry.get("scoringVector"), number(entry.get("baseScore"))) for entry in details.get("cvss") or ()
    )
    for package in details.get("vulnerablePackages") or [{}]:
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
    place = details.get("filePath") or {}
    return Observation(
        kind=Kind.CODE,
        vulnerability=f"inspector2:{details.get('detectorId') or details.get('ruleId') or found.title}",
        cwes=cwes(details.get("cwes") or []),
        location=path(place.get("filePath") or place.get("fileName")),
        line=line(place.get("startLine")),
        **common,
    )


def _network(found: _Finding, common: dict[str, Any]) -> Observation:
    details = found.network_reachability_details or {}
    ports = details.get("openPortRange") or {}
    begin, end = ports.get("begin"), ports.get("end")
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
