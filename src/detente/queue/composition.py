"""Which package a result speaks of, where a composition scanner wrote a format made for code: read from its sentences."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from packageurl import PackageURL

from detente.queue.fields import ids, many, named, text
from detente.queue.purl import purl


@dataclass(frozen=True, slots=True)
class Package:
    """A vulnerable package, as far as a result names it."""

    vulnerability: str
    aliases: tuple[str, ...]
    related: tuple[str, ...]
    name: str
    version: str
    ecosystem: str
    purl: str
    fixed: tuple[str, ...]


_VULNERABILITY = re.compile(
    r"^(CVE|GHSA|SNYK|RUSTSEC|GO|PYSEC|OSV|MAL|DSA|DLA|RHSA|ELSA|ALAS|USN|TEMP|sonatype|XRAY|WS|NSWG)-", re.IGNORECASE
)
_HINT = re.compile(r"pkg:|installed version", re.IGNORECASE)
_FACT = re.compile(
    r"^[ \t*|]*(package|installed version|version|fixed version|fix version|type)[ \t*]*:[ \t]*(\S.*?)[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
_SENTENCES = tuple(
    re.compile(pattern)
    for pattern in (
        r"^(?:\([^)]*\) )?(?P<package>@?[^@\s]+)@(?P<version>v?\d\S*)$",  # Snyk
        r"vulnerability in (?P<type>\S+) package: (?P<package>\S+), version (?P<version>\S+) was found",  # Grype
        r"reports (?P<package>\S+) at version (?P<version>\S+) .*?vulnerable \((?P<type>\S+)\) package",  # Grype 0.3x
        r"Package '(?P<package>@?[^'@]+)@(?P<version>[^']+)' is vulnerable",  # OSV-Scanner
        r"^\[(?P<package>\S+) - (?P<version>\S+) - \w+\]",  # Clair
    )
)
_ALSO = re.compile(r"^\(([^)]*)\)|also known as ([^)]*)", re.MULTILINE)


def package(rule: str, texts: Iterable[str], properties: Mapping[str, Any]) -> Package | None:
    """The package that `texts` name, the last one being believed most; None when the result is about something else.

    `rule` is the id of the result's rule; Grype appends the package's name to it.
    """
    texts = tuple(texts)
    stated = text(properties.get("purl")) or text(next(iter(many(properties.get("purls"))), ""))
    if not (stated or _VULNERABILITY.match(rule) or any(map(_HINT.search, texts))):
        return None
    facts: dict[str, str] = {}
    for said in texts:
        facts |= {key.lower(): value for key, value in _FACT.findall(said)}
        for sentence in _SENTENCES:
            if match := sentence.search(said):
                facts |= match.groupdict()
    address = _address(stated, *texts, facts.get("package"))
    name = address.name if address else facts.get("package", "")
    if not name:
        return None
    own = next(iter(ids(rule)), rule)
    aliases, related = named(own, *(part for said in texts for part in _ALSO.findall(said)))
    language = rule.split("-")[1].lower() if rule.startswith("SNYK-") else ""  # SNYK-JS-LODASH-567746
    ecosystem = address.type if address else facts.get("type") or language
    fixed = facts.get("fixed version") or facts.get("fix version") or ""
    return Package(
        vulnerability=own,
        aliases=tuple(alias for alias in aliases if alias != own),
        related=tuple(other for other in related if other != own),
        name=name,
        version=facts.get("installed version") or facts.get("version") or (address and address.version) or "",
        ecosystem=ecosystem,
        purl=address.to_string() if address else purl(ecosystem, name),
        fixed=tuple(part for part in re.split(r"[,\s]+", fixed) if part[:1].isdigit() or part[1:2].isdigit()),
    )


def _address(*candidates: Any) -> PackageURL | None:
    for address in candidates:
        if isinstance(address, str) and address.startswith("pkg:"):
            try:
                return PackageURL.from_string(address)
            except ValueError:
                continue
    return None
