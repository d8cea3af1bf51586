"""Events for a SIEM in the Open Cybersecurity Schema Framework (OCSF 1.8): what happened, and what was found.

Every exchange is an API Activity (6003, profile `ai_operation`). One in which something was found is a Data Security Finding (2006, profile
`security_control`) too, one for each rule and action. Times are milliseconds since 1970. Nothing in an event is text of a prompt or an answer.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from detente.gateway.record import Ended, Hits

VERSION = "1.8.0"
Event = dict[str, Any]


class _Class(NamedTuple):
    uid: int
    name: str
    category: str
    profile: str


_API = _Class(6003, "API Activity", "Application Activity", "ai_operation")
_FINDING = _Class(2006, "Data Security Finding", "Findings", "security_control")
_PROVIDERS = {"messages": "anthropic", "count_tokens": "anthropic"}
_ACTIONS = {"block": (2, 2), "redact": (4, 11), "warn": (3, 15)}
"""Action and disposition: denied and blocked, modified and corrected, observed and detected."""
_SEVERITY = {"block": 4, "redact": 3, "warn": 2}
_CATEGORY = {"secrets": 6, "personal_data": 1, "own_code": 4}
_READS = frozenset({"models", "count_tokens", "input_tokens"})
_WELL = frozenset({"passed", "redacted"})


def events(record: Ended) -> Iterator[Event]:
    """What a SIEM is told of an exchange."""
    yield _activity(record)
    yield from (_finding(record, hits) for hits in record.hits)


def _activity(record: Ended) -> Event:
    kind = 2 if record.endpoint in _READS else 1
    read, written = max(record.usage.read, 0), max(record.usage.written, 0)
    return _event(record, _API, kind) | {
        "severity_id": 1,
        "status_id": 1 if record.outcome in _WELL else 2,
        "status_code": str(record.status),
        "status_detail": record.code or record.outcome,
        "duration": int(record.took_ms or 0),
        "actor": {"user": _user(record), "app_name": record.tool or record.key},
        "api": {"operation": record.endpoint, "service": {"name": record.upstream or "none"}},
        "src_endpoint": {"svc_name": record.tool or record.key},
        "ai_model": {"name": record.model or "none", "ai_provider": provider(record)},
        "message_context": {
            "service": {"name": record.upstream or "none"},
            "ai_role_id": 1,
            "prompt_tokens": read,
            "completion_tokens": written,
            "total_tokens": read + written,
        },
    }


def _finding(record: Ended, hits: Hits) -> Event:
    action, disposition = _ACTIONS.get(hits.action, (99, 99))
    found = _event(record, _FINDING, 1)
    found["metadata"] |= {"uid": f"{record.id}:{hits.rule}:{hits.action}"}
    return found | {
        "severity_id": _SEVERITY.get(hits.action, 1),
        "action_id": action,
        "disposition_id": disposition,
        "count": hits.n,
        "message": f"{hits.kind}: {hits.rule}, {hits.action}",
        "actor": {"user": _user(record), "app_name": record.tool or record.key},
        "finding_info": {
            "uid": f"{record.id}:{hits.rule}:{hits.action}",
            "title": f"{hits.rule} in a prompt or an answer",
            "types": [hits.kind],
            "created_time": _ms(record),
            "related_events": [{"uid": record.id, "type_uid": 600301}],
        },
        "data_security": {
            "category_id": _CATEGORY.get(hits.kind, 99),
            "category": hits.kind,
            "data_lifecycle_state_id": 2,
            "detection_system_id": 2,
            "detection_pattern": hits.rule,
            "policy": {"name": record.policy},
        },
    }


def _event(record: Ended, kind: _Class, activity: int) -> Event:
    """What every event says. Its id is the exchange's, so that a SIEM knows what it has seen before."""
    return {
        "class_uid": kind.uid,
        "class_name": kind.name,
        "category_uid": kind.uid // 1000,
        "category_name": kind.category,
        "activity_id": activity,
        "type_uid": kind.uid * 100 + activity,
        "time": _ms(record),
        "metadata": {
            "version": VERSION,
            "uid": record.id,
            "product": {"name": "Détente", "vendor_name": "Détente"},
            "profiles": [kind.profile],
            "tenant_uid": record.tenant,
            **({"correlation_uid": record.trace[:32]} if record.trace else {}),
        },
    }


def provider(record: Ended) -> str:
    """Whose protocol it was, by the names that OpenTelemetry gives vendors."""
    return _PROVIDERS.get(record.endpoint, "openai")


def _user(record: Ended) -> dict[str, Any]:
    user: dict[str, Any] = {"name": record.person or record.key, "credential_uid": record.key}
    return user | ({"groups": [{"name": record.squad}]} if record.squad else {})


def _ms(record: Ended) -> int:
    return int(record.at.timestamp() * 1000)
