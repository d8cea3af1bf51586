"""When a report was made: as it says itself, found something or not; else as the newest of what it saw."""

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest

from detente.flows.sources import sources
from detente.queue import intake
from detente.queue.parsers import registry
from detente.queue.source import Source

# Read off the files: report-level times first, those with findings and those without.
STATED = """\
anchore_grype          anchore_grype/issue_9618.json                                          2024-02-22T18:46:26.372724
bandit                 bandit/dd.json                                                         2021-03-30T18:23:12
bandit                 bandit/no_vuln.json                                                    2020-12-30T10:02:42
burp                   burp/issue4399.xml                                                     2021-04-30T11:45:49
burp                   burp/seven_findings.xml                                                2014-09-13T22:35:04
checkmarx_one_report   checkmarx_one/vulnerabilities_from_scan_results_sast_only.json         2026-06-30T10:15:00
csaf                   csaf/csaf_many_vuln.json                                               2026-07-29T00:00:00
csaf                   csaf/csaf_no_vuln.json                                                 2026-07-29T00:00:00
cyclonedx              cyclonedx/issue_9277.json                                              2024-01-04T15:25:30
cyclonedx_xml          cyclonedx/log4j.xml                                                    2022-07-22T08:45:22
dependency_check       dependency_check/version-6.5.3.xml                                     2022-01-15T14:31:13.042600
dependency_check       dependency_check/single_dependency_with_related_no_vulnerability.xml   2016-11-05T18:52:15.748000
dependency_track       dependency_track/deptrack_npm_4.14.1.json                              2026-04-24T19:39:49
dependency_track       dependency_track/no_findings_because_findings_key_is_null.json         2018-11-18T23:31:42
gitlab_container_scan  gitlab_container_scan/gl-container-scanning-report-5-vuln_v15.json     2021-06-01T21:21:00
gitlab_dep_scan        gitlab_dep_scan/gl-dependency-scanning-report-0-vuln.json              2020-12-23T13:44:08
gitlab_sast            gitlab_sast/gl-sast-report-cwe_v14.json                                2020-12-21T17:38:43
harbor_vulnerability   harbor_vulnerability/harbor-0-vuln.json                                2020-01-01T00:00:00
harbor_vulnerability   harbor_vulnerability/harborapipip.json                                 2023-11-16T00:14:12.726598
nexpose                nexpose/dns.xml                                                        2021-02-28T22:54:29.678000
openvas                openvas/report_detail_v2.xml                                           2025-08-22T15:09:57
openvas                openvas/no_vuln.xml                                                    2023-09-25T10:54:26
openvex                openvex/openvex_one_vuln.json                                          2026-07-29T00:00:00
qualys                 qualys/Qualys_Sample_Report.xml                                        2019-08-01T20:03:10
qualys                 qualys/empty.xml                                                       2021-03-25T07:13:51
qualys_vmdr            qualys_vmdr/many_vulns_qid.csv                                         2026-02-04T15:00:00
sarif                  sarif/bash-report.sarif                                                2021-03-08T15:39:40
sonarqube              sonarqube/issue_10150.json                                             2024-05-07T00:00:00
sonarqube_html         sonarqube/sonar-6-findings.html                                        2019-08-01T00:00:00
trivy                  trivy/all_statuses.json                                                2024-01-15T08:58:29.827537
trivy_operator         trivy_operator/all_reports_in_dict.json                                2023-03-24T08:34:18
trivy_operator         trivy_operator/configauditreport_no_vuln.json                          2023-03-23T16:22:54
veracode               veracode/many_findings.xml                                             2020-06-01T10:02:01
veracode               veracode/veracode_maven.xml                                            2018-05-26T00:06:16
zap                    zap/empty_2.9.0.xml                                                    2020-05-12T20:59:12
zap                    zap/zap-results-first-scan.xml                                         2021-06-20T09:30:00
"""
SEEN = """\
asff                   asff/one_vuln.json                                                     2023-09-15T07:00:24
aws_inspector2         aws_inspector2/aws_inspector2_many_vul.json                            2024-07-31T15:59:32
awssecurityhub         awssecurityhub/config_one_finding.json                                 2020-06-14T21:02:53.940000
checkmarx_one          checkmarx_one/checkmarx_one_format_two.json                            2024-11-18T15:05:11
nuclei                 nuclei/many_findings_new.json                                          2022-03-21T01:48:35.345037
openvas_csv            openvas/many_vuln.csv                                                  2021-05-26T20:50:18
prowler                prowler/example_output_aws.csv                                         2025-02-14T14:27:03.913874
prowler_ocsf           prowler/example_output_gcp.ocsf.json                                   2025-02-14T14:27:20.697446
qualys_csv             qualys/Qualys_Sample_Report.csv                                        2021-06-08T12:18:00
qualys_vmdr            qualys_vmdr/one_vuln_no_metadata_cve.csv                               2026-02-03T07:00:00
tenable                tenable/nessus/issue_6992.nessus                                       2022-03-23T14:07:52
tenable_csv            tenable/issue_9612.csv                                                 2024-02-19T21:01:01
veracode_json          veracode/static_embedded_format.json                                   2021-09-10T04:06:31.614000
"""
SILENT = """\
blackduck/many_vulns.csv
cargo_audit/many_findings_cvss.json
checkov/checkov-report-severity.json
github_vulnerability/github-5-vuln.json
gitleaks/gitleaks8_many.json
govulncheck/issue_14642.json
mend/mend-sca-platform-api3-one-finding.json
npm_audit_7_plus/many_vulns.json
osv_scanner/some_findings.json
redhatsatellite/many_findings.json
sarif/codeQL-output.sarif
semgrep/sca-deployments-vulns.json
snyk/single_project_many_vulns.json
sonarqube/findings_over_api.json
trufflehog/v2_many_vulns.json
wazuh/wazuh_abnormal_severity.json
wiz/one_finding.csv
"""  # they date advisories, commits and first detections, but not the scan

