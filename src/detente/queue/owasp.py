"""Vulnerabilities as OWASP Dependency-Check writes them, the same in its XML and its JSON: by the text at a path of names."""

import re
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from detente.model.finding import Kind, Observation, State
from detente.queue import cvss, facets, purl
from detente.queue.fields import number

Look: TypeAlias = Callable[[str], str]
"""The text at a path such as `cvssV3/baseScore`; empty where nothing is."""

_WORDS = ("severity", "cvssV4/baseSeverity", "cvssV3/baseSeverity", "cvssV2/severity")
_SURE = ("HIGHEST", "HIGH", "MEDIUM", "LOW", "")
# Vectors whose metrics stand under these names; `authenticationr` is the schema's own spelling.
_TWO = (
    "AV:accessVector/AC:accessComplexity/Au:authenticationr"
    "/C:confidentialImpact,confidentialityImpact/I:integrityImpact/A:availabilityImpact"
)
_THREE = (
    "AV:attackVector/AC:attackComplexity/PR:privilegesRequired/UI:userInteraction"
    "/S:scope/C:confidentialityImpact/I:integrityImpact/A:availabilityImpact"
)


def finding(look: Look, package: facets.Package, *, is_suppressed: bool, **known: Any) -> Observation:
    """A vulnerability of a package. Raises ValueError for one without a name."""
    name, word = look("name"), next(filter(None, map(look, _WORDS)), "")
    if not name:
        raise ValueError("a vulnerability without name")
    return Observation(
        kind=Kind.PACKAGE,
        vulnerability=name,
        title=f"{name} in {package['component']}",
        **facets.rating(word, _rated(look)),
        **package,
        state=State.SUPPRESSED if is_suppressed else State.OPEN,
        reason=look("notes") if is_suppressed else "",
        **known,
    )


def surest(packages: Iterable[tuple[str, str]]) -> facets.Package | None:
    """The package of the (confidence, package URL) pair that is the surest; None when none of the URLs is one."""
    named = [(confidence.upper(), url) for confidence, url in packages if purl.parsed(url).name]
    found = [url for sure in _SURE for confidence, url in named if confidence == sure]
    return facets.addressed(found[0]) if found else None


def _rated(look: Look) -> tuple[str, float | None]:
    three = f"CVSS:{look('cvssV3/version') or '3.1'}/"
    pairs = (
        (look("cvssV4/vectorString"), number(look("cvssV4/baseScore"))),
        (_vector(look, "cvssV3", _THREE, three), number(look("cvssV3/baseScore"))),
        (_vector(look, "cvssV2", _TWO), number(look("cvssV2/score") or look("cvssScore"))),
    )
    return next((pair for pair in pairs if pair[1] is not None), ("", None))


def _vector(look: Look, block: str, names: str, version: str = "") -> str:
    """The vector of metrics written one by one, in words or letters; empty unless they make a valid one."""

    def metric(found: re.Match[str]) -> str:
        return ":" + next(filter(None, (look(f"{block}/{name}") for name in found[1].split(","))), "")[:1]

    vector = version + re.sub(r":([\w,]+)", metric, names)
    return vector if cvss.score(vector) is not None else ""
