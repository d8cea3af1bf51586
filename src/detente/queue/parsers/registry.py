"""All report formats Détente reads, by name: a new one is one file in this folder, or an entry point of another package."""

from difflib import get_close_matches
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pkgutil import iter_modules

from detente.model.errors import DetenteError
from detente.queue import parsers
from detente.queue.report import Parser

GROUP = "detente.parsers"
FREQUENT = ("trivy", "sarif", "anchore_grype", "cyclonedx", "tenable", "snyk", "semgrep", "generic")
"""Asked first, because most reports are theirs: a format that is not asked is not loaded."""
ALIASES = {
    "nessus": ("tenable", "tenable_csv", "tenable_vm_csv"),
    "greenbone": ("openvas", "openvas_csv"),
    "insightvm": ("nexpose",),
    "grype": ("anchore_grype",),
    "prisma": ("twistlock", "twistlock_csv"),
    "black_duck": ("blackduck",),
    "whitesource": ("mend",),
    "defender": ("ms_defender", "ms_defender_zip"),
    "inspector": ("aws_inspector2",),
    "securityhub": ("awssecurityhub", "asff"),
    "dependabot": ("dependabot", "github_vulnerability"),
    "github": ("github_vulnerability", "dependabot"),
    "owasp_zap": ("zap", "zap_json"),
    "sonar": ("sonarqube", "sonarqube_html"),
    "satellite": ("redhatsatellite",),
    "vex": ("openvex", "csaf", "cyclonedx", "cyclonedx_xml"),
}
"""What people call a tool, where no format is named so."""


@cache
def names() -> tuple[str, ...]:
    """Every format: the frequent ones, then the others in alphabetical order, then those of other packages."""
    own = sorted(module.name for module in iter_modules(parsers.__path__) if module.name != "registry")
    rest = [name for name in own if name not in FREQUENT]
    return (*FREQUENT, *rest, *sorted(point.name for point in entry_points(group=GROUP)))


@cache
def parser(name: str) -> Parser:
    """The parser of one format, loaded on demand. Raises DetenteError for a name nobody registered."""
    for point in entry_points(group=GROUP, name=name):
        found: Parser = point.load()
        return found
    if name not in names():
        raise _unknown(name)
    own: Parser = import_module(f"{parsers.__name__}.{name}").PARSER
    return own


def family(name: str) -> tuple[str, ...]:
    """The formats a tool writes, by the name of one, the beginning of several (`gitlab`) or an alias; the likeliest first.

    Raises DetenteError for a name that means none.
    """
    word = name.strip().lower().replace("-", "_").replace(" ", "_")
    members = [format_ for format_ in names() if format_ == word or format_.startswith(f"{word}_")]
    found = ALIASES.get(word) or tuple(sorted(members))
    if not found:
        raise _unknown(name)
    return found


def _unknown(name: str) -> DetenteError:
    near = get_close_matches(name.lower(), (*names(), *ALIASES), n=3)
    meant = f"Did you mean {' or '.join(near)}? " if near else ""
    return DetenteError(
        f"Unknown format {name!r}", "No parser has that name.", f"{meant}Known: {', '.join(names())}.", code="format"
    )
