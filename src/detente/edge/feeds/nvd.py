"""NVD, JSON 2.0: pages of the API and the yearly files (`vulnerabilities[].cve`)."""

from collections.abc import Mapping
from typing import Any

import msgspec

from detente.edge.feeds import Harvest, cve_id, day, refused
from detente.model.intel import Kind
from detente.queue.report import Head

NAME = "nvd"
PIECES = True
VERSIONS = ("cvssMetricV31", "cvssMetricV30", "cvssMetricV40", "cvssMetricV2")
REJECTED = "rejected"


def sniff(head: Head) -> bool:
    """The format names itself."""
    return head.object.get("format") == "NVD_CVE" or "resultsPerPage" in head.object


def read(data: bytes, name: str, harvest: Harvest) -> None:
    """The facts of every record."""
    try:
        told = msgspec.json.decode(data, type=dict[str, Any])
        entries = msgspec.convert(told.get("vulnerabilities", []), list[Any])
    except msgspec.MsgspecError as error:
        raise refused(name, f"It is not a whole NVD document ({error}).", "Download it again.") from None
    for entry in entries:
        with harvest.record():
            row = facts(entry["cve"])
            harvest.add(NAME, Kind.FACTS, row, row["published"], version=str(told.get("version", "")))
    harvest.see((NAME, Kind.FACTS), day(told.get("timestamp")))


def facts(cve: Mapping[str, Any]) -> dict[str, Any]:
    """One record as a row of the facts table; SSVC is not NVD's."""
    metrics = cve.get("metrics") or {}
    scores = [primary(metrics[key])["cvssData"] for key in VERSIONS if metrics.get(key)]
    best = scores[0] if scores else {}
    return {
        "cve": cve_id(cve["id"]),
        "published": day(cve.get("published")),
        "base_score": best.get("baseScore"),
        "base_vector": best.get("vectorString"),
        "assigner": cve.get("sourceIdentifier"),
        "cwe": weakness(cve),
        "state": "REJECTED" if str(cve.get("vulnStatus", "")).lower() == REJECTED else "PUBLISHED",
    }


def primary(scores: list[dict[str, Any]]) -> dict[str, Any]:
    """NVD's own score where there is one, else the first."""
    return next((score for score in scores if score.get("type") == "Primary"), scores[0])


def weakness(cve: Mapping[str, Any]) -> str | None:
    """The first CWE id named."""
    told = (text["value"] for kind in cve.get("weaknesses") or [] for text in kind.get("description") or [])
    return next((value for value in told if value.startswith("CWE-")), None)
