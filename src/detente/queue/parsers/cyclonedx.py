"""CycloneDX in JSON, all versions: from Trivy, Grype, Dependency-Track and others, as a bill of materials or as VEX.

One finding per vulnerability and component it affects (`affects[].ref`). Analysis states `not_affected`, `false_positive` and
`resolved` are statements (VEX) on the bill's subject; `in_triage` and `exploitable` leave the finding open. Of several ratings
the issuing source's counts. Components are inventory and are skipped: a bill without vulnerabilities has no findings. The
asset is the subject (`metadata.component`); without one, say `--asset`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from detente.model.finding import Coverage
from detente.queue.bom import Bom, Component, Vulnerability, observations
from detente.queue.fields import moment
from detente.queue.report import Head, Items, JsonParser, Record, Skip


@dataclass(frozen=True, slots=True)
class _Context:
    bom: Bom
    is_scan: bool  # it lists components and says which are vulnerable: silence means none


def _tool(tools: Any) -> str:
    """The first of the tools that made the bill: a list up to 1.4, an object of components and services since."""
    listed = [*(tools.get("components") or ()), *(tools.get("services") or ())] if isinstance(tools, dict) else tools
    return next((str(tool["name"]) for tool in listed or () if tool.get("name")), "")


def _author(metadata: dict[str, Any]) -> str:
    who = [metadata.get("supplier"), *(metadata.get("authors") or ()), metadata.get("manufacture")]
    return next((str(one["name"]) for one in who if one and one.get("name")), "")


def _prepare(roots: Any) -> _Context:
    root = next((root for root in roots if isinstance(root, dict)), {})
    metadata, has_components = root.get("metadata") or {}, isinstance(root.get("components"), list)
    bom = Bom(
        target=_tool(metadata.get("tools")) if has_components else "vex",
        seen=moment(metadata.get("timestamp")),
        author=_author(metadata),
    )
    bom.about(msgspec.convert(metadata.get("component") or {}, Component, strict=False))
    for service in root.get("services") or ():
        bom.learn(msgspec.convert(service, Component, strict=False))
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
