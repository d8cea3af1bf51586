"""Black Duck: the vulnerability report as CSV (`security.csv`, both generations of headers), or the zip with all files.

One finding per vulnerability and component origin. A Black Duck advisory (BDSA) that names its CVE is that CVE; VulnDB numbers
keep their source's name. Remediation status decides the state: ignored and duplicate are suppressed, mitigated is accepted. In
a zip, the paths come from `files.csv` or `source.csv`. The asset is the project of `Project path`, without its version.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from detente.model.errors import DetenteError
from detente.model.finding import Coverage, Kind, Observation, Rejected, State
from detente.queue import facets, sheet
from detente.queue.fields import by_word, cwes, ids, number, path
from detente.queue.hosts import first
from detente.queue.report import BundleParser, Head, Items, Record, Source

_HEADER = ("Vulnerability id", "Security Risk")
_KEYS = (("Component id", "Project id"), ("Version id",), ("Origin id", "Channel version id"))
_ECOSYSTEMS = {"npmjs": "npm", "rubygems": "gem", "crates": "cargo", "packagist": "composer"}
_STATES = by_word(
    {
        State.SUPPRESSED: "IGNORED DUPLICATE",
        State.ACCEPTED: "MITIGATED",
        State.FIXED: "PATCHED REMEDIATION_COMPLETE",
        State.NOT_AFFECTED: "NOT_AFFECTED",
    }
)
_VERSIONS = ("Component origin version name", "Channel version origin name", "Component version name", "Version")
Row = Mapping[str, str]


def _key(row: Row) -> tuple[str, ...]:
    return tuple(first(row, *names) for names in _KEYS)


def _package(row: Row) -> facets.Package:
    """The package of the origin, whose id ends in its version: `maven`, `org.x:y:1.7` is org.x:y."""
    version = first(row, *_VERSIONS)
    origin = first(row, "Component origin name", "Channel version origin").lower()
    name, found, _ = first(row, "Component origin id", "Channel version origin id").rpartition(version)
    if not (version and found and name.strip(":/")):
        return facets.package("", first(row, "Component name", "Project name"), version)
    return facets.package(_ECOSYSTEMS.get(origin, origin), name.strip(":/"), version)


def _named(row: Row) -> tuple[str, tuple[str, ...]]:
    """(vulnerability, related): `BDSA-2019-2725 (CVE-2019-12402)` is that CVE, of which the BDSA speaks."""
    text = row["Vulnerability id"].strip()
    cves = [name for name in ids(text) if name.startswith("CVE")]
    own = text.partition(" ")[0]
    if own.isdigit():
        own = f"{first(row, 'Vulnerability source').upper() or 'VULNDB'}-{own}"
    return (cves[0], (own,) if own != cves[0] else ()) if len(cves) == 1 else (own, tuple(cves))


def _observe(record: Record, places: Any) -> Items:
    row: Row = record.value
    (name, related), package = _named(row), _package(row)
    status, project = first(row, "Remediation status").upper().replace(" ", "_"), first(row, "Project path")
    yield Observation(
        kind=Kind.PACKAGE,
        vulnerability=name,
        related=related,
        title=f"{name} in {package['component']}",
        asset=facets.asset("project", project.rpartition(" ")[0] or project),
        **facets.rating(row["Security Risk"], ("", number(first(row, "Overall score", "Base score")))),
        cwes=cwes(first(row, "CWE Ids")),
        **package,
        location=places.get(_key(row), path(first(row, "Path"))),
        state=_STATES.get(status, State.OPEN),
        reason=first(row, "Remediation comment") or status.lower(),
    )


def _load(source: Source) -> tuple[dict[tuple[str, ...], str], Iterator[Record | Rejected], bool]:
    """Head: the first path of each component origin, where the files of a zip tell it."""
    places: dict[tuple[str, ...], str] = {}
    for name, member in source.members.items():
        if _is(name, "files", "source"):
            with suppress(DetenteError):  # an export without paths has the file, but not its header
                _, found, _ = sheet.read(member, ("Path", "Version id"), None)
                rows = (record.value for record in found if isinstance(record, Record))
                places |= {_key(row): path(row["Path"]) for row in reversed(list(rows))}
    tables = [member for name, member in source.members.items() if _is(name, "security")] or [source]
    opened = [sheet.read(table, _HEADER, None)[1] for table in tables]
    return places, (record for found in opened for record in _rows(found)), False


def _rows(found: Iterator[Record | Rejected]) -> Iterator[Record | Rejected]:
    for record in found:
        if isinstance(record, Record) and not record.value["Vulnerability id"].strip():
            row = record.value
            yield Rejected(0, "no vulnerability id", sheet.raw(list(row), list(row.values())))
        else:
            yield record


def _is(member: str, *kinds: str) -> bool:
    return member.endswith(".csv") and member.rpartition("/")[2].startswith(kinds)


def _sniff(head: Head) -> bool:
    if head.members:
        return any(_is(name, "security") for name in head.members)
    return head.has_columns(*_HEADER)


PARSER = BundleParser(name="blackduck", sniff=_sniff, observe=_observe, cover=lambda places: [Coverage("")], load=_load)
