"""The version to go to: the smallest that closes every finding of a fix, by the ecosystem's own order.

Ordering is univers' work; each ecosystem's class is the one its package manager's rules are written in.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from univers import versions

_CLASSES = {
    "npm": versions.SemverVersion,
    "cargo": versions.SemverVersion,
    "golang": versions.GolangVersion,
    "pypi": versions.PypiVersion,
    "maven": versions.MavenVersion,
    "gem": versions.RubygemsVersion,
    "nuget": versions.NugetVersion,
    "composer": versions.ComposerVersion,
    "deb": versions.DebianVersion,
    "rpm": versions.RpmVersion,
    "apk": versions.AlpineLinuxVersion,
}


def ecosystem(component: str) -> str:
    """The package URL type of `pkg:type/...`; empty for anything else."""
    return component[4:].split("/", 1)[0] if component.startswith("pkg:") else ""


@lru_cache(maxsize=65536)
def parsed(kind: str, text: str) -> Any:
    """The version as an orderable value, None where it does not follow its ecosystem's rules."""
    cls = _CLASSES.get(kind, versions.SemverVersion if kind else versions.GenericVersion)
    try:
        return cls(text)
    except (versions.InvalidVersion, ValueError, TypeError, AttributeError):
        return None


def target(component: str, findings: Iterable[tuple[str, tuple[str, ...]]]) -> str | None:
    """The smallest version that closes all `findings` (installed version, versions that close it), or None.

    Advisories name one fix per maintained branch: of a finding's choices the smallest above what is installed closes it
    with the least change; the largest of those over all findings closes them together. Versions that cannot be ordered
    are kept only when nothing else is left.
    """
    kind = ecosystem(component)
    steps = [step for installed, fixed in findings if (step := _step(kind, installed, fixed)) is not None]
    ordered = [(value, text) for text in steps if (value := parsed(kind, text)) is not None]
    if not ordered:
        return max(steps, default=None)
    return _largest(ordered)


def _step(kind: str, installed: str, fixed: tuple[str, ...]) -> str | None:
    """The smallest of `fixed` above `installed`; without a comparable one the first that was named."""
    here = parsed(kind, installed) if installed else None
    ordered = [(value, text) for text in fixed if (value := parsed(kind, text)) is not None]
    above = [pair for pair in ordered if here is None or pair[0] > here]
    if above:
        return _smallest(above)
    return fixed[0] if fixed else None


def _smallest(pairs: list[tuple[Any, str]]) -> str:
    best = pairs[0]
    for pair in pairs[1:]:
        best = pair if pair[0] < best[0] else best
    return best[1]


def _largest(pairs: list[tuple[Any, str]]) -> str:
    best = pairs[0]
    for pair in pairs[1:]:
        best = pair if pair[0] > best[0] else best
    return best[1]
