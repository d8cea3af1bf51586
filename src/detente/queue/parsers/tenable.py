"""Nessus and Tenable: the `.nessus` file (XML, version 2), by "Export > Nessus" or the API's `format=nessus`.

One finding per host, port and plugin. A plugin that looks for exactly one CVE is that CVE, one that looks for several keeps
its number (`nessus:31649`) with the CVEs beside it. Severity 0 becomes information. Of compliance audits the failed checks
become findings of configuration; passed and unfinished ones are counted as skipped. A plugin that CISA's catalogue or malware
is known to exploit is marked so. The asset is the host by its full name, else as it was named in the scan. A host reported
as dead was not scanned, so nothing on it is closed. The scan policy at the head of the file is read over.
"""

import re
from functools import lru_cache
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element

from detente.model.finding import Coverage, Kind, Observation, Severity
from detente.queue import cvss
from detente.queue.fields import cwes, ids, moment, number, severity
from detente.queue.hosts import host, named, place
from detente.queue.report import Head, Items, Record, Skip, XmlParser

_VECTORS = (
    ("cvss4_vector", "cvss4_base_score"),
    ("cvss3_vector", "cvss3_base_score"),
    ("cvss_vector", "cvss_base_score"),
)
_INSTALLED = re.compile(r"(?:Installed|Remote package|Reported) version\s*: *v?(\d[^\s]*)", re.IGNORECASE)
_FIXED = re.compile(r"(?:Fixed version|Should be)\s*: *v?(\d[^\s]*)", re.IGNORECASE)
_PRODUCT = re.compile(r"cpe:(?:/|2\.3:)a:[^:]*:([^:\s]+)")
_PING = "10180"
_SEVERITY = {str(digit): Severity(digit + 1) for digit in range(5)}


class _Host(NamedTuple):
    asset: str
    seen: Any


@lru_cache(maxsize=1)
def _host(element: Element) -> _Host:
    """The properties stand before the items, which come host by host."""
    tags = {tag.get("name"): tag.text for tag in element.iterfind("HostProperties/tag")}
    end = moment(tags.get("HOST_END_TIMESTAMP")) or moment(tags.get("HOST_END"))
    return _Host(host(tags.get("host-fqdn"), element.get("name"), tags.get("host-ip")), end)


def _texts(item: Element) -> dict[str, list[str]]:
    texts: dict[str, list[str]] = {}
    for child in item:
        texts.setdefault(child.tag, []).append(child.text or "")
    return texts


def _exploited(texts: dict[str, list[str]]) -> bool:
    catalogued = any(text.startswith("CISA-KNOWN-EXPLOITED") for text in texts.get("xref", ()))
    return catalogued or texts.get("exploited_by_malware") == ["true"]


def _observe(record: Record, _: Any) -> Items:
    item: Element = record.value
    if item.tag == "ReportHost":
        yield Coverage(_host(item).asset)
        return
    scanned, texts, plugin = _host(record.parents[-1]), _texts(item), item.attrib["pluginID"]
    output = "\n".join(texts.get("plugin_output", ()))
    if plugin == _PING and "considered as dead" in output:
        yield Coverage(scanned.asset, succeeded=False)
    result = "".join(texts.get("compliance-result", ()))
    if result in {"PASSED", "ERROR"}:
        yield Coverage(scanned.asset)
        yield Skip(f"compliance check {result.lower()}")
        return
    audit = next(iter(texts.get("compliance-check-name", ())), "")
    own, cves = f"nessus:{plugin}", ids(texts.get("cve", ()))
    vulnerability, related = (f"nessus:{audit}", (own,)) if audit else named(own, cves)
    vector, score = cvss.best((_text(texts, key), number(_text(texts, base))) for key, base in _VECTORS)
    installed, product = _INSTALLED.search(output), _PRODUCT.search(" ".join(texts.get("cpe", ())))
    yield Observation(
        kind=Kind.CONFIG if audit else Kind.HOST,
        vulnerability=vulnerability,
        related=related,
        title=audit or item.get("pluginName") or own,
        asset=scanned.asset,
        severity=_SEVERITY.get(item.get("severity", "")) or severity(_text(texts, "risk_factor")),
        score=score,
        vector=vector,
        cwes=cwes(texts.get("cwe", [])),
        component=product[1] if product else "",
        version=installed[1] if installed else "",
        fixed=tuple(dict.fromkeys(_FIXED.findall(output))),
        location=place(item.get("port"), item.get("protocol")),
        exploited=_exploited(texts),
        epss=number(_text(texts, "epss_score")),
        seen=scanned.seen,
    )


def _text(texts: dict[str, list[str]], key: str) -> str:
    return texts[key][0] if key in texts else ""


def _sniff(head: Head) -> bool:
    return head.root[1] == "NessusClientData_v2"


PARSER = XmlParser(
    name="tenable",
    sniff=_sniff,
    observe=_observe,
    records=frozenset({"ReportItem"}),
    groups=frozenset({"ReportHost"}),
    skip=frozenset({"Policy"}),
)
