"""Burp Suite: issues exported as XML (Report issues, format XML), Professional and Enterprise.

One web finding per issue and location; requests and responses, which hold cookies, are not read. Issues marked as false
positives are read as such; informational issues are findings of severity info. The asset is the host with its scheme.
"""

import re
from datetime import datetime
from xml.etree.ElementTree import Element

from detente.model.finding import Coverage, Kind, Observation, State
from detente.queue.fields import cwes, moment, severity
from detente.queue.report import Items, Record, XmlParser


def _dated(context: Element) -> datetime | None:
    return moment(context.get("exportTime"))


def _observe(record: Record, context: Element) -> Items:
    found: Element = record.value
    kind, host = found.findtext("type", "").strip(), found.findtext("host", "").strip().rstrip("/")
    if not kind or not host:
        raise KeyError("type" if not kind else "host")
    grade = found.findtext("severity", "").strip()
    place = (found.findtext("location") or found.findtext("path") or "").strip()
    yield Observation(
        kind=Kind.WEB,
        vulnerability=f"burp:{kind}",
        title=found.findtext("name", "").strip() or kind,
        asset=f"url:{host}",
        severity=severity(grade),
        cwes=cwes(re.findall(r"CWE-\d+", found.findtext("vulnerabilityClassifications", ""))),
        location=host + place if place.startswith("/") else f"{host} {place}".strip(),
        state=State.FALSE_POSITIVE if grade.lower() == "false positive" else State.OPEN,
        seen=_dated(context),
    )
    yield Coverage(f"url:{host}")


PARSER = XmlParser(
    name="burp",
    sniff=lambda head: head.root[1] == "issues" and "burpVersion" in head.root[2],
    observe=_observe,
    dated=_dated,
    records=frozenset({"issue"}),
    skip=frozenset({"requestresponse", "collaboratorEvent", "infiltratorEvent", "staticAnalysis", "dynamicAnalysis"}),
)
