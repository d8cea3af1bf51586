"""What Checkmarx One finds, the same in its result lists and in its scan reports."""

import re
from collections.abc import Mapping
from typing import Any

from detente.model.finding import Kind, Observation, State
from detente.queue import facets
from detente.queue.fields import cwes, line, moment, number, path

Fields = Mapping[str, Any]
_STATES = {
    "not_exploitable": State.FALSE_POSITIVE,
    "ignored": State.ACCEPTED,
    "muted": State.SUPPRESSED,
    "snoozed": State.SUPPRESSED,
}
_IDENTIFIER = re.compile(r"^(?P<manager>[A-Za-z]+)-(?P<name>.+?)-(?P<version>v?\d.*)$")


def _verdict(found: Fields) -> facets.Verdict:
    """Both spellings occur: `NOT_EXPLOITABLE` and `Not Exploitable`."""
    word = str(found.get("state") or "")
    is_fixed = str(found.get("status")).lower() == "fixed"
    state = State.FIXED if is_fixed else _STATES.get(word.lower().replace(" ", "_"), State.OPEN)
    return {"state": state, "reason": word if state is not State.OPEN else ""}


def shared(found: Fields, asset: str, score: float | None = None) -> dict[str, Any]:
    """What every result says; when it was found in the latest scan, for `firstFoundAt` is the first one."""
    rating = facets.rating(found.get("severity"), ("", score))
    return {"asset": asset, "seen": moment(found.get("foundAt")), **rating, **_verdict(found)}


def query(name: Any) -> str:
    """The id of what a query or rule looks for. Raises KeyError without a name."""
    if not name:
        raise KeyError("queryName")
    return f"checkmarx:{name}"


def code(found: Fields, name: Any, node: Fields, weakness: Any, asset: str) -> Observation:
    """A result of static analysis, at the sink of its data flow (`fileName`, `line`)."""
    return Observation(
        kind=Kind.CODE,
        vulnerability=query(name),
        title=str(name).replace("_", " "),
        cwes=cwes(weakness),
        location=path(node.get("fileName")),
        line=line(node.get("line")),
        fingerprint=str(found.get("similarityId") or ""),
        **shared(found, asset),
    )


def infrastructure(found: Fields, name: Any, file: Any, at: Any, asset: str) -> Observation:
    """A result of KICS."""
    return Observation(
        kind=Kind.CONFIG,
        vulnerability=query(name),
        title=str(name),
        location=path(file),
        line=line(at),
        **shared(found, asset),
    )


def package(found: Fields, own: str, package: facets.Package, asset: str, **more: Any) -> Observation:
    """A vulnerability of a package."""
    details = found.get("vulnerabilityDetails") or {}
    return Observation(
        kind=Kind.PACKAGE,
        vulnerability=own,
        title=f"{own} in {package['component']}",
        **package,
        **shared(found, asset, number(details.get("cvssScore") or found.get("score"))),
        **more,
    )


def identified(text: Any) -> facets.Package:
    """The package of Checkmarx' package ids, such as `Npm-lodash-4.17.15`."""
    found = _IDENTIFIER.match(str(text or ""))
    return (
        facets.package(found["manager"], found["name"], found["version"])
        if found
        else facets.package("", str(text or ""))
    )
