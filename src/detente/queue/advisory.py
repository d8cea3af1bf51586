"""Advisories as the npm registry has served them to its audit commands: npm 6 and the Yarns print them unchanged."""

from collections.abc import Iterator
from typing import Any

from detente.model.finding import Kind, Observation
from detente.queue import facets
from detente.queue.fields import at, cwes, least, named, number, parts, text


def observe(advisory: dict[str, Any]) -> Iterator[Observation]:
    """One observation per installed version. Raises KeyError or TypeError for what is no advisory.

    The registry renumbers its advisories, so the GitHub id names one where there is one.
    """
    name = str(advisory["module_name"])
    aliases, related = named(advisory.get("cves"), advisory.get("github_advisory_id"), advisory.get("url"))
    rating = advisory.get("cvss")
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
            **facets.rating(
                advisory.get("severity"), (at(rating, "vectorString"), number(at(rating, "score")) or None)
            ),
            cwes=cwes(advisory.get("cwe")),
            **facets.package("npm", name, version),
            fixed=least(text(advisory.get("patched_versions"))),
        )
