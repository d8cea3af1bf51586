"""How the custom resources of Trivy Operator name the workload they are about, so that a roll-out does not rename it."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from detente.queue.fields import at, moment, text

_LABEL = "trivy-operator."
# A Deployment names its sets by a hash without vowels, a CronJob its jobs by the minute: both change with every roll-out or run.
_GENERATED = {"replicaset": ("Deployment", r"-[bcdfghjklmnpqrstvwxz0-9]{5,10}$"), "job": ("CronJob", r"-\d{8,}$")}


def report(parents: tuple[Any, ...]) -> dict[str, Any]:
    """The custom resource that holds a record: the outermost object that is one."""
    return next((parent for parent in parents if "metadata" in parent and parent.get("kind") != "List"), parents[0])


def reports(roots: Any) -> Iterator[dict[str, Any]]:
    """Every custom resource in the document, at whatever level its list stands."""
    for value in roots.values() if isinstance(roots, dict) else roots or ():
        if isinstance(value, dict) and str(value.get("kind", "")).endswith("Report"):
            yield value
        elif isinstance(value, dict | list):
            yield from reports(value)


def seen(report: dict[str, Any]) -> datetime | None:
    """When a custom resource was last written."""
    return moment(at(report, "report", "updateTimestamp") or at(report, "status", "updateTimestamp"))


def place(report: dict[str, Any]) -> tuple[str, str]:
    """Asset and target of a custom resource."""
    kind, own = text(report.get("kind")) or "Report", text(at(report, "metadata", "name"))
    if "Compliance" in kind:
        return "", f"{kind}/{own}"
    what, name, space = (_label(report, f"resource.{part}") for part in ("kind", "name", "namespace"))
    what, name = _steady(what, name) if name else (kind, own)
    target = "/".join(filter(None, (kind, _label(report, "container.name"))))
    return f"host:{space or text(at(report, 'metadata', 'namespace')) or 'cluster'}/{what}/{name}", target


def resource(target: str) -> str:
    """A compliance check's `namespace/kind-name`."""
    space, _, rest = target.rpartition("/")
    kind, _, name = rest.partition("-")
    kind, name = _steady(kind, name)
    return "/".join(filter(None, (space, kind.lower(), name)))


def _label(report: dict[str, Any], name: str) -> str:
    """What a label says; names unfit for a label are annotations."""
    places = (text(at(report, "metadata", place, _LABEL + name)) for place in ("labels", "annotations"))
    return next(filter(None, places), "")


def _steady(kind: str, name: str) -> tuple[str, str]:
    """The controller a generated resource belongs to, by kind and name; any other resource as it is."""
    owner, generated = _GENERATED.get(kind.lower(), (kind, r"\b\B"))
    stable = re.sub(generated, "", name)
    return (owner, stable) if stable != name else (kind, name)
