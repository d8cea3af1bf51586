"""npm 7 and later: `npm audit --json` (`auditReportVersion` 2).

The advisories are the objects in each package's `via`; the names in it are the chain by which another package is affected, so
they are counted as skipped, not as findings. npm does not say which version is installed, and `fixAvailable` may name a parent
to upgrade: only when it is the package itself does it become the fix. The report does not name the project, so pass `--asset`.
"""

from collections.abc import Iterator
from typing import Any

from detente.model.finding import Coverage, Kind, Observation
from detente.queue import facets
from detente.queue.fields import at, cwes, ids, many, number, part, path
from detente.queue.report import Head, Items, JsonParser, Record, Skip


def _finding(found: dict[str, Any], package: dict[str, Any]) -> Observation:
    name = str(found.get("name") or found.get("dependency") or package["name"])
    rating = found.get("cvss")
    aliases = ids(found.get("url"))
    upgrade = package.get("fixAvailable")
    own = isinstance(upgrade, dict) and upgrade.get("name") == name
    return Observation(
        kind=Kind.PACKAGE,
        vulnerability=aliases[0] if aliases else f"npm:{found.get('source') or found['id']}",
        title=str(found.get("title") or f"Advisory for {name}"),
        asset="",
        **facets.rating(found.get("severity"), (at(rating, "vectorString"), number(at(rating, "score")) or None)),
        cwes=cwes(found.get("cwe")),
        **facets.package("npm", name),
        fixed=(str(upgrade["version"]),) if own and isinstance(upgrade, dict) and upgrade.get("version") else (),
        location=path(next(iter(many(package.get("nodes"))), "")),
    )


def _observe(record: Record, context: Any) -> Items:
    package = {"name": record.key, **record.value}
    for via in many(package.get("via")):
        yield Skip("affected through another package") if isinstance(via, str) else _finding(part(via), package)


def _cover(roots: Any) -> Iterator[Coverage]:
    """The lock file as a whole; an audit that failed prints an `error`."""
    yield from (Coverage("", succeeded="error" not in root) for root in roots if isinstance(root, dict))


def _sniff(head: Head) -> bool:
    return "auditReportVersion" in head.object


PARSER = JsonParser(
    name="npm_audit_7_plus", sniff=_sniff, observe=_observe, cover=_cover, records={"vulnerabilities{}": dict[str, Any]}
)
