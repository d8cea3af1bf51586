"""The queue as SARIF 2.1.0 (OASIS): one run, one result per finding, the dearest first."""

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from detente.model.fix import Finding, Fix, Queue

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
MOST = 5_000  # what code hosts show of one run
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_LEVELS = {"critical": "error", "high": "error", "medium": "warning"}
_SCORES = {"critical": 9.5, "high": 8.0, "medium": 5.5, "low": 2.0, "info": 0.1}


def render(found: "Queue") -> str:
    """The listed fixes as a SARIF log."""
    pairs = [(fix, one) for fix in found.fixes for one in fix.findings]
    pairs.sort(key=lambda pair: (-pair[1].loss_month, pair[1].id))
    rules = {one.vulnerability: _rule(one) for _, one in reversed(pairs[:MOST])}
    driver = {"name": "Détente", "informationUri": "https://detente.example/docs", "rules": list(rules.values())}
    places = {name: index for index, name in enumerate(rules)}
    run = {"tool": {"driver": driver}, "results": [_result(fix, one, places) for fix, one in pairs[:MOST]]}
    if len(pairs) > MOST:
        run["properties"] = {"omitted": len(pairs) - MOST}
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=1) + "\n"


def _rule(one: "Finding") -> dict[str, Any]:
    return {
        "id": one.vulnerability,
        "shortDescription": {"text": one.title or one.vulnerability},
        "properties": {"security-severity": f"{_score(one):.1f}", "tags": ["security"]},
    }


def _score(one: "Finding") -> float:
    return one.cvss if one.cvss is not None else _SCORES.get(one.severity, 0.1)


def uri(place: str) -> str:
    """A path, URL or asset as a URI reference (RFC 3986): what it may not hold is percent-encoded."""
    text = quote(place.replace("\\", "/"), safe="/:?#[]@!$&'()*+,;=%~")
    return f"./{text}" if ":" in text.split("/")[0] and not _SCHEME.match(text) else text


def _result(fix: "Fix", one: "Finding", places: dict[str, int]) -> dict[str, Any]:
    from detente.model.money import Money

    text = f"{fix.action} ({one.vulnerability} on {one.asset}): {Money(one.loss_month, fix.currency)} a month. `detente why {one.id}`"
    physical: dict[str, Any] = {"artifactLocation": {"uri": uri(one.location or one.asset)}}
    if one.line:
        physical["region"] = {"startLine": one.line}
    return {
        "ruleId": one.vulnerability,
        "ruleIndex": places[one.vulnerability],
        "level": _LEVELS.get(one.severity, "note"),
        "message": {"text": text},
        "locations": [{"physicalLocation": physical}],
        "partialFingerprints": {"detente/v1": one.id},
        "properties": {
            "fix": fix.id,
            "squad": fix.squad,
            "lossMonth": float(one.loss_month),
            "currency": fix.currency,
            "escalated": fix.escalated,
        },
    }
