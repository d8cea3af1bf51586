"""GitLab security reports (schemas 2 to 15): what dependency, container and static analysis write alike."""

from collections.abc import Iterator
from typing import Any

import msgspec

from detente.model.finding import Coverage
from detente.queue.convert import Essential
from detente.queue.fields import at, cwes, line, moment, parts, text
from detente.queue.identity import spelled
from detente.queue.report import Head


class Location(msgspec.Struct):
    """Where it is: a line of a file, or a package in a manifest or an image."""

    file: Essential[str | None] = None
    start_line: Any = None
    dependency: Essential[dict[str, Any] | None] = None
    image: Essential[str | None] = None
    operating_system: str | None = None

    def package(self) -> tuple[str, str]:
        """Name and version of the package; empty where the report leaves them out."""
        return text(at(self.dependency, "package", "name")), text(at(self.dependency, "version"))

    def line(self) -> int | None:
        """The first line, from 1 up."""
        return line(self.start_line)


class Vulnerability(msgspec.Struct):
    """One entry of `vulnerabilities`. Its `cve` is a key to compare by, not a CVE."""

    location: Location
    identifiers: list[dict[str, Any]] | None = None
    name: str | None = None
    message: str | None = None
    description: str | None = None
    category: str | None = None
    severity: str | None = None
    solution: str | None = None
    cve: str | None = None
    scanner: dict[str, Any] | None = None
    tracking: dict[str, Any] | None = None

    def named(self) -> Iterator[tuple[str, str]]:
        """(type, id) of the identifiers but for classifications. Some analyzers put a sentence where the id belongs."""
        for found in self.identifiers or ():
            kind = str(found.get("type") or "").lower()
            value, name = text(found.get("value")), text(found.get("name"))
            if kind not in ("cwe", "owasp", "wasc", "capec") and (value or name):
                yield kind, min(filter(None, (value, name)), key=len)

    def title(self) -> str:
        """The name, or the first words said about it."""
        text = self.name or self.message or self.description or next((value for _, value in self.named()), "")
        return text.strip().partition("\n")[0][:200]

    def cwes(self) -> tuple[int, ...]:
        """The CWE numbers, from the name before the value, which is not always one."""
        kinds = (found for found in self.identifiers or () if str(found.get("type")).lower() == "cwe")
        return cwes(*(cwes(found.get("name")) or cwes(found.get("value")) for found in kinds))

    def vulnerability(self) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
        """(id, aliases, related): its only CVE, else its GitHub advisory, else the scanner's own id with its kind before it."""
        named = list(self.named())
        cves, advisories = ([spelled(value) for kind, value in named if kind == word] for word in ("cve", "ghsa"))
        if not named:
            raise ValueError("a vulnerability without identifiers")
        equal = (*(cves if len(cves) == 1 else ()), *advisories)
        others = tuple(f"{kind}:{value}" for kind, value in named if kind not in ("cve", "ghsa"))
        own = (equal or others or tuple(cves))[0]
        return own, equal[1:] if equal else (), (*(cves if len(cves) > 1 else ()), *(o for o in others if o != own))


class Scan(msgspec.Struct):
    """What the report says of the scan. `target` is the analyzer: several scan one project, each with its own report."""

    target: str
    succeeded: bool
    seen: Any
    managers: dict[str, str]
    image: str = ""  # the last one named, for the places inside it that some converters write in its stead

    def coverage(self, asset: str) -> Coverage:
        """What this scan looked at on `asset`; a scan that did not succeed closes nothing."""
        return Coverage(asset, self.target, self.succeeded)


def cover(scan: Scan | None) -> Iterator[Coverage]:
    """The project; or whatever the caller names, for a report without findings does not say what was scanned."""
    if scan is not None:
        yield scan.coverage("")


def scan(roots: Any) -> Scan | None:
    """The scan of a report; before schema 3 it does not say how it went."""
    root = next((root for root in roots if isinstance(root, dict)), None)
    if root is None:
        return None
    found = root.get("scan")
    return Scan(
        target=text(at(found, "scanner", "id")) or text(at(found, "scanner", "name")),
        succeeded=at(found, "status") in (None, "success"),
        seen=moment(at(found, "end_time")) or moment(at(found, "start_time")),
        managers={
            text(file.get("path")): text(file.get("package_manager")) for file in parts(root, "dependency_files")
        },
    )


RECORDS: dict[str, Any] = {
    "vulnerabilities[]": Vulnerability,
    "dependency_files[].dependencies[]": None,
    "remediations[]": None,
}
_TYPES = {
    "dependency_scanning": "dependency",
    "container_scanning": "container",
    "cluster_image_scanning": "container",
    "sast": "code",
    "secret_detection": "code",
}


def kind(head: Head) -> str:
    """`dependency`, `container` or `code`; empty for other content. Told by the scan's type, else by the first entry."""
    top = head.json
    if not isinstance(top, dict) or not isinstance(top.get("version"), str) or "bomFormat" in top:
        return ""
    found = top.get("vulnerabilities")
    if not isinstance(found, list):
        return ""
    first = found[0] if found and isinstance(found[0], dict) else {}
    told = at(top, "scan", "type") or first.get("category")
    if told or first:
        return _TYPES.get(str(told), "") if told else _placed(first)
    return "dependency" if "dependency_files" in top else "code" if "remediations" in top else ""


def _placed(first: dict[str, Any]) -> str:
    """The kind by place, in this order: code may carry an empty dependency, a container's dependency is in its image."""
    place = first.get("location")
    if not isinstance(place, dict) or "identifiers" not in first:
        return ""
    kinds = (("start_line", "code"), ("image", "container"), ("dependency", "dependency"))
    return next((kind for key, kind in kinds if key in place), "")
