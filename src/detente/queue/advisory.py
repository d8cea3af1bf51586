"""Advisories as the npm registry has served them to its audit commands: npm 6 and the Yarns print them unchanged."""

from collections.abc import Iterator
from typing import Any

from detente.model.finding import Kind, Observation
from detente.queue.cvss import best
from detente.queue.fields import at, cwes, graded, least, named, number, parts, text
from detente.queue.purl import purl


def observe(advisory: dict[str, Any]) -> Iterator[Observation]:
    """One observation per installed version. Raises KeyError or TypeError for what is no advisory.

    The registry renumbers its advisories, so the GitHub id names one where there is one.
    """
    name = str(advisory["module_name"])
    aliases, related = named(advisory.get("cves"), advisory.get("github_advisory_id"), advisory.get("url"))
    rating = advisory.get("cvss")
    vector, score = best([(at(rating, "vectorString"), number(at(rating, "score")) or None)])
    severity, derived = graded(advisory.get("severity"), score)
    ghsa = [alias for alias in aliases if alias.startswith("GHSA")]
    vulnerability = ghsa[0] if ghsa else f"npm:{advisory['id']}"
    for version in dict.fromkeys(text(found.get("version")) for found in parts(advisory, "findings") or [{}]):
        yield Observation(
            kind=Kind.PACKAGE,
            vulnerability=vulnerability,
            aliases=aliases,
            related=related,
            title=str(advisory.get("title") or f"{vulnerability} in {name}").strip(),
            asset="",
            severity=severity,
            severity_derived=derived,
            score=score,
            vector=vector,
            cwes=cwes(advisory.get("cwe")),
            component=name,
            version=version,
            ecosystem="npm",
            purl=purl("npm", name),
            fixed=least(text(advisory.get("patched_versions"))),
        )
