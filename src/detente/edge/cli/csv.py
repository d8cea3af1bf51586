"""The queue as CSV: one row per finding, a stable header, cells that no spreadsheet takes for a formula."""

import csv
import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from detente.model.fix import Queue

HEADER = (
    *(
        "fix",
        "action",
        "service",
        "squad",
        "security_engineer",
        "component",
        "to_version",
        "position",
        "escalated",
        "due",
        "clock",
    ),
    *(
        "ssvc",
        "fix_loss_month",
        "currency",
        "finding",
        "vulnerability",
        "aliases",
        "version",
        "severity",
        "cvss",
        "location",
        "line",
    ),
    *("asset", "state", "tool", "first_seen", "last_seen", "finding_loss_month"),
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def render(found: "Queue") -> str:
    """The listed fixes and their findings."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\r\n")
    rows.writerow(HEADER)
    for fix in found.fixes:
        lead = (fix.id, fix.action, fix.service, fix.squad, fix.security_engineer, fix.component, fix.to_version or "")
        price = (fix.position, fix.escalated, fix.due or "", fix.clock, fix.urgency, fix.loss_month, fix.currency)
        for one in fix.findings:
            what = (
                one.id,
                one.vulnerability,
                " ".join(one.aliases),
                one.version,
                one.severity,
                one.cvss,
                one.location,
                one.line,
            )
            seen = (
                one.asset,
                one.state,
                one.tool,
                f"{one.first_seen.isoformat()}Z",
                f"{one.last_seen.isoformat()}Z",
                one.loss_month,
            )
            rows.writerow([harmless(value) for value in (*lead, *price, *what, *seen)])
    return text.getvalue()


def harmless(value: object) -> str:
    """Text from a report may begin like a formula: it is quoted, so that opening the file runs nothing."""
    text = "" if value is None else str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(_FORMULA) else text