STATED_ROWS = [row.split() for row in STATED.splitlines()]
SEEN_ROWS = [row.split() for row in SEEN.splitlines()]


def read(corpus: Path, file: str, format_: str = "") -> intake.Reading:
    """A report that has been read to its end."""
    (source,) = sources(corpus / "scans" / file)
    reading = intake.read(registry.parser(format_ or intake.recognise(source) or ""), source)
    for _ in reading.items:
        pass
    return reading


@pytest.mark.parametrize("format_, file, when", [*STATED_ROWS, *SEEN_ROWS], ids=str)
def test_a_report_is_dated_by_what_stands_in_it(corpus: Path, format_: str, file: str, when: str) -> None:
    reading = read(corpus, file, format_)
    assert (reading.dated or reading.tally.newest) == datetime.fromisoformat(when).replace(tzinfo=UTC)


@pytest.mark.parametrize("file", SILENT.split())
def test_publications_commits_and_first_detections_date_no_report(corpus: Path, file: str) -> None:
    reading = read(corpus, file)
    assert (reading.dated, reading.tally.newest) == (None, None)


EMPTY = {
    "anchore_grype": b'{"matches": [], "descriptor": {"timestamp": "2024-05-06T07:08:09Z"}}',
    "checkmarx_one_report": b'{"reportCreationDate": "2024-05-06T07:08:09Z", "reportHeader": {}, "scanResults": null}',
    "cyclonedx": b'{"bomFormat": "CycloneDX", "metadata": {"timestamp": "2024-05-06T07:08:09Z"}, "components": []}',
    "cyclonedx_xml": b'<bom xmlns="http://cyclonedx.org/schema/bom/1.5">'
    b"<metadata><timestamp>2024-05-06T07:08:09Z</timestamp></metadata></bom>",
    "generic": b'{"scanned": "2024-05-06T09:08:09+02:00", "findings": []}',
    "openvex": b'{"@context": "https://openvex.dev/ns/v0.2.0", "timestamp": "2024-05-06T07:08:09Z", "statements": []}',
    "prowler": b"CHECK_ID;STATUS;SERVICE_NAME;TIMESTAMP\niam_root;PASS;iam;2024-05-06 07:08:09\n",
    "sarif": b'{"version": "2.1.0", "runs": [{"results": [], "invocations": '
    b'[{"endTimeUtc": "2024-05-06T07:00:00Z"}, {"startTimeUtc": "2024-05-06T07:08:09Z"}]}]}',
    "tenable": b'<NessusClientData_v2><Report name="r"><ReportHost name="web"><HostProperties>'
    b'<tag name="HOST_END_TIMESTAMP">1714979289</tag></HostProperties></ReportHost></Report></NessusClientData_v2>',
    "twistlock": b'{"results": [{"id": "sha256:1", "distro": "", "scanTime": "2024-05-06T07:08:09Z"}]}',
    "zap_json": b'{"@programName": "ZAP", "@generated": "Mon, 6 May 2024 07:08:09", "site": []}',
}


@pytest.mark.parametrize("format_", EMPTY)
def test_a_report_that_found_nothing_still_says_when(format_: str) -> None:
    reading = intake.read(registry.parser(format_), Source("report", lambda: io.BytesIO(EMPTY[format_])))
    assert list(reading.items) == []
    assert (reading.dated or reading.tally.newest) == datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
