"""Small real reports for tests: what Trivy and Grype write, with just the parts a test speaks of."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def moment(days: float) -> datetime:
    """`days` after the first day of every story told in tests."""
    return START + timedelta(days=days)


def weakness(cve: str, package: str = "openssl", **more: Any) -> dict[str, Any]:
    """One vulnerability as Trivy writes it."""
    return {
        "VulnerabilityID": cve,
        "PkgName": package,
        "PkgIdentifier": {"PURL": f"pkg:deb/debian/{package}@1.0"},
        "InstalledVersion": "1.0",
        "FixedVersion": "1.1",
        "Severity": "HIGH",
        **more,
    }


def trivy(image: str, found: Iterable[Mapping[str, Any]], day: float | None = 0) -> bytes:
    """A Trivy report on `image`, dated `day` days after the start, or undated."""
    report = {
        "SchemaVersion": 2,
        "ArtifactName": image,
        "ArtifactType": "container_image",
        "Results": [{"Target": f"{image} (debian 12)", "Type": "debian", "Vulnerabilities": list(found)}],
    }
    return json.dumps(report | ({} if day is None else {"CreatedAt": moment(day).isoformat()})).encode()


def grype(image: str, found: Iterable[tuple[str, str]], day: float = 0) -> bytes:
    """A Grype report on `image`: pairs of vulnerability id and package."""
    matches = [
        {
            "vulnerability": {"id": name, "severity": "High", "fix": {"versions": ["1.1"], "state": "fixed"}},
            "relatedVulnerabilities": [],
            "matchDetails": [],
            "artifact": {"name": package, "version": "1.0", "type": "deb", "purl": f"pkg:deb/debian/{package}@1.0"},
        }
        for name, package in found
    ]
    descriptor = {"name": "grype", "version": "0.80.0", "timestamp": moment(day).isoformat()}
    source = {"type": "image", "target": {"userInput": image}}
    return json.dumps({"matches": matches, "source": source, "descriptor": descriptor}).encode()


def vex(package: str, cve: str, status: str = "not_affected", day: float = 0) -> bytes:
    """An OpenVEX statement on a package, wherever it runs."""
    statement = {
        "vulnerability": {"name": cve},
        "products": [{"@id": f"pkg:deb/debian/{package}"}],
        "status": status,
        "justification": "vulnerable_code_not_in_execute_path",
    }
    return json.dumps(
        {
            "@context": "https://openvex.dev/ns/v0.2.0",
            "@id": f"https://vex.example/{package}/{day}",
            "author": "Security of the shop",
            "timestamp": moment(day).isoformat(),
            "version": 1,
            "statements": [statement],
        }
    ).encode()


def epss(scores: Mapping[str, float]) -> str:
    """EPSS of the day as FIRST publishes it."""
    head = "#model_version:v2026.06.15,score_date:2026-03-05T00:00:00+0000\ncve,epss,percentile\n"
    return head + "".join(f"{cve},{score},{score}\n" for cve, score in scores.items())


def kev(*cves: str) -> bytes:
    """A KEV catalogue as CISA publishes it."""
    entries = [
        {
            "cveID": cve,
            "vendorProject": "v",
            "product": "p",
            "vulnerabilityName": "n",
            "dateAdded": "2026-03-05",
            "shortDescription": "",
            "requiredAction": "",
            "dueDate": "2026-03-26",
            "knownRansomwareCampaignUse": "Unknown",
            "notes": "",
            "cwes": [],
        }
        for cve in cves
    ]
    return json.dumps(
        {
            "title": "KEV",
            "catalogVersion": "2026.03.05",
            "dateReleased": "2026-03-05T12:00:00Z",
            "count": len(cves),
            "vulnerabilities": entries,
        }
    ).encode()
