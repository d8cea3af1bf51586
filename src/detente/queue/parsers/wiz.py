"""Wiz: the CSV of "Issues" and the CSV of "Vulnerability Findings".

An issue becomes a finding of configuration of its resource, named by its control (`wiz:` and the control's number); a
vulnerability finding belongs to a package on its machine or image. Resolved ones are read as fixed, rejected and ignored ones by
their resolution. A weakness in CISA's catalogue is marked exploited. The asset of an issue is the subscription, or the cluster.
"""

from typing import Any

from detente.model.finding import Kind, Observation, State
from detente.queue.fields import moment, number, path, severity
from detente.queue.hosts import first, host, said
from detente.queue.report import CsvParser, Head, Items, Record

_STATES = {"RESOLVED": State.FIXED, "REJECTED": State.ACCEPTED, "IGNORED": State.SUPPRESSED}
_ISSUE = frozenset({"Issue ID", "Control ID"})
_VULNERABILITY = frozenset({"DetailedName", "FindingStatus"})


def _state(status: str, resolution: str) -> State:
    if resolution.upper().replace(" ", "_") == "FALSE_POSITIVE":
        return State.FALSE_POSITIVE
    return _STATES.get(status.upper(), State.OPEN)


def _issue(row: dict[str, str]) -> Observation:
    cluster, account = said(row.get("Kubernetes Cluster")), first(row, "Subscription ID", "Subscription Name")
    resource = first(row, "Resource external ID", "Resource Name", "Resource vertex ID")
    return Observation(
        kind=Kind.CONFIG,
        vulnerability=f"wiz:{first(row, 'Control ID', 'Title')}",
        title=row["Title"].strip(),
        asset=f"cluster:{cluster}" if cluster else f"account:{account}" if account else "",
        severity=severity(row.get("Severity")),
        location=resource,
        state=_state(row.get("Status", ""), row.get("Resolution", "")),
        reason=first(row, "Note", "Resolution"),
    )


def _vulnerability(row: dict[str, str]) -> Observation:
    kind, name = (
        first(row, "AssetType", "ResourceType", "Type").lower(),
        first(row, "AssetName", "ProviderUniqueId", "AssetID"),
    )
    fixed = said(row.get("FixedVersion"))
    return Observation(
        kind=Kind.PACKAGE,
        vulnerability=row["Name"].strip(),
        title=f"{row['Name'].strip()} in {row['DetailedName']}",
        asset=f"image:{name}" if "image" in kind else host(name),
        severity=severity(first(row, "VendorSeverity", "Severity", "CVSSSeverity", "NvdSeverity")),
        score=number(first(row, "Score", "VendorScore")),
        component=row["DetailedName"].strip(),
        version=said(row.get("Version")),
        fixed=(fixed,) if fixed else (),
        location=path(first(row, "LocationPath")),
        state=_state(row["FindingStatus"], row.get("ResolutionReason", "")),
        reason=first(row, "ResolutionReason"),
        exploited=row.get("HasCisaKevExploit", "").lower() == "true",
        epss=number(row.get("EpssProbability")),
        seen=moment(first(row, "LastDetected")),
    )


def _prepare(head: Any) -> Any:
    columns = set(head["columns"])
    if columns >= _VULNERABILITY:
        return _vulnerability
    if columns >= _ISSUE:
        return _issue
    raise ValueError("neither the columns of issues nor those of vulnerability findings")


def _observe(record: Record, read: Any) -> Items:
    found: Observation = read(record.value)
    if found.vulnerability in {"", "wiz:"}:
        raise ValueError("the row names neither a control nor a vulnerability")
    yield found


def _sniff(head: Head) -> bool:
    return head.has_columns(*_ISSUE) or head.has_columns(*_VULNERABILITY)


PARSER = CsvParser(name="wiz", sniff=_sniff, prepare=_prepare, observe=_observe, header=(), delimiter=",")
