"""Microsoft Defender's row of one weakness on one machine, alone or beside the list of machines."""

from collections.abc import Mapping
from typing import Any

import msgspec

from detente.model.finding import Kind, Observation
from detente.queue.fields import moment, number, severity
from detente.queue.hosts import host


class Weakness(msgspec.Struct, rename="camel"):
    """A row of `/api/vulnerabilities/machinesVulnerabilities` or of the export `SoftwareVulnerabilitiesByMachine`."""

    cve_id: str | None = None
    id: Any = None
    machine_id: Any = None
    device_id: Any = None
    device_name: Any = None
    product_name: Any = None
    product_vendor: Any = None
    product_version: Any = None
    software_name: Any = None
    software_vendor: Any = None
    software_version: Any = None
    severity: Any = None
    vulnerability_severity_level: Any = None
    cvss_score: Any = None
    fixing_kb_id: Any = None
    recommended_security_update_id: Any = None
    last_seen_timestamp: Any = None


def observation(found: Weakness, machines: Mapping[str, str]) -> Observation:
    """The weakness on its host, which is called as `machines` call its number. Raises ValueError without an id."""
    machine = str(found.machine_id or found.device_id or "")
    name = str(found.product_name or found.software_name or "")
    update = str(found.fixing_kb_id or found.recommended_security_update_id or "").upper().removeprefix("KB")
    if not found.cve_id:
        raise ValueError("the row names no vulnerability")
    return Observation(
        kind=Kind.PACKAGE,
        vulnerability=found.cve_id,
        related=(f"KB{update}",) if update else (),
        title=f"{found.cve_id} in {name}" if name else found.cve_id,
        asset=machines.get(machine) or host(found.device_name, machine),
        severity=severity(found.severity or found.vulnerability_severity_level),
        score=number(found.cvss_score),
        component=name,
        version=str(found.product_version or found.software_version or ""),
        ecosystem=str(found.product_vendor or found.software_vendor or ""),
        seen=moment(found.last_seen_timestamp),
    )
