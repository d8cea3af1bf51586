"""The day a patch came out: read where a format states that very day, and nowhere else."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from detente.model.finding import Observation
from detente.queue import intake
from detente.queue.parsers import registry
from readings import found, sheet
from readings import source as report

OUT = date(2025, 9, 30)


def grype(*available: dict[str, str]) -> dict[str, Any]:
    fix = {"versions": ["1.1"], "state": "fixed", "available": list(available)}
    artifact = {"name": "openssl", "version": "1.0", "type": "deb"}
    return {"matches": [{"vulnerability": {"id": "CVE-2025-1", "fix": fix}, "artifact": artifact}]}


def advisory(*remediations: dict[str, Any]) -> dict[str, Any]:
    products = [{"product_id": one, "name": one, "product_identification_helper": {"purl": f"pkg:rpm/x/{one}@1"}} for one in ("a", "b")]  # fmt: skip
    told = {"cve": "CVE-2025-1", "product_status": {"known_affected": ["a", "b"]}, "remediations": list(remediations)}
    document = {"csaf_version": "2.0", "tracking": {"current_release_date": "2026-01-02T00:00:00Z"}}
    return {"document": document, "product_tree": {"full_product_names": products}, "vulnerabilities": [told]}


def nessus(inner: str) -> bytes:
    item = f'<ReportItem port="443" protocol="tcp" severity="3" pluginID="1" pluginName="p">{inner}</ReportItem>'
    return f'<NessusClientData_v2><Report name="r"><ReportHost name="h"><HostProperties/>{item}</ReportHost></Report></NessusClientData_v2>'.encode()


SECURITY_CENTER = {"Plugin": "1", "Plugin Name": "p", "Port": "443", "Protocol": "TCP", "Severity": "High"}
TWISTLOCK = {"id": "CVE-2025-1", "packageName": "openssl", "packageVersion": "1.0"}
ERRATUM = {"errata_id": "RHSA-2025:1", "type": "security", "cves": [{"cve_id": "CVE-2025-1"}], "packages": ["a-1-1"]}
STATED = [
    ("anchore_grype", grype({"version": "1.1", "date": "2025-09-30", "kind": "release"})),
    ("anchore_grype", grype({"date": "2025-10-30", "kind": "advisory"}, {"date": "2025-09-30", "kind": "release"})),
    ("csaf", advisory({"category": "vendor_fix", "date": "2025-09-30T10:00:00Z", "product_ids": ["a"]})),
    ("tenable", nessus("<patch_publication_date>2025/09/30</patch_publication_date>")),
    ("tenable_csv", sheet(SECURITY_CENTER | {"Patch Publication Date": "Sep 30, 2025 12:00:00 EST"})),
    ("twistlock", {"results": [{"id": "sha256:1", "distro": "", "vulnerabilities": [TWISTLOCK | {"fixDate": 1759190400}]}]}),
    ("redhatsatellite", {"selectable": 1, "results": [ERRATUM | {"issued": "2025-09-30", "updated": "2026-01-01"}]}),
    ("generic", {"findings": [{"title": "t", "component_name": "a", "fix_released": "2025-09-30"}]}),
    ("generic_csv", sheet({"Title": "t", "Description": "", "Severity": "Low", "Fix Released": "2025-09-30"})),
]  # fmt: skip
SILENT = [
    ("anchore_grype", grype({"version": "1.1", "date": "2025-09-30", "kind": "first-observed"})),
    ("anchore_grype", grype()),
    ("csaf", advisory({"category": "vendor_fix", "product_ids": ["a"]})),
    ("csaf", advisory({"category": "fix_planned", "date": "2025-09-30T10:00:00Z"})),
    ("csaf", advisory({"category": "vendor_fix", "date": "2025-09-30T10:00:00Z", "product_ids": ["b"]})),
    ("tenable", nessus("<plugin_publication_date>2025/09/30</plugin_publication_date><vuln_publication_date>2025/09/30</vuln_publication_date>")),
    ("tenable_csv", sheet(SECURITY_CENTER | {"Patch Publication Date": "N/A", "Vuln Publication Date": "Sep 30, 2025 12:00:00 EST"})),
    ("twistlock", {"results": [{"id": "sha256:1", "distro": "", "vulnerabilities": [TWISTLOCK | {"fixDate": 0}]}]}),
    ("redhatsatellite", {"selectable": 1, "results": [ERRATUM | {"updated": "2026-01-01"}]}),
    ("generic", {"findings": [{"title": "t", "publish_date": "2025-09-30", "fix_released": "soon"}]}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "document"), STATED)
def test_a_stated_release_is_read(name: str, document: Any) -> None:
    assert found(name, document)[0].released == OUT


@pytest.mark.parametrize(("name", "document"), SILENT)
def test_no_other_date_is_taken_for_it(name: str, document: Any) -> None:
    assert found(name, document)[0].released is None


def test_of_real_nessus_reports(corpus: Path) -> None:
    """Most plugins of the samples name a publication of their own and of the vulnerability; few name a patch."""
    days: dict[bool, int] = {True: 0, False: 0}
    for path in sorted((corpus / "scans" / "tenable" / "nessus").glob("*.nessus")):
        for item in intake.read(registry.parser("tenable"), report(path.read_bytes())).items:
            if isinstance(item, Observation):
                days[item.released is not None] += 1
    assert days == {True: 19, False: 32}
