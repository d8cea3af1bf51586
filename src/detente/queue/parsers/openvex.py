"""OpenVEX, all versions (0.0.1 with bare names, later with objects): `vexctl create`, or a vendor's document.

Every product of a statement becomes a statement about the findings that are already known or will come: not affected and fixed
close them, affected and under investigation are noted. A product that is an image or a repository is the asset, and so is one
whose subcomponents the statement is about; a product that is a package is meant wherever it runs, in the version it names.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from detente.model.finding import Kind, Observation, State
from detente.queue import facets, purl
from detente.queue.fields import moment, parts
from detente.queue.names import parted
from detente.queue.report import Head, Items, JsonParser, Record

_STATES = {
    "not_affected": State.NOT_AFFECTED,
    "fixed": State.FIXED,
    "affected": State.OPEN,
    "under_investigation": State.INVESTIGATING,
}


class _Statement(msgspec.Struct):
    status: str
    vulnerability: str | dict[str, Any]
    products: list[str | dict[str, Any]]
    subcomponents: list[str | dict[str, Any]] | None = None
    justification: str | None = None
    impact_statement: str | None = None
    status_notes: str | None = None
    action_statement: str | None = None
    timestamp: Any = None
    last_updated: Any = None


def _id(thing: str | dict[str, Any]) -> str:
    """The package URL of a product, else its identifier."""
    if isinstance(thing, str):
        return thing
    return str((thing.get("identifiers") or {}).get("purl") or thing.get("@id") or "")


def _places(statement: _Statement) -> Iterator[tuple[str, str]]:
    """(asset, component) of each product and subcomponent; an empty one means all."""
    for product in statement.products:
        name = _id(product)
        parts = (product.get("subcomponents") if isinstance(product, dict) else None) or statement.subcomponents or ()
        package, asset = purl.parsed(name), purl.asset(name)
        if not asset and (parts or not package.name or package.ecosystem == "generic"):
            asset = f"project:{package.name or name}"
        for part in parts or ("" if asset else name,):
            yield asset, _id(part)


def _named(vulnerability: str | dict[str, Any]) -> tuple[str, list[str]]:
    """The id and its aliases; `@id` is the address of a page that ends in the name."""
    if isinstance(vulnerability, str):
        return vulnerability, []
    name = str(vulnerability.get("name") or vulnerability.get("@id") or "").rpartition("/")[2]
    return name, [str(alias) for alias in vulnerability.get("aliases") or ()]


def _observe(record: Record, context: Any) -> Items:
    statement, document = record.value, record.parents[0]
    state, (name, others) = _STATES[statement.status], _named(statement.vulnerability)
    if not name or not statement.products:
        raise ValueError("a statement needs a vulnerability and a product")
    names = parted(name, others)
    why = (statement.justification, statement.impact_statement, statement.status_notes, statement.action_statement)
    for asset, component in dict.fromkeys(_places(statement)):
        yield Observation(
            kind=Kind.STATEMENT,
            vulnerability=name,
            **names,
            title=f"{name} {statement.status.replace('_', ' ')} in {component or asset}",
            asset=asset,
            **facets.addressed(component, component),
            state=state,
            author=str(document.get("author") or ""),
            reason=": ".join(text for text in why if text),
            seen=moment(statement.last_updated or statement.timestamp) or _dated([document]),
        )


def _dated(roots: Any) -> datetime | None:
    document = next(iter(parts(roots)), {})
    return moment(document.get("last_updated") or document.get("timestamp"))


def _sniff(head: Head) -> bool:
    return "openvex.dev/ns" in str(head.object.get("@context"))


PARSER = JsonParser(name="openvex", sniff=_sniff, observe=_observe, dated=_dated, records={"statements[]": _Statement})
