"""CycloneDX in JSON, all versions: from Trivy, Grype, Dependency-Track and others, as a bill of materials or as VEX.

One finding per vulnerability and component it affects (`affects[].ref`). Analysis states `not_affected`, `false_positive` and
`resolved` are statements (VEX) on the bill's subject; `in_triage` and `exploitable` leave the finding open. Of several ratings
the issuing source's counts. Components are inventory and are skipped: a bill without vulnerabilities has no findings. The
asset is the subject (`metadata.component`); without one, say `--asset`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from detente.model.finding import Coverage
from detente.queue.bom import Bom, Component, Vulnerability, observations
from detente.queue.convert import convert
from detente.queue.fields import at, moment, parts, text
from detente.queue.report import Head, Items, JsonParser, Record, Skip


@dataclass(frozen=True, slots=True)
class _Context:
    bom: Bom
    is_scan: bool  # it lists components and says which are vulnerable: silence means none


def _tool(tools: Any) -> str:
    """The first of the tools that made the bill: a list up to 1.4, an object of components and services since."""
    listed = [*parts(tools, "components"), *parts(tools, "services")] if isinstance(tools, dict) else parts(tools)
    return next(filter(None, (text(tool.get("name")) for tool in listed)), "")


def _author(metadata: Any) -> str:
    who = [*parts(metadata, "supplier"), *parts(metadata, "authors"), *parts(metadata, "manufacture")]
    return next(filter(None, (text(one.get("name")) for one in who)), "")


def _prepare(roots: Any) -> _Context:
    root = next((root for root in roots if isinstance(root, dict)), {})
    metadata, has_components = root.get("metadata"), isinstance(root.get("components"), list)
    bom = Bom(
        target=_tool(at(metadata, "tools")) if has_components else "vex",
        seen=moment(at(metadata, "timestamp")),
        author=_author(metadata),
    )
    for subject in parts(metadata, "component"):
        bom.about(convert(subject, Component))
    for service in parts(root, "services"):
        bom.learn(convert(service, Component))
    return _Context(bom, has_components and isinstance(root.get("vulnerabilities"), list))


def _observe(record: Record, context: _Context) -> Items:
    if isinstance(record.value, Component):
        context.bom.learn(record.value)
        yield Skip("inventory")
    else:
        yield from observations(record.value, context.bom)


def _cover(context: _Context) -> Iterator[Coverage]:
    if context.is_scan:
        yield Coverage(context.bom.asset(), context.bom.target)


def _sniff(head: Head) -> bool:
    top = head.json
    return isinstance(top, dict) and (top.get("bomFormat") == "CycloneDX" or "cyclonedx.org" in str(top.get("$schema")))


PARSER = JsonParser(
    name="cyclonedx",
    sniff=_sniff,
    prepare=_prepare,
    observe=_observe,
    cover=_cover,
    dated=lambda context: context.bom.seen,
    records={
        "components[]": Component,
        "vulnerabilities[]": Vulnerability,
        "dependencies[]": None,
        "compositions[]": None,
        "annotations[]": None,
    },
    tables=("components[]",),
)
