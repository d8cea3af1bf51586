"""Yarn: `yarn audit --json` (Yarn 1) and `yarn npm audit --json` (Yarn 2 and later).

Yarn 1 writes one line per dependency path: the lines of one advisory and version are one finding. Yarn 2 and 3 write the same
object as npm 6, so nothing in the content tells them apart: such a file is read as `npm_audit`, or by `--format yarn_audit`.
Yarn 4 writes one line per package; its deprecation notices are skipped. A run without a lock file closes nothing.
"""

from collections.abc import Iterator
from typing import Any

from detente.model.finding import Coverage, Kind, Observation
from detente.queue import advisory, facets
from detente.queue.fields import graded, ids, many, part, text
from detente.queue.report import Head, Items, JsonParser, Record, Skip


def _four(line: dict[str, Any]) -> Iterator[Observation | Skip]:
    """A line of Yarn 4: the package and, in words, one advisory."""
    name, told = str(line["value"]), line["children"]
    if "(deprecation)" in str(told.get("ID", "")):
        yield Skip("deprecation")
        return
    aliases = ids(told.get("URL"))
    for version in map(text, many(told.get("Tree Versions")) or ("",)):
        yield Observation(
            kind=Kind.PACKAGE,
            vulnerability=aliases[0] if aliases else f"npm:{told['ID']}",
            title=text(told.get("Issue")) or f"Advisory for {name}",
            asset="",
            severity=graded(told.get("Severity"), None)[0],
            **facets.package("npm", name, version),
        )


def _observe(record: Record, context: Any) -> Items:
    line = record.value
    kind, data = line.get("type"), part(line, "data")
    if "children" in line:
        yield from _four(line)
        yield Coverage("")
    elif "advisories" in line:
        for found in part(line, "advisories").values():
            yield from advisory.observe(found)
        yield Coverage("", succeeded="error" not in line)
    elif kind == "auditAdvisory":
        yield from advisory.observe(part(data, "advisory"))
    elif kind == "auditSummary":  # the last line of a run; no dependencies means that there was no lock file
        yield Coverage("", succeeded=bool(data.get("totalDependencies") or data.get("dependencies")))


def _sniff(head: Head) -> bool:
    top = head.object
    if "children" in top and "value" in top:
        return isinstance(top["children"], dict) and "Severity" in top["children"]
    return "data" in top and top.get("type") in (
        "auditAdvisory",
        "auditSummary",
        "auditAction",
        "info",
        "error",
        "warning",
    )


PARSER = JsonParser(name="yarn_audit", sniff=_sniff, observe=_observe, records={"": dict[str, Any]})
