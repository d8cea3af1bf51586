"""Wazuh: the vulnerability inventory, from the API (`GET /vulnerability/{agent}`, up to 4.7) or as a search in the index
`wazuh-states-vulnerabilities-*` (4.8 and later).

One finding per agent, package and CVE; obsolete ones of the API are read as fixed. A severity of `-` is left to the CVSS score.
The fixed version comes from the condition (`Package less than 1.2.3`). The asset is the host by the agent's name, or its
address, or its number. A search that holds fewer hits than it found is one page of many and closes nothing.
"""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from detente.model.finding import Coverage, Kind, Observation, Rejected, State
from detente.queue import facets, records
from detente.queue.fields import at, number, part, parts, severity, text
from detente.queue.hosts import host
from detente.queue.report import Head, Items, JsonParser, Record, Source

_LESS = re.compile(r"less than (?!or equal)v?(\S+)", re.IGNORECASE)


class _Item(msgspec.Struct):
    """A row of the API."""

    cve: str
    name: Any = None
    version: Any = None
    severity: Any = None
    title: Any = None
    condition: Any = None
    status: Any = None
    type: Any = None
    cvss2_score: Any = None
    cvss3_score: Any = None
    agent_name: Any = None
    agent_ip: Any = None
    agent_id: Any = None


class _Parser(JsonParser):
    def outline(self, source: Source) -> tuple[Any, Iterator[Record | Rejected], bool]:
        """Adds to the head whether all hits the search found are there."""
        roots, found, truncated = super().outline(source)
        total = sum(_total(document) for root in roots for document in parts(root))
        complete = not total or sum(1 for _ in records.read(source, self.records)[1]) >= total
        return complete, found, truncated


def _total(root: dict[str, Any]) -> float:
    """What the search says it found: `hits.total` is a number or {"value", "relation"}, `total_affected_items` a number."""
    total = at(root, "hits", "total")
    found = (total, at(total, "value"), at(root, "data", "total_affected_items"))
    return next(filter(None, map(number, found)), 0)


def _item(found: _Item) -> Observation:
    scores = (value for value in (number(found.cvss3_score), number(found.cvss2_score)) if value)
    return Observation(
        kind=Kind.PACKAGE,
        vulnerability=found.cve,
        title=text(found.title) or f"{found.cve} in {text(found.name)}",
        asset=host(found.agent_name, found.agent_ip, found.agent_id),
        severity=severity(found.severity),
        score=next(scores, None),
        component=found.name or "",
        version=text(found.version),
        fixed=tuple(_LESS.findall(text(found.condition))),
        state=State.FIXED if str(found.status).upper() in {"OBSOLETE", "SOLVED"} else State.OPEN,
    )


def _hit(found: dict[str, Any]) -> Observation:
    """A document of the index, in its envelope."""
    agent, package, weakness = (found["_source"].get(key) for key in ("agent", "package", "vulnerability"))
    own, name = text(at(weakness, "id")), text(at(package, "name"))
    if not own:
        raise ValueError("a vulnerability without id")
    return Observation(
        kind=Kind.PACKAGE,
        vulnerability=own,
        title=f"{own} in {name}",
        asset=host(*(text(at(agent, key)) for key in ("name", "ip", "id"))),
        severity=severity(at(weakness, "severity")),
        score=number(at(weakness, "score", "base")),
        **facets.package(text(at(package, "type")), name, text(at(package, "version"))),
        fixed=tuple(_LESS.findall(text(at(weakness, "scanner", "condition")))),
        location=text(at(package, "path")),
    )


def _observe(record: Record, complete: bool) -> Items:
    found = _item(record.value) if isinstance(record.value, _Item) else _hit(record.value)
    if not complete:
        yield Coverage(found.asset, succeeded=False)
    yield found


def _sniff(head: Head) -> bool:
    hit = head.first("hits", "hits")
    is_hit = "vulnerability" in part(hit, "_source") or "wazuh" in str(hit.get("_index", ""))
    return is_hit or "affected_items" in part(head.object, "data")


_RECORDS = {"data.affected_items[]": _Item, "hits.hits[]": dict[str, Any]}

PARSER = _Parser(name="wazuh", sniff=_sniff, observe=_observe, records=_RECORDS)
