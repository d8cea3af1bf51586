"""Amazon Inspector: `aws inspector2 list-findings`, or its export to S3 as JSON.

A package vulnerability becomes one finding per vulnerable package, a code weakness one per place, a reachable port one per
range of ports. Closed findings are read as fixed, suppressed ones as suppressed. A known exploit (`exploitAvailable`) is not
exploitation. The asset is the image by the name it is pulled by, the instance, the function, else the account.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from detente.model.finding import Coverage, Kind, Observation, State
from detente.queue import amazon, cvss, facets
from detente.queue.convert import Essential
from detente.queue.fields import at, cwes, line, many, moment, number, parts, path, severity, text
from detente.queue.report import Items, JsonParser, Record

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


def _packages(found: _Finding, common: dict[str, Any], platform: str) -> Iterator[Observation]:
    details = found.package_vulnerability_details or {}
    name = text(details["vulnerabilityId"])
    others = [other for other in map(text, many(details.get("relatedVulnerabilities"))) if other not in ("", name)]
    names: facets.Names = {"aliases": (), "related": tuple(others)}
    scores = ((entry.get("scoringVector"), number(entry.get("baseScore"))) for entry in parts(details, "cvss"))
    vector, score = cvss.best(scores)
    for package in parts(details, "vulnerablePackages") or [{}]:
        yield Observation(
            kind=Kind.PACKAGE,
            vulnerability=name,
            **(names if name.startswith("CVE") else facets.names(others)),
            score=number(found.inspector_score) if score is None else score,
            vector=vector,
            **amazon.package(package, platform),
            fixed=amazon.fixed(package.get("fixedInVersion")),
            location=path(package.get("filePath")),
            epss=number((found.epss or {}).get("score")),
            **common,
        )


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
    span = "-".join(dict.fromkeys(text(at(details, "openPortRange", name)) for name in ("begin", "end")))
    place = f"{span}/{str(details.get('protocol') or 'tcp').lower()}"
    return Observation(kind=Kind.CONFIG, vulnerability="inspector2:network-reachability", location=place, **common)


def _observe(record: Record, complete: bool) -> Items:
    found: _Finding = record.value
    for resource in found.resources or [{}]:
        asset = amazon.inspected(resource, text(found.aws_account_id))
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
            yield from _packages(found, common, amazon.platform(resource))
        elif found.code_vulnerability_details:
            yield _code(found, common)
        elif found.network_reachability_details:
            yield _network(found, common)
        else:
            raise ValueError(f"a finding of type {found.type or 'unknown'} without its details")


PARSER = JsonParser(
    name="aws_inspector2",
    sniff=lambda head: "findingArn" in head.first("findings"),
    prepare=lambda roots: not any(root.get("nextToken") for root in parts(roots)),
    observe=_observe,
    records={"findings[]": _Finding},
)
