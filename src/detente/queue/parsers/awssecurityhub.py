"""AWS Security Hub: `aws securityhub get-findings` (`Findings`), the console's download or an event (`findings`).

Findings about packages (Inspector) become one finding per vulnerability and package, failed controls one per resource; passed
controls are counted as skipped. Archived and resolved findings are read as fixed, suppressed ones with their note. Detections
(GuardDuty) are kept: they ask for an answer, not for a patch. The asset is the image, instance or function, for anything else the
account. An answer with a `NextToken` is one page of many and closes nothing. A bare list of findings is the format `asff`.
"""

from typing import Any

from detente.model.finding import Coverage
from detente.queue.asff import Finding, observations
from detente.queue.report import Head, Items, JsonParser, Record, Skip


def _prepare(roots: Any) -> bool:
    """Whether this is all there is."""
    return not any(isinstance(root, dict) and root.get("NextToken") for root in roots)


def _observe(record: Record, complete: bool) -> Items:
    for item in observations(record.value):
        if not complete and not isinstance(item, Skip):
            yield Coverage(item.asset, succeeded=False)
        if complete or not isinstance(item, Coverage):
            yield item


def _sniff(head: Head) -> bool:
    top = head.object
    event = top.get("detail")
    for holder in (top, event if isinstance(event, dict) else {}):
        found = holder.get("Findings") or holder.get("findings")
        if isinstance(found, list) and found and isinstance(found[0], dict) and "ProductArn" in found[0]:
            return True
    return False


PARSER = JsonParser(
    name="awssecurityhub",
    version=2,
    sniff=_sniff,
    prepare=_prepare,
    observe=_observe,
    records={f"{holder}[]": Finding for holder in ("Findings", "findings", "detail.findings")},
)
