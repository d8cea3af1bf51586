"""ZAP (Zed Attack Proxy): the traditional XML report, all versions.

One web finding per alert and site: the instances of an alert, of which ZAP lists only some, share its cause and its fix. Alerts
marked as false positives are read as such; informational alerts are findings of severity info. The asset is the site.
"""

from collections.abc import Iterator
from datetime import datetime
from xml.etree.ElementTree import Element

from detente.model.finding import Coverage
from detente.queue import alert
from detente.queue.fields import moment
from detente.queue.report import Items, Record, XmlParser


def _site(parents: tuple[Element, ...]) -> str:
    return next((parent.get("name") or "" for parent in reversed(parents) if parent.tag == "site"), "").rstrip("/")


def _dated(context: Element) -> datetime | None:
    return moment(context.get("created") or context.get("generated"))


def _observe(record: Record, context: Element) -> Items:
    fields = {child.tag: child.text for child in record.value}
    yield alert.observe(fields, _site(record.parents), _dated(context))


def _cover(context: Element) -> Iterator[Coverage]:
    yield from (Coverage(f"url:{_site((site,))}") for site in context.iter("site") if site.get("name"))


PARSER = XmlParser(
    name="zap",
    sniff=lambda head: head.root[1] == "OWASPZAPReport",
    observe=_observe,
    cover=_cover,
    dated=_dated,
    records=frozenset({"alertitem"}),
    skip=frozenset({"instances"}),
)
