"""Nuclei: `nuclei -jsonl` (a result a line), `-json-export` (a list), or one result; versions 1 to 3.

One finding per template, matcher and place that matched; of the web for HTTP templates, of the host for network, DNS and TLS.
Results that did not match (`-matcher-status`) are skipped. Requests and responses are not read. The asset is the scanned
address: `url:` with its scheme, else `host:`.
"""

from typing import Any

import msgspec

from detente.model.finding import Coverage, Kind, Observation
from detente.queue import facets
from detente.queue.convert import Essential
from detente.queue.fields import at, cwes, moment, number
from detente.queue.report import Head, Items, JsonParser, Record, Skip


class _Hit(msgspec.Struct, rename="kebab"):
    """Version 1 writes `templateID`, `matched` and `matcher_name`; version 2 began the hyphens."""

    info: dict[str, Any] = {}
    template_id: str | None = None
    template_one: str | None = msgspec.field(name="templateID", default=None)
    matcher_name: str | None = None
    matcher_one: str | None = msgspec.field(name="matcher_name", default=None)
    matched_at: Essential[str | None] = None
    matched: Essential[str | None] = None
    matcher_status: bool = True
    type: str | None = None
    host: Essential[str | None] = None
    ip: str | None = None
    timestamp: Any = None


_WEB = ("http", "headless", "websocket", "whois", "code", None)


def _asset(found: _Hit, place: str) -> str:
    address = found.host or place or found.ip or ""
    scheme, _, rest = address.rpartition("://")
    name = rest.partition("/")[0]
    return f"url:{scheme}://{name}" if scheme else f"host:{name.partition(':')[0]}"


def _observe(record: Record, context: Any) -> Items:
    found: _Hit = record.value
    template = found.template_id or found.template_one
    if not template:
        raise KeyError("template-id")
    if not found.matcher_status:
        yield Skip("template did not match")
        return
    classes = found.info.get("classification")
    place = found.matched_at or found.matched or found.host or ""
    matcher = found.matcher_name or found.matcher_one
    yield Observation(
        kind=Kind.WEB if found.type in _WEB else Kind.HOST,
        vulnerability=template,
        **facets.names(at(classes, "cve-id"), template),
        title=str(found.info.get("name") or template),
        asset=_asset(found, place),
        **facets.rating(found.info.get("severity"), (at(classes, "cvss-metrics"), number(at(classes, "cvss-score")))),
        cwes=cwes(at(classes, "cwe-id")),
        location=f"{place}#{matcher}" if matcher else place,
        epss=number(at(classes, "epss-score")),
        seen=moment(found.timestamp),
    )
    yield Coverage(_asset(found, place))


def _sniff(head: Head) -> bool:
    top = head.object
    return ("template-id" in top or "templateID" in top) and "info" in top


PARSER = JsonParser(name="nuclei", sniff=_sniff, observe=_observe, secrets=True, records={"": _Hit, "[]": _Hit})
