"""Prowler as OCSF: `prowler ... -M json-ocsf`, and other tools' detection or compliance findings of the Open Cybersecurity
Schema Framework (classes 2003 and 2004) as a list or line by line.

A failed check becomes one finding per resource, named by the product and the check (`prowler:iam_root_mfa`). Passed checks and
those a person has to make are counted as skipped; muted ones are read as suppressed, resolved ones as fixed. The asset is the
account, subscription or project, or the cluster that was scanned; a run closes only findings of the services it looked at.
"""

from typing import Any

import msgspec

from detente.model.finding import Coverage, Kind, Observation, State
from detente.queue.convert import Essential
from detente.queue.fields import at, moment, number, severity, text
from detente.queue.report import Head, Items, JsonParser, Record, Skip

_CLASSES = (2003, 2004)
_STATES = {3.0: State.SUPPRESSED, 4.0: State.FIXED}  # status_id of the finding classes, OCSF 1.0 on
_FAILED = {"", "FAIL", "FAILED", "NEW", "MUTED", "WARNING"}


class _Finding(msgspec.Struct):
    finding_info: dict[str, Any]
    metadata: dict[str, Any] = {}
    severity: Any = None
    status_code: Any = None
    status_id: Any = None
    status: Any = None
    compliance: dict[str, Any] | None = None
    cloud: dict[str, Any] | None = None
    unmapped: dict[str, Any] | None = None
    resources: Essential[list[dict[str, Any]] | None] = None
    time: Any = None
    time_dt: Any = None


def _asset(found: _Finding) -> str:
    """The account; Prowler names a cluster's provider in `unmapped`, or gives it as the account."""
    account, other = at(found.cloud, "account"), found.unmapped
    names = (at(account, "uid"), at(account, "name"), at(other, "provider_uid"))
    name = next(filter(None, map(text, names)), "")
    cluster = "kubernetes" in (at(found.cloud, "provider"), at(other, "provider"))
    return f"{'cluster' if cluster else 'account'}:{name}" if name else ""


def _rule(found: _Finding) -> str:
    product = (text(at(found.metadata, "product", "name")) or "ocsf").lower()
    rules = (found.metadata.get("event_code"), at(found.compliance, "control"), found.finding_info.get("title"))
    rule = next(filter(None, map(text, rules)), "")
    if not rule:
        raise ValueError("the finding names no check")
    return f"{product}:{rule}"


def _observe(record: Record, _: Any) -> Items:
    found: _Finding = record.value
    asset, rule, resources = _asset(found), _rule(found), found.resources or [{}]
    service = text(at(resources[0], "group", "name"))
    status = (text(found.status_code) or text(at(found.compliance, "status"))).upper()
    seen = moment(found.time_dt) or moment(found.time)
    if status not in _FAILED:
        yield Coverage(asset, service, seen=seen)
        yield Skip(f"check {status.lower()}")
        return
    state = (
        State.SUPPRESSED if status in {"MUTED", "WARNING"} else _STATES.get(number(found.status_id) or 0, State.OPEN)
    )
    for resource in resources:
        yield Observation(
            kind=Kind.CONFIG,
            vulnerability=rule,
            title=text(found.finding_info.get("title")) or rule,
            asset=asset,
            target=service,
            severity=severity(found.severity),
            location=text(resource.get("uid")) or text(resource.get("name")),
            state=state,
            seen=seen,
        )


def _sniff(head: Head) -> bool:
    return "finding_info" in head.object and (head.object.get("class_uid") in _CLASSES or "metadata" in head.object)


PARSER = JsonParser(name="prowler_ocsf", sniff=_sniff, observe=_observe, records={"[]": _Finding, "": _Finding})
