"""CSAF 2.0 and 2.1: a vendor's VEX or security advisory.

Every product status of a vulnerability becomes a statement: fixed and known not affected close the findings of that product,
known affected and under investigation are noted, and name the fixed versions of the same product; a vendor's fix with a date says
since when there is one. A component of another
product is meant there only; a product by itself is meant wherever it runs, in the version it names. A vendor's list of affected
products is not evidence that any of them is in use here, so an advisory by itself opens no finding.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime
from typing import Any, NamedTuple

import msgspec

from detente.model.finding import Kind, Observation, State
from detente.queue import facets, products
from detente.queue.convert import Essential
from detente.queue.fields import at, cwes, day, many, moment, number, part, parts
from detente.queue.names import parted
from detente.queue.report import Head, Items, JsonParser, Record, Skip

_STATES = {
    "known_affected": State.OPEN,
    "first_affected": State.OPEN,
    "last_affected": State.OPEN,
    "fixed": State.FIXED,
    "first_fixed": State.FIXED,
    "known_not_affected": State.NOT_AFFECTED,
    "under_investigation": State.INVESTIGATING,
}
_CLOSING = ("fixed", "first_fixed", "recommended")


class _Vulnerability(msgspec.Struct):
    cve: Essential[str | None] = None
    ids: Essential[list[dict[str, Any]] | None] = None
    title: str | None = None
    cwe: dict[str, Any] | None = None
    cwes: list[dict[str, Any]] | None = None
    product_status: Essential[dict[str, list[str]] | None] = None
    scores: list[dict[str, Any]] | None = None
    metrics: list[dict[str, Any]] | None = None
    flags: list[dict[str, Any]] | None = None
    threats: list[dict[str, Any]] | None = None
    remediations: list[dict[str, Any]] | None = None


class _Context(NamedTuple):
    document: Any
    tree: products.Tree

    @property
    def seen(self) -> datetime | None:
        """The date of this revision."""
        return moment(at(self.document, "tracking", "current_release_date"))


def _prepare(roots: Any) -> _Context:
    root = next(iter(parts(roots)), {})
    return _Context(root.get("document"), products.tree(root))


def _said(entries: Iterable[dict[str, Any]] | None, product: str, key: str, tree: products.Tree) -> str:
    """What the first entry about a product says under `key`."""
    return next((str(entry[key]) for entry in entries or () if entry.get(key) and tree.about(entry, product)), "")


def _scores(found: _Vulnerability, product: str) -> Iterator[dict[str, Any]]:
    """The CVSS of a product: in `scores` in CSAF 2.0, in `metrics[].content` in 2.1."""
    for entry in (*(found.scores or ()), *(found.metrics or ())):
        if product in many(entry.get("products")):
            block = entry.get("content") or entry
            yield from (found for key in ("cvss_v4", "cvss_v3", "cvss_v2") for found in parts(block, key))


def _released(found: _Vulnerability, product: str, tree: products.Tree) -> date | None:
    """The day from which the vendor's fix of a product is available (`remediations[].date`)."""
    fixes = (each for each in found.remediations or () if each.get("category") == "vendor_fix")
    return min(filter(None, (day(each.get("date")) for each in fixes if tree.about(each, product))), default=None)


def _statement(found: _Vulnerability, status: str, key: str, context: _Context) -> Observation:
    (document, tree), product = context, context.tree.product(key)
    told = (found.cve, *(entry.get("text") for entry in found.ids or ()), at(document, "tracking", "id"))
    names = [str(name) for name in told if name]
    name = next(iter(names), "")
    scores = list(_scores(found, key))
    word = next((entry["baseSeverity"] for entry in scores if entry.get("baseSeverity")), None)
    word = word or at(document, "aggregate_severity", "text")
    inner = products.Product() if product.is_asset else product  # of an image as a whole, every component is meant
    return Observation(
        kind=Kind.STATEMENT,
        vulnerability=name,
        **parted(name, names),
        title=found.title or f"{name} {status.replace('_', ' ')} in {product.title()}",
        asset=product.asset,
        **facets.rating(word, *((entry.get("vectorString"), number(entry.get("baseScore"))) for entry in scores)),
        cwes=cwes([entry.get("id") for entry in (found.cwe or {}, *(found.cwes or ()))]),
        **facets.addressed(inner.purl, inner.title(), inner.version),
        released=_released(found, key, tree),
        state=_STATES[status],
        author=str(at(document, "publisher", "name") or ""),
        reason=_said(found.flags, key, "label", tree) or _said(found.threats, key, "details", tree),
        seen=context.seen,
    )


def _closing(statuses: dict[str, list[str]], tree: products.Tree) -> dict[tuple[str, str], dict[str, None]]:
    """The versions that close a vulnerability, by the name and place of the product."""
    found: dict[tuple[str, str], dict[str, None]] = {}
    for product in (tree.product(key) for status in _CLOSING for key in statuses.get(status) or ()):
        found.setdefault((product.title(), product.asset), {})[product.version] = None
    return found


def _observe(record: Record, context: _Context) -> Items:
    statuses = record.value.product_status or {}
    closing = _closing(statuses, context.tree)
    for status, keys in statuses.items():
        if status not in _STATES:
            yield Skip(f"product status {status}", len(keys))
            continue
        for key in keys:
            product = context.tree.product(key)
            fixed = tuple(filter(None, closing.get((product.title(), product.asset), ())))
            yield replace(_statement(record.value, status, key, context), fixed=fixed)
    if not statuses:
        yield Skip("vulnerability without product status")


def _sniff(head: Head) -> bool:
    return "csaf_version" in part(head.object, "document")


PARSER = JsonParser(
    name="csaf",
    version=2,
    sniff=_sniff,
    prepare=_prepare,
    observe=_observe,
    records={"vulnerabilities[]": _Vulnerability},
)
