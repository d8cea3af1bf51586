"""cargo-audit: `cargo audit --json`.

One finding per advisory and crate version. Warnings are findings of their own: an unsound crate as the advisory rates it, an
unmaintained one as information, a yanked one as low. cargo-audit knows no severity word, so it follows from the CVSS vector.
The report does not name the project, so pass `--asset`.
"""

from typing import Any

from detente.model.finding import Coverage, Kind, Observation, Severity, State
from detente.queue import cvss
from detente.queue.fields import at, graded, least, many, named, part
from detente.queue.purl import purl
from detente.queue.report import Head, Items, JsonParser, Record

_WARNINGS = {"unmaintained": Severity.INFO, "notice": Severity.INFO, "yanked": Severity.LOW, "unsound": Severity.LOW}


def _finding(found: dict[str, Any]) -> Observation:
    package, advisory = part(found, "package"), part(found, "advisory")
    name, kind = str(package["name"]), str(found.get("kind") or advisory.get("informational") or "")
    vulnerability = str(advisory["id"] if advisory else f"cargo:{kind}")
    aliases, related = named(advisory.get("aliases"))
    vector, score = cvss.best([(advisory.get("cvss"), None)])
    severity, derived = graded(None, score)
    if severity is Severity.UNKNOWN and kind in _WARNINGS:
        severity, derived = _WARNINGS[kind], True
    return Observation(
        kind=Kind.PACKAGE,
        vulnerability=vulnerability,
        aliases=aliases,
        related=related,
        title=str(advisory.get("title") or f"{name} {package.get('version')} is {kind}"),
        asset="",
        severity=severity,
        severity_derived=derived,
        score=score,
        vector=vector,
        component=name,
        version=str(package.get("version") or ""),
        ecosystem="cargo",
        purl=purl("cargo", name),
        fixed=least(*many(at(found, "versions", "patched"))),
        state=State.FALSE_POSITIVE if advisory.get("withdrawn") else State.OPEN,
        reason="advisory withdrawn" if advisory.get("withdrawn") else kind,
    )


def _observe(record: Record, context: Any) -> Items:
    yield _finding(record.value)


def _sniff(head: Head) -> bool:
    top = head.object
    return "lockfile" in top and ("database" in top or isinstance(top.get("vulnerabilities"), dict))


PARSER = JsonParser(
    name="cargo_audit",
    sniff=_sniff,
    observe=_observe,
    cover=lambda roots: [Coverage("") for root in roots if isinstance(root, dict)],
    records=dict.fromkeys(("vulnerabilities.list[]", "warnings[]", "warnings{}[]"), dict[str, Any]),
)
