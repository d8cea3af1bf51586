"""ZAP (Zed Attack Proxy): the traditional JSON report, with or without requests and responses.

Read like the XML report: one web finding per alert and site, false positives as such, the site as the asset.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from detente.model.finding import Coverage
from detente.queue import alert
from detente.queue.fields import moment, parts, text
from detente.queue.report import Head, Items, JsonParser, Record


def _name(site: dict[str, Any]) -> str:
    return text(site.get("@name")).rstrip("/")


def _dated(roots: Any) -> datetime | None:
    whole = next((root for root in roots if isinstance(root, dict)), {})
    return moment(whole.get("created") or whole.get("@generated"))


def _observe(record: Record, context: Any) -> Items:
    yield alert.observe(record.value, _name(record.parents[-1]), _dated(record.parents))


def _cover(roots: Any) -> Iterator[Coverage]:
    for site in (site for root in roots for site in parts(root, "site")):
        yield Coverage(f"url:{_name(site)}" if _name(site) else "")


def _sniff(head: Head) -> bool:
    top = head.object
    site = top["site"] if isinstance(top.get("site"), dict) else head.first("site")
    return ("@programName" in top and "site" in top) or {"@name", "alerts"} <= site.keys()


PARSER = JsonParser(
    name="zap_json",
    sniff=_sniff,
    observe=_observe,
    cover=_cover,
    dated=_dated,
    secrets=True,  # instances quote requests with their cookies
    records={
        "site[].alerts[]": dict,
        "site.alerts[]": dict,
        "sequences[]": None,
    },
)
