"""Microsoft Defender Vulnerability Management: a zip of `machines/*.json` (`GET /api/machines`) and
`vulnerabilities/*.json` (`GET /api/vulnerabilities/machinesVulnerabilities`), any number of pages of each.

One finding per machine, product and vulnerability. The asset is the machine by its DNS name, else (when it has
none, or is not in the list) by its number: addresses change hands. Machines without a weakness count as looked at, unless the last page of
the vulnerabilities is missing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

import msgspec

from detente.model.finding import Coverage, Rejected
from detente.queue import records
from detente.queue.defender import Weakness, observation
from detente.queue.hosts import host
from detente.queue.report import BundleParser, Head, Items, Record, Source


class _Machine(msgspec.Struct, rename="camel"):
    id: str
    computer_dns_name: Any = None


@dataclass(frozen=True, slots=True)
class _Estate:
    machines: dict[str, str]
    complete: bool


def _load(source: Source) -> tuple[_Estate, Iterator[Record | Rejected], bool]:
    machines, rejected = _machines(source)
    pages = [records.read(member, {"value[]": Weakness}) for member in _members(source, "vulnerabilities")]
    is_last = [
        not any(isinstance(root, dict) and root.get("@odata.nextLink") for root in roots) for roots, _, _ in pages
    ]
    found = chain(rejected, *(rows for _, rows, _ in pages))
    return _Estate(machines, any(is_last)), found, any(truncated for _, _, truncated in pages)


def _machines(source: Source) -> tuple[dict[str, str], list[Rejected]]:
    """The host each machine's number stands for, and the entries that cannot be read."""
    named, rejected = dict[str, str](), list[Rejected]()
    for member in _members(source, "machines"):
        for record in records.read(member, {"value[]": _Machine})[1]:
            if isinstance(record, Rejected):
                rejected.append(record)
                continue
            found: _Machine = record.value
            named[found.id] = host(found.computer_dns_name, found.id)
    return named, rejected


def _members(source: Source, folder: str) -> list[Source]:
    return [
        source.members[name]
        for name in sorted(source.members)
        if name.lower().endswith(".json") and folder in name.lower().replace("\\", "/").split("/")[:-1]
    ]


def _observe(record: Record, estate: _Estate) -> Items:
    found = observation(record.value, estate.machines)
    if not estate.complete:
        yield Coverage(found.asset, succeeded=False)
    yield found


def _cover(estate: _Estate) -> Iterator[Coverage]:
    return (Coverage(asset, succeeded=estate.complete) for asset in estate.machines.values())


def _sniff(head: Head) -> bool:
    folders = {part for name in head.members for part in name.lower().replace("\\", "/").split("/")[:-1]}
    return "vulnerabilities" in folders or "machines" in folders


PARSER = BundleParser(name="ms_defender_zip", sniff=_sniff, observe=_observe, cover=_cover, load=_load)
