"""GitLab dependency scanning: `gl-dependency-scanning-report.json`, schemas 2 to 15.

One finding per vulnerability and dependency of a manifest; the fixed versions are those the solution's text advises. The report
does not name the project, so pass `--asset`; each analyzer (gemnasium, its Maven and Python kin) is a scope of its own.
"""

from detente.model.finding import Kind, Observation
from detente.queue import facets, gitlab
from detente.queue.fields import advised, path, severity
from detente.queue.report import Head, Items, JsonParser, Record

_MANAGERS = {"bundler": "gem", "setuptools": "pypi", "conan": "conan", "yarn": "npm", "pnpm": "npm"}


def _observe(record: Record, scan: gitlab.Scan) -> Items:
    found: gitlab.Vulnerability = record.value
    vulnerability, aliases, related = found.vulnerability()
    name, version = found.location.package()
    manager = scan.managers.get(found.location.file or "", "")
    yield Observation(
        kind=Kind.PACKAGE,
        vulnerability=vulnerability,
        aliases=aliases,
        related=related,
        title=found.title(),
        asset="",
        target=scan.target,
        severity=severity(found.severity),
        cwes=found.cwes(),
        **facets.package(_MANAGERS.get(manager, manager), name, version),
        fixed=advised(found.solution),
        location=path(found.location.file),
        seen=scan.seen,
    )


def _sniff(head: Head) -> bool:
    return gitlab.kind(head) == "dependency"


PARSER = JsonParser(
    name="gitlab_dep_scan",
    sniff=_sniff,
    prepare=gitlab.scan,
    observe=_observe,
    cover=gitlab.cover,
    records=gitlab.RECORDS,
)
