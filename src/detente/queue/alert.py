"""Alerts of ZAP, which writes the same fields as XML and as JSON."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from detente.model.finding import Kind, Observation, State
from detente.queue.fields import LEVELS, cwes, scaled


def observe(found: Mapping[str, Any], site: str, seen: datetime | None) -> Observation:
    """One alert on one site. Confidence 0 is how ZAP marks a false positive. Raises KeyError without a plug-in."""
    rule = str(found.get("alertRef") or found.get("pluginid") or "").strip()
    if not rule:
        raise KeyError("pluginid")
    is_false = str(found.get("confidence")).strip() == "0"
    return Observation(
        kind=Kind.WEB,
        vulnerability=f"zap:{rule}",
        title=str(found.get("name") or found.get("alert") or rule).strip(),
        asset=f"url:{site}" if site else "",
        severity=scaled(found.get("riskcode"), LEVELS[:4]),
        cwes=cwes(str(found.get("cweid") or "").strip()),
        location=site,
        state=State.FALSE_POSITIVE if is_false else State.OPEN,
        seen=seen,
    )
