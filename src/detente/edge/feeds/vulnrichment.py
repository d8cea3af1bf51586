"""CVE records (CVE JSON 5) with CISA's Vulnrichment: one record per file, folders and archives of them.

From the assigner: publication, CVSS, CWE, vendor and product. From the CISA container: the SSVC points with their day, a
CVSS score where the assigner gave none, and a KEV entry as evidence.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import msgspec

from detente.edge.feeds import Harvest, cve_id, day, refused
from detente.model.intel import Kind
from detente.queue.report import Head

NAME = "vulnrichment"
PIECES = True
VERSIONS = ("cvssV3_1", "cvssV3_0", "cvssV4_0", "cvssV2_0")


class Provider(msgspec.Struct, rename="camel"):
    """When a container was last written."""

    date_updated: str = ""


class Container(msgspec.Struct, rename="camel"):
    """What one party says of a CVE."""

    title: str = ""
    date_public: str | None = None
    provider_metadata: Provider = msgspec.field(default_factory=Provider)
    metrics: list[dict[str, Any]] = []
    problem_types: list[dict[str, Any]] = []
    affected: list[dict[str, Any]] = []


class Containers(msgspec.Struct):
    """The assigner, and the others."""

    cna: Container = msgspec.field(default_factory=Container)
    adp: list[Container] = []


class Metadata(msgspec.Struct, rename="camel"):
    """The record itself."""

    cve_id: str
    state: str = ""
    assigner_short_name: str | None = None
    date_published: str | None = None
    date_updated: str | None = None


class Cve(msgspec.Struct, rename="camel"):
    """What is read of a CVE record."""

    cve_metadata: Metadata
    containers: Containers = msgspec.field(default_factory=Containers)


DECODER = msgspec.json.Decoder(Cve)


def sniff(head: Head) -> bool:
    """A CVE record says what it is."""
    return head.object.get("dataType") == "CVE_RECORD" or "cveMetadata" in head.object


def read(data: bytes, name: str, harvest: Harvest) -> None:
    """The facts of one record, and its KEV entry as evidence."""
    try:
        told = DECODER.decode(data)
    except msgspec.MsgspecError as error:
        raise refused(name, f"It is not a whole CVE record ({error}).", "Download it again.") from None
    with harvest.record():
        row = facts(told)
        harvest.add(NAME, Kind.FACTS, row, day(told.cve_metadata.date_updated), row["published"], row["ssvc_at"])
        for entry in others(told.containers.adp, "kev"):
            added = day(entry.get("dateAdded"))
            harvest.add("cisa_kev", Kind.EVIDENCE, {"cve": row["cve"], "first_seen": added}, added)


def facts(told: Cve) -> dict[str, Any]:
    """One record as a row of the facts table."""
    about, cna, adp = told.cve_metadata, told.containers.cna, told.containers.adp
    first = next(iter(cna.affected), {})
    return {
        "cve": cve_id(about.cve_id),
        "published": day(about.date_published),
        "assigner": about.assigner_short_name,
        "state": about.state or None,
        "cwe": weakness([cna, *adp]),
        "vendor": first.get("vendor"),
        "product": first.get("product"),
        **severity(cna, adp),
        **decision(adp),
    }


def severity(cna: Container, adp: Iterable[Container]) -> dict[str, Any]:
    """The assigner's CVSS, else the first other one with the day it was given."""
    for container, given in ((cna, None), *((other, day(other.provider_metadata.date_updated)) for other in adp)):
        scores = {key: metric[key] for metric in container.metrics for key in VERSIONS if metric.get(key)}
        best = next((scores[key] for key in VERSIONS if key in scores), None)
        if best is not None:
            return {"base_score": float(best["baseScore"]), "base_vector": best.get("vectorString"), "base_at": given}
    return {}


def decision(adp: Iterable[Container]) -> dict[str, Any]:
    """CISA's latest SSVC points, in small letters, with their day."""
    points: dict[str, Any] = {"ssvc_at": None}
    for content in others(adp, "ssvc"):
        told = {key: str(value).lower() for option in content.get("options", []) for key, value in option.items()}
        at = day(content.get("timestamp"))
        if points["ssvc_at"] is None or (at or date.min) >= points["ssvc_at"]:
            points = {
                "ssvc_exploitation": told.get("Exploitation"),
                "ssvc_automatable": told.get("Automatable"),
                "ssvc_impact": told.get("Technical Impact"),
                "ssvc_at": at,
            }
    return points


def others(adp: Iterable[Container], kind: str) -> Iterable[Mapping[str, Any]]:
    """The contents of the metrics of one `other` type (ssvc, kev)."""
    found = (metric.get("other") or {} for container in adp for metric in container.metrics)
    return [other.get("content") or {} for other in found if other.get("type") == kind]


def weakness(containers: Iterable[Container]) -> str | None:
    """The first CWE id named."""
    told = (text for c in containers for kind in c.problem_types for text in kind.get("descriptions", []))
    return next((text["cweId"] for text in told if text.get("cweId")), None)
