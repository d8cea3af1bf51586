"""CycloneDX in XML, all versions: vulnerabilities of their own (1.4 on) and those of the extension before (`ext/vulnerability`).

What becomes what is as for CycloneDX in JSON. The extension writes vulnerabilities into their component, or beside the
components with a `ref`; both are read.
"""

from typing import Any
from xml.etree.ElementTree import Element

import msgspec

from detente.model.finding import Coverage
from detente.queue.bom import Bom, Component, Vulnerability, observations
from detente.queue.fields import moment
from detente.queue.report import Head, Items, Record, Skip, XmlParser


def _text(element: Element, *paths: str) -> str | None:
    """The text of the first of the paths that has one."""
    return next((found for path in paths if (found := (element.findtext(path) or "").strip())), None)


def _component(element: Element) -> Component:
    names = ("name", "group", "version", "purl")
    values: dict[str, Any] = {name: found for name in names if (found := _text(element, name))}
    return msgspec.convert(values | element.attrib, Component)


def _vulnerability(element: Element) -> Vulnerability:
    """The element in the shape of JSON. The extension's scores lie one level deeper."""
    source = element.find("source")
    values = {
        "id": _text(element, "id"),
        "source": {"name": _text(element, "source/name") or (source.get("name") if source is not None else None)},
        "references": [{"id": _text(item, "id")} for item in element.iterfind("references/reference")],
        "ratings": [_rating(item) for item in element.iterfind("ratings/rating")],
        "cwes": [item.text for item in element.iterfind("cwes/cwe")],
        "description": _text(element, "description"),
        "recommendation": _text(element, "recommendation", "recommendations/recommendation"),
        "analysis": {child.tag: (child.text or "").strip() for child in element.iterfind("analysis/*")},
        "affects": _affects(element),
        "properties": [{"name": p.get("name"), "value": p.text} for p in element.iterfind("properties/property")],
    }
    return msgspec.convert(values, Vulnerability)


def _rating(element: Element) -> dict[str, Any]:
    values: dict[str, Any] = {name: _text(element, name) for name in ("severity", "method", "vector")}
    return values | {"score": _text(element, "score/base", "score"), "source": {"name": _text(element, "source/name")}}


def _affects(element: Element) -> list[dict[str, Any]]:
    targets = [{"ref": _text(item, "ref")} for item in element.iterfind("affects/target")]
    return targets or [{"ref": element.get("ref")}]


def _prepare(root: Any) -> Bom:
    has_components = root.find("components") is not None
    tool = _text(root, "metadata/tools/tool/name") or ""
    author = _text(root, "metadata/supplier/name", "metadata/authors/author/name", "metadata/manufacture/name") or ""
    return Bom(tool if has_components else "vex", moment(root.findtext("metadata/timestamp")), author)


def _observe(record: Record, bom: Bom) -> Items:
    element: Element = record.value
    if element.tag == "vulnerability":
        yield from observations(_vulnerability(element), bom)
        return
    tags = [parent.tag for parent in record.parents]
    if tags[-1] == "metadata":
        bom.about(_component(element))
        if {"components", "vulnerabilities"} <= {child.tag for child in record.parents[0]}:
            yield Coverage(bom.asset(), bom.target)
    elif "tools" in tags:
        bom.target = bom.target or _text(element, "name") or ""
        return
    for part in element.iter("component"):
        component = _component(part)
        bom.learn(component)
        yield Skip("inventory")
        for inner in part.iterfind("vulnerabilities/vulnerability"):
            yield from observations(_vulnerability(inner), bom, component)


def _sniff(head: Head) -> bool:
    namespace, name, _ = head.root
    return name == "bom" and namespace.startswith("http://cyclonedx.org/schema/bom")


PARSER = XmlParser(
    name="cyclonedx_xml",
    sniff=_sniff,
    prepare=_prepare,
    observe=_observe,
    records=frozenset({"component", "vulnerability"}),
    skip=frozenset({"dependencies", "compositions", "annotations", "formulation"}),
)
