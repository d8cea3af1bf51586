"""Microsoft Defender Vulnerability Management: `GET /api/vulnerabilities/machinesVulnerabilities` as JSON, or the export
`SoftwareVulnerabilitiesByMachine`.

One finding per machine, product and vulnerability; an update (KB) that fixes it is kept as a related id. The rows name a machine
only by its number; put them in a zip with the list of machines (see `ms_defender_zip`) to see names. An answer with a next page
(`@odata.nextLink`) closes nothing.
"""

from typing import Any

from detente.model.finding import Coverage
from detente.queue.defender import Weakness, observation
from detente.queue.report import Head, Items, JsonParser, Record


def _prepare(roots: Any) -> bool:
    """Whether this is all there is."""
    return not any(isinstance(root, dict) and root.get("@odata.nextLink") for root in roots)


def _observe(record: Record, complete: bool) -> Items:
    found = observation(record.value, {})
    if not complete:
        yield Coverage(found.asset, succeeded=False)
    yield found


def _sniff(head: Head) -> bool:
    rows = head.object.get("value")
    if isinstance(rows, list) and rows:
        return isinstance(rows[0], dict) and "cveId" in rows[0]
    return rows == [] and "securitycenter" in str(head.object.get("@odata.context", ""))


PARSER = JsonParser(name="ms_defender", sniff=_sniff, prepare=_prepare, observe=_observe, records={"value[]": Weakness})
