"""Tenable Vulnerability Management: the CSV export of its findings, whose columns are named like `definition.id`.

One finding per host, port and plugin, named as in the other Tenable formats: a plugin that looks for exactly one CVE is that
CVE. Fixed findings, and those whose risk was accepted by a rule, are read with that state. The asset is the host by its DNS
name, else by its name or address.
"""

from typing import Any

from detente.model.finding import Kind, Observation, State
from detente.queue import facets
from detente.queue.fields import cwes, day, ids, moment, number
from detente.queue.hosts import first, host, named, place
from detente.queue.report import CsvParser, Items, Record

_HEADER = ("definition.id", "severity")
_SCALES = ("definition.cvss4", "definition.cvss3", "definition.cvss2")
_NAMES = ("asset.display_fqdn", "asset.host_name", "asset.name", "asset.netbios_name", "asset.display_ipv4_address")


def _verdict(row: dict[str, str]) -> facets.Verdict:
    if first(row, "state").upper() == "FIXED":
        return {"state": State.FIXED, "reason": "fixed"}
    is_accepted = first(row, "risk_modified").upper() == "ACCEPTED"
    return {"state": State.ACCEPTED, "reason": "accepted by a rule"} if is_accepted else {}


def _observe(record: Record, _: Any) -> Items:
    row: dict[str, str] = record.value
    plugin = first(row, "definition.id")
    if not plugin.isdigit():
        raise ValueError(f"the plugin number is {plugin!r}")
    vulnerability, related = named(f"nessus:{plugin}", ids(row.get("definition.cve", "")))
    scores = ((row.get(f"{scale}.base_vector"), number(row.get(f"{scale}.base_score"))) for scale in _SCALES)
    yield Observation(
        kind=Kind.HOST,
        vulnerability=vulnerability,
        related=related,
        title=first(row, "definition.name") or f"nessus:{plugin}",
        asset=host(*(row.get(name) for name in _NAMES)),
        **facets.rating(first(row, "severity"), *scores),
        cwes=cwes(first(row, "definition.cwe")),
        released=day(first(row, "definition.patch_published")),
        location=place(row.get("port"), row.get("protocol")),
        **_verdict(row),
        exploited=first(row, "definition.vpr.drivers_on_cisa_kev").lower() == "true",
        epss=number(first(row, "definition.epss.score")),
        seen=moment(first(row, "last_observed", "last_seen")),
    )


PARSER = CsvParser(
    name="tenable_vm_csv", sniff=lambda head: head.has_columns(*_HEADER), observe=_observe, header=_HEADER
)
