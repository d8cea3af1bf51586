"""pip-audit: `pip-audit --format json`, with or without `--desc` and `--aliases`, all versions.

One finding per package and advisory. pip-audit knows no severity: the advisory's comes from the intelligence store. Packages
without vulnerabilities, and those that could not be audited, are skipped. Pass `--asset`: the report does not name the project.
"""

from typing import Any

import msgspec

from detente.model.finding import Coverage, Kind, Observation
from detente.queue import facets
from detente.queue.convert import Essential
from detente.queue.fields import named
from detente.queue.report import Head, Items, JsonParser, Record, Skip


class _Vulnerability(msgspec.Struct):
    id: str
    fix_versions: list[str] | None = None
    aliases: list[str] | None = None


class _Dependency(msgspec.Struct):
    name: str
    version: str | None = None
    vulns: Essential[list[_Vulnerability] | None] = None
    skip_reason: str | None = None


def _finding(found: _Vulnerability, dependency: _Dependency) -> Observation:
    aliases, related = named(found.id, found.aliases)
    return Observation(
        kind=Kind.PACKAGE,
        vulnerability=found.id,
        aliases=tuple(name for name in aliases if name != found.id),
        related=related,
        title=f"{found.id} in {dependency.name}",
        asset="",
        **facets.package("pypi", dependency.name, dependency.version),
        fixed=tuple(found.fix_versions or ()),
    )


def _observe(record: Record, context: Any) -> Items:
    dependency: _Dependency = record.value
    if dependency.skip_reason is not None:
        yield Skip("not audited")
        return
    yield Coverage("")
    yield from (_finding(found, dependency) for found in dependency.vulns or ())
    if not dependency.vulns:
        yield Skip("package without vulnerabilities")


def _sniff(head: Head) -> bool:
    value = head.json
    entries = value.get("dependencies") if isinstance(value, dict) else value
    if not isinstance(entries, list):
        return False
    if not entries:
        return isinstance(value, dict) and value.keys() <= {"dependencies", "fixes"}
    first = entries[0]
    return isinstance(first, dict) and "name" in first and not first.keys().isdisjoint({"vulns", "skip_reason"})


PARSER = JsonParser(
    name="pip_audit", sniff=_sniff, observe=_observe, records={"dependencies[]": _Dependency, "[]": _Dependency}
)
