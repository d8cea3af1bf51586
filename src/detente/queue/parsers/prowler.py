"""Prowler: the CSV that `prowler aws|azure|gcp|kubernetes` writes (versions 3 to 5), cells separated by `;`.

A failed check becomes one finding per resource, named `prowler:` and the check. Passed checks and those a person has to make
(`MANUAL`) are counted as skipped; muted ones are read as suppressed. The asset is the account, subscription, project or cluster
that was scanned; a run closes only findings of the services it looked at.
"""

from typing import Any

from detente.model.finding import Coverage, Kind, Observation, State
from detente.queue.fields import moment, severity
from detente.queue.hosts import first
from detente.queue.report import CsvParser, Head, Items, Record, Skip

_ACCOUNTS = ("ACCOUNT_UID", "ACCOUNT_ID", "SUBSCRIPTION_ID", "SUBSCRIPTION", "PROJECT_ID", "ACCOUNT_NAME")


def _asset(row: dict[str, str]) -> str:
    name = first(row, *_ACCOUNTS)
    kind = "cluster" if row.get("PROVIDER", "").lower() == "kubernetes" else "account"
    return f"{kind}:{name}" if name else ""


def _observe(record: Record, _: Any) -> Items:
    row: dict[str, str] = record.value
    asset, service = _asset(row), row.get("SERVICE_NAME", "")
    check, status = row["CHECK_ID"].strip(), row["STATUS"].strip().upper()
    seen = moment(first(row, "TIMESTAMP", "ASSESSMENT_START_TIME"))
    if not check:
        raise ValueError("the row names no check")
    muted = status in {"MUTED", "WARNING"} or row.get("MUTED", "").lower() == "true"
    if status not in {"FAIL", "MUTED", "WARNING"}:
        yield Coverage(asset, service, seen=seen)
        yield Skip(f"check {status.lower()}")
        return
    yield Observation(
        kind=Kind.CONFIG,
        vulnerability=f"prowler:{check}",
        title=first(row, "CHECK_TITLE") or check,
        asset=asset,
        target=service,
        severity=severity(row.get("SEVERITY")),
        location=first(row, "RESOURCE_UID", "RESOURCE_ARN", "RESOURCE_ID", "RESOURCE_NAME"),
        state=State.SUPPRESSED if muted else State.OPEN,
        seen=seen,
    )


def _sniff(head: Head) -> bool:
    return head.has_columns("CHECK_ID", "STATUS", "SERVICE_NAME")


PARSER = CsvParser(name="prowler", sniff=_sniff, observe=_observe, header=("CHECK_ID", "STATUS"))
