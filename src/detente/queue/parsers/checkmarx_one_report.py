"""Checkmarx One: the JSON scan report of the web application.

Results become findings as in the format `checkmarx_one`, their groups telling the query or the package. The asset is the
project. The sections for containers, supply chain and API security are named as skipped, not read.
"""

from collections.abc import Iterator
from typing import Any

from detente.model.finding import Coverage, Observation
from detente.queue import checkmarx, facets
from detente.queue.fields import at, cwes, dated, parts
from detente.queue.report import Head, Items, JsonParser, Record, Skip

_READ = ("scanResults", "iacScanResults", "scaScanResults")
_UNREAD = ("containerScanResults", "scsScanResults", "apiSecScanResults")


def _asset(root: Any) -> str:
    return facets.asset("project", at(root, "reportHeader", "projectName"))


def _finding(record: Record) -> Observation:
    """A result of a group, which tells the query or the package."""
    found, group, asset = record.value, record.parents[-1], _asset(record.parents[0])
    if record.path.startswith("scaScanResults"):
        holder = record.parents[-2]
        manager = checkmarx.identified(holder.get("packageId"))["ecosystem"]
        package = facets.package(manager, str(holder["packageName"]), str(holder.get("packageVersion") or ""))
        own = str(found.get("cve") or found.get("id") or found["resultId"])
        return checkmarx.package(found, own, package, asset, cwes=cwes(group.get("categoryName")))
    if record.path.startswith("iacScanResults"):
        return checkmarx.infrastructure(found, group.get("queryName"), found.get("fileName"), found.get("line"), asset)
    end = "destination" if found.get("destinationFileName") else "source"
    node = {"fileName": found.get(f"{end}FileName"), "line": found.get(f"{end}Line")}
    return checkmarx.code(found, group.get("queryName"), node, group.get("cweId"), asset)


def _observe(record: Record, context: Any) -> Items:
    yield _finding(record)


def _cover(roots: Any) -> Iterator[Coverage | Skip]:
    for root in parts(roots):
        yield Coverage(_asset(root))
        yield from (Skip(f"section {section} is not read") for section in _UNREAD if root.get(section))


def _sniff(head: Head) -> bool:
    return "reportHeader" in head.object and any(section in head.object for section in _READ)


PARSER = JsonParser(
    name="checkmarx_one_report",
    sniff=_sniff,
    observe=_observe,
    cover=_cover,
    dated=dated("reportCreationDate"),
    secrets=True,
    records=dict.fromkeys(
        (
            "scanResults.resultsList[].vulnerabilities[]",
            "scanResults.languages[].queries[].vulnerabilities[]",
            "iacScanResults.technology[].queries[].resultsList[]",
            "scaScanResults.packages[].packageCategory[].categoryResults[]",
        ),
        dict,
    )
    | {"vulnerabilityDetails[]": None},
)
