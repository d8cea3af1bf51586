"""Nessus and Tenable: the `.nessus` file (XML, version 2), by "Export > Nessus" or the API's `format=nessus`.

One finding per host, port and plugin. A plugin that looks for exactly one CVE is that CVE, one that looks for several keeps
its number (`nessus:31649`) with the CVEs beside it. Severity 0 becomes information. Of compliance audits the failed checks
become findings of configuration; passed and unfinished ones are counted as skipped. A plugin that CISA's catalogue or malware
is known to exploit is marked so; the day of its patch is the vendor's. The asset is the host by its full name, else as it was named in the scan. A host reported
as dead was not scanned, so nothing on it is closed. The scan policy at the head of the file is read over.
"""

import re
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element

from detente.model.finding import Coverage, Kind, Observation
from detente.queue import facets
from detente.queue.fields import cwes, day, ids, moment, number, scaled
from detente.queue.hosts import host, named, place
from detente.queue.report import Items, Record, Skip, XmlParser

_VECTORS = (
    ("cvss4_vector", "cvss4_base_score"),
    ("cvss3_vector", "cvss3_base_score"),
    ("cvss_vector", "cvss_base_score"),
)
_INSTALLED = re.compile(r"(?:Installed|Remote package|Reported) version\s*: *v?(\d[^\s]*)", re.IGNORECASE)
_FIXED = re.compile(r"(?:Fixed version|Should be)\s*: *v?(\d[^\s]*)", re.IGNORECASE)
_PRODUCT = re.compile(r"cpe:(?:/|2\.3:)a:[^:]*:([^:\s]+)")
_PING = "10180"


class _Host(NamedTuple):
    asset: str
    seen: Any


@lru_cache(maxsize=1)
def _host(element: Element) -> _Host:
    """The properties stand before the items, which come host by host."""
    tags = {tag.get("name"): tag.text for tag in element.iterfind("HostProperties/tag")}
    end = moment(tags.get("HOST_END_TIMESTAMP")) or moment(tags.get("HOST_END"))
    return _Host(host(tags.get("host-fqdn"), element.get("name"), tags.get("host-ip")), end)


def _plugin(item: Element) -> Observation:
    """What an item says of its plugin: the same for every host, so it is read once per report."""
    texts: dict[str, list[str]] = {}
    for child in item:
        texts.setdefault(child.tag, []).append(child.text or "")
    one = {tag: values[0] for tag, values in texts.items()}
    own, product = f"nessus:{item.attrib['pluginID']}", _PRODUCT.search(" ".join(texts.get("cpe", ())))
    catalogued = any(text.startswith("CISA-KNOWN-EXPLOITED") for text in texts.get("xref", ()))
    scores = ((one.get(key), number(one.get(base))) for key, base in _VECTORS)
    vulnerability, related = named(own, ids(texts.get("cve", ())))
    return Observation(
        kind=Kind.HOST,
        vulnerability=vulnerability,
        related=related,
        title=item.get("pluginName") or one.get("plugin_name") or own,
        asset="",
        **facets.rating(one.get("risk_factor"), *scores),
        cwes=cwes(texts.get("cwe", [])),
        component=product[1] if product else "",
        released=day(one.get("patch_publication_date")),
        exploited=catalogued or one.get("exploited_by_malware") == "true",
        epss=number(one.get("epss_score")),
    )


def _observe(record: Record, plugins: dict[str, Observation]) -> Items:
    item: Element = record.value
    if item.tag == "ReportHost":
        yield Coverage(_host(item).asset, seen=_host(item).seen)
        return
    scanned, name, output = _host(record.parents[-1]), item.attrib["pluginID"], item.findtext("plugin_output", "")
    if name == _PING and "considered as dead" in output:
        yield Coverage(scanned.asset, succeeded=False)
    if item.findtext("compliance-result") in {"PASSED", "ERROR"}:
        yield Skip(f"compliance check {item.findtext('compliance-result', '').lower()}")
        return
    plugin = plugins.get(name)
    if plugin is None:
        plugin = plugins.setdefault(name, _plugin(item))
    audit, installed = item.findtext("compliance-check-name"), _INSTALLED.search(output)
    yield replace(
        plugin,
        kind=Kind.CONFIG if audit else Kind.HOST,
        vulnerability=f"nessus:{audit}" if audit else plugin.vulnerability,
        title=audit or plugin.title,
        asset=scanned.asset,
        severity=scaled(item.get("severity")) or plugin.severity,
        version=installed[1] if installed else "",
        fixed=tuple(dict.fromkeys(_FIXED.findall(output))),
        location=place(item.get("port"), item.get("protocol")),
        seen=scanned.seen,
    )


PARSER = XmlParser(
    name="tenable",
    version=2,
    sniff=lambda head: head.root[1] == "NessusClientData_v2",
    prepare=lambda root: dict[str, Observation](),
    observe=_observe,
    records=frozenset({"ReportItem"}),
    groups=frozenset({"ReportHost"}),
    skip=frozenset({"Policy"}),
)
