"""Small reports for what real reports of code, web and secret scanners do to their readers: one trap each."""

import csv
import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from detente.model.errors import DetenteError
from detente.model.finding import Coverage, Kind, Observation, Reach, Rejected, Severity, State
from detente.queue import intake
from detente.queue.parsers import registry
from detente.queue.source import Source


def source(*values: Any) -> Source:
    """A report of these values, one after another: JSON, or bytes and text as they are."""
    parts = (
        v if isinstance(v, bytes) else v.encode() if isinstance(v, str) else json.dumps(v).encode() for v in values
    )
    data = b"\n".join(parts)
    return Source("report", lambda: io.BytesIO(data))


def reading(name: str, *values: Any) -> intake.Reading:
    return intake.read(registry.parser(name), source(*values))


def found(name: str, *values: Any) -> list[Observation]:
    return [item for item in reading(name, *values).items if isinstance(item, Observation)]


def only(name: str, *values: Any) -> Observation:
    (one,) = found(name, *values)
    return one


def coverage(name: str, *values: Any) -> list[Coverage]:
    begun = reading(name, *values)
    list(begun.items)
    return list(begun.coverage)


SEMGREP = {"check_id": "a.b", "path": "x.py", "start": {"line": 1}, "extra": {"message": "m", "severity": "ERROR"}}
BANDIT = {"test_id": "B303", "issue_text": "md5", "filename": "a.py", "line_number": 3}
CHECKOV = {"check_id": "CKV_1", "check_name": "n", "resource": "r", "file_path": "/main.tf"}
SONAR = {"key": "K1", "rule": "python:S1", "component": "p:a.py", "project": "p", "type": "VULNERABILITY"}
CHECKMARX = {"type": "sast", "similarityId": "1", "state": "TO_VERIFY", "data": {"queryName": "Q"}}
VERACODE = {"scan_type": "STATIC", "issue_id": 1, "finding_status": {}, "finding_details": {"cwe": {"id": 80}}}
GITLEAKS = {"RuleID": "aws", "Secret": "AKIAIMNOJVGFDXXXE4OA", "File": "a.py", "StartLine": 2}
TRUFFLEHOG = {
    "DetectorName": "AWS",
    "Raw": "AKIAIMNOJVGFDXXXE4OA",
    "SourceMetadata": {"Data": {"Git": {"file": "a.py"}}},
}
NUCLEI = {"template-id": "t", "info": {"name": "T", "severity": "high"}, "matched-at": "https://shop.example/"}
GENERIC = {"title": "T", "severity": "High"}
ZAP = {"pluginid": "10020", "name": "n", "riskcode": "2"}
SITE = {"@name": "https://shop.example"}

RECORDS: dict[str, tuple[Any, Any]] = {
    "semgrep": (lambda records: [{"results": records, "errors": []}], SEMGREP),
    "bandit": (lambda records: [{"results": records, "errors": [], "generated_at": "", "metrics": {}}], BANDIT),
    "checkov": (lambda records: [{"check_type": "terraform", "results": {"failed_checks": records}}], CHECKOV),
    "sonarqube": (lambda records: [{"paging": {}, "issues": records}], SONAR),
    "checkmarx_one": (lambda records: [{"results": records, "scanID": "1"}], CHECKMARX),
    "veracode_json": (lambda records: [{"findings": records}], VERACODE),
    "gitleaks": (lambda records: [records], GITLEAKS),
    "trufflehog": (lambda records: records, TRUFFLEHOG),
    "nuclei": (lambda records: records, NUCLEI),
    "generic": (lambda records: [{"findings": records}], GENERIC),
    "zap_json": (lambda records: [{"@programName": "ZAP", "site": [{**SITE, "alerts": records}]}], ZAP),
}


@pytest.mark.parametrize("name", RECORDS)
def test_a_bad_record_in_the_middle_is_set_aside_alone(name: str) -> None:
    build, record = RECORDS[name]
    document = build([record, {"rubbish": 1}, record])
    assert intake.recognise(source(*document)) == name
    kinds = [type(item) for item in reading(name, *document).items]
    assert kinds == [Observation, Rejected, Observation]


@pytest.mark.parametrize("name", [*RECORDS, "sarif", "snyk_code"])
@pytest.mark.parametrize("data", [b"", b"null", b" \n"])
def test_what_says_nothing_closes_nothing(name: str, data: bytes) -> None:
    begun = reading(name, data)
    assert list(begun.items) == []
    assert not begun.coverage


@pytest.mark.parametrize(
    "name", ["semgrep", "bandit", "sonarqube", "checkmarx_one", "gitleaks", "generic", "zap_json", "checkov"]
)
def test_a_scan_that_found_nothing_covers_what_it_scanned(name: str) -> None:
    (scope,) = coverage(name, *RECORDS[name][0]([]))
    assert scope.succeeded


@pytest.mark.parametrize("name", ["semgrep", "bandit", "generic"])
def test_a_report_that_breaks_off_closes_nothing(name: str) -> None:
    build, record = RECORDS[name]
    whole = json.dumps(build([record, record])[0]).encode()
    begun = reading(name, whole[:-2])
    assert len([item for item in begun.items if isinstance(item, Observation)]) == 2
    assert [scope.succeeded for scope in begun.coverage] == [False]


# Semgrep


@pytest.mark.parametrize(
    ("extra", "fingerprint"),
    [
        ({"fingerprint": "143cb0c62f37", "lines": "x"}, "143cb0c62f37"),
        ({"fingerprint": "requires login", "lines": "requires login"}, ""),
        ({"fingerprint": "requires login", "lines": "eval(x)"}, "9"),
        ({}, ""),
    ],
)
def test_semgrep_gives_fingerprints_only_to_those_who_log_in(extra: dict[str, Any], fingerprint: str) -> None:
    got = only("semgrep", {"results": [SEMGREP | {"extra": extra}]}).fingerprint
    assert got == fingerprint or (fingerprint == "9" and len(got) == 16)


@pytest.mark.parametrize(
    ("word", "severity"),
    [
        ("ERROR", Severity.HIGH),
        ("WARNING", Severity.MEDIUM),
        ("INFO", Severity.LOW),
        ("CRITICAL", Severity.CRITICAL),
        (None, Severity.UNKNOWN),
    ],
)
def test_semgrep_severities(word: str | None, severity: Severity) -> None:
    assert only("semgrep", {"results": [SEMGREP | {"extra": {"severity": word}}]}).severity is severity


def test_semgrep_reads_comments_secrets_and_weaknesses() -> None:
    ignored = SEMGREP | {"extra": {"is_ignored": True, "metadata": {"cwe": "CWE-79: XSS"}}}
    secret = SEMGREP | {
        "check_id": "generic.secrets.x.aws",
        "extra": {"lines": "k = 'AKIA123'", "message": "k AKIA123", "validation_state": "CONFIRMED_VALID"},
    }
    one, other = found("semgrep", {"results": [ignored, secret]})
    assert (one.state, one.cwes) == (State.SUPPRESSED, (79,))
    assert (other.kind, other.exploited, "AKIA" in repr(other)) == (Kind.SECRET, True, False)


@pytest.mark.parametrize(("level", "succeeded"), [("error", False), ("warn", True)])
def test_a_semgrep_scan_with_errors_closes_nothing(level: str, succeeded: bool) -> None:
    assert coverage("semgrep", {"results": [], "errors": [{"level": level}]}) == [Coverage("", succeeded=succeeded)]


def test_an_empty_scan_of_an_old_semgrep_is_recognised() -> None:
    assert intake.recognise(source({"results": [], "errors": []})) == "semgrep"
    assert intake.recognise(source({"results": [], "errors": [], "metrics": {}, "generated_at": ""})) == "bandit"


def test_semgrep_supply_chain_in_a_scan_names_the_package() -> None:
    sca = {
        "reachable": False,
        "dependency_match": {
            "found_dependency": {
                "package": "lodash",
                "version": "4.17.4",
                "ecosystem": "npm",
                "lockfile_path": "package-lock.json",
            }
        },
    }
    metadata = {
        "sca-vuln-database-identifier": "CVE-2018-3721",
        "sca-severity": "MODERATE",
        "sca-fix-versions": [{"lodash": "4.17.5"}],
    }
    got = only("semgrep", {"results": [SEMGREP | {"extra": {"sca_info": sca, "metadata": metadata}}]})
    assert (got.kind, got.purl, got.version, got.fixed) == (Kind.PACKAGE, "pkg:npm/lodash", "4.17.4", ("4.17.5",))
    assert (got.aliases, got.severity, got.reach, got.location) == (
        ("CVE-2018-3721",),
        Severity.MEDIUM,
        Reach.REQUIRED,
        "package-lock.json",
    )


def _vuln(**more: Any) -> dict[str, Any]:
    advisory = {
        "ruleId": "ssc-1",
        "ecosystem": "gem",
        "severity": "HIGH",
        "references": {"cveIds": ["CVE-2023-1428"], "cweIds": ["CWE-617"]},
    }
    place = {"path": "requirements3.txt", "startLine": "222"}
    return {
        "advisory": advisory,
        "matchedDependency": {"name": "grpcio", "versionSpecifier": "1.47.0"},
        "dependencyFileLocation": place,
        **more,
    }


@pytest.mark.parametrize(
    ("triage", "state"),
    [
        ({"status": "NEW"}, State.OPEN),
        ({"status": "CLOSED"}, State.FIXED),
        ({"status": "IGNORED", "dismissReason": "ACCEPTABLE_RISK"}, State.ACCEPTED),
        ({"status": "IGNORED", "dismissReason": "FALSE_POSITIVE"}, State.FALSE_POSITIVE),
        ({"status": "IGNORED", "dismissReason": "NO_TIME"}, State.SUPPRESSED),
    ],
)
def test_semgrep_supply_chain_triage(triage: dict[str, str], state: State) -> None:
    assert only("semgrep_supply_chain", {"vulns": [_vuln(triage=triage)], "hasMore": False}).state is state


def test_semgrep_supply_chain_pages_and_reach() -> None:
    vuln = _vuln(
        exposureType="REACHABLE",
        repositoryName="shop/web",
        packageManager="no_package_manager",
        closestSafeDependency={"versionSpecifier": "1.53.0"},
    )
    got = only("semgrep_supply_chain", {"vulns": [vuln], "hasMore": True})
    assert (got.asset, got.purl, got.line, got.fixed, got.reach) == (
        "repo:shop/web",
        "pkg:pypi/grpcio",
        222,
        ("1.53.0",),
        Reach.CALLED,
    )
    assert coverage("semgrep_supply_chain", {"vulns": [vuln], "hasMore": True}) == [
        Coverage("repo:shop/web", succeeded=False)
    ]


# Bandit, Checkov


def test_bandit_knows_a_line_by_its_text_alone() -> None:
    before = BANDIT | {"code": "2 x = 1\n3 hashlib.md5(x)\n4 y = 2\n", "line_number": 3.0, "issue_cwe": {"id": 327}}
    after = BANDIT | {"code": "11 z = 0\n12     hashlib.md5(x)\n13 \n", "line_number": 12, "filename": ".\\a.py"}
    one, other = found("bandit", {"results": [before, after], "generated_at": "2021-03-30T18:23:12Z"})
    assert one.fingerprint == other.fingerprint != ""
    assert (one.location, one.line, one.cwes) == (other.location, 3, (327,))
    assert one.seen is not None


def test_bandit_files_it_could_not_parse_make_the_scan_partial() -> None:
    assert coverage("bandit", {"results": [], "errors": [{"filename": "a.py"}], "metrics": {}}) == [
        Coverage("", succeeded=False)
    ]


def test_checkov_frameworks_are_scopes_and_give_kinds() -> None:
    secret = CHECKOV | {"check_id": "CKV_SECRET_6", "resource": "0a1b2c3d4e5f"}
    package = CHECKOV | {
        "check_id": "CKV_CVE_2020_29652",
        "severity": None,
        "vulnerability_details": {
            "id": "CVE-2020-29652",
            "package_name": "golang.org/x/crypto",
            "package_version": "v0.0.1",
            "package_type": "go",
            "cvss": 7.5,
            "lowest_fixed_version": "0.0.2",
        },
    }
    document = [
        {
            "check_type": "terraform",
            "results": {
                "failed_checks": [CHECKOV],
                "passed_checks": [CHECKOV],
                "skipped_checks": [CHECKOV | {"check_result": {"suppress_comment": "test"}}],
            },
        },
        {"check_type": "secrets", "results": {"failed_checks": [secret], "parsing_errors": ["x"]}},
        {"check_type": "sca_package", "results": {"failed_checks": [package]}},
    ]
    config, skipped, leaked, vulnerable = found("checkov", document)
    assert (config.kind, config.location, config.component) == (Kind.CONFIG, "/main.tf#r", "r")
    assert (skipped.state, skipped.reason) == (State.SUPPRESSED, "test")
    assert (leaked.kind, leaked.location) == (Kind.SECRET, "/main.tf")
    assert (vulnerable.kind, vulnerable.purl, vulnerable.severity, vulnerable.fixed) == (
        Kind.PACKAGE,
        "pkg:golang/golang.org/x/crypto",
        Severity.HIGH,
        ("0.0.2",),
    )
    scopes = {Coverage("", "terraform"), Coverage("", "secrets", False), Coverage("", "sca_package")}
    assert set(coverage("checkov", document)) == scopes


def test_checkov_that_scanned_nothing_is_read() -> None:
    nothing = {
        "passed": 0,
        "failed": 0,
        "skipped": 0,
        "parsing_errors": 0,
        "resource_count": 0,
        "checkov_version": "3.2.1",
    }
    assert intake.recognise(source(nothing)) == "checkov"
    assert found("checkov", nothing) == []
    assert coverage("checkov", nothing) == []


# Secret scanners


def test_gitleaks_knows_a_secret_by_rule_file_and_digest_and_keeps_none() -> None:
    leaks = [
        GITLEAKS | {"Commit": "a"},
        GITLEAKS | {"Commit": "b", "StartLine": 9},
        GITLEAKS | {"Secret": "AKIAIMNOJVGFDXXXE4OB"},
    ]
    begun = reading("gitleaks", [*leaks, {"Secret": GITLEAKS["Secret"], "RuleID": None}])
    items = list(begun.items)
    prints = [item.fingerprint for item in items if isinstance(item, Observation)]
    assert (prints[0] == prints[1], prints[0] == prints[2]) == (True, False)
    assert "AKIA" not in repr(items)


def test_gitleaks_redacted_secrets_are_told_apart_by_commit_and_line() -> None:
    hidden = GITLEAKS | {"Secret": "REDACTED", "Match": "key=REDACTED"}
    one, other = found("gitleaks", [hidden | {"Commit": "a"}, hidden | {"Commit": "b"}])
    assert one.fingerprint != other.fingerprint


def test_gitleaks_seven_and_json_lines() -> None:
    old = {
        "rule": "Github",
        "offender": "ghp_x",
        "commit": "d5",
        "file": ".bashrc",
        "repoURL": "https://git.example/shop/dotfiles.git",
        "lineNumber": 4,
        "date": "0001-01-01T00:00:00Z",
    }
    got = only("gitleaks", old)
    assert (got.vulnerability, got.asset, got.location, got.line, got.cwes) == (
        "Github",
        "repo:shop/dotfiles",
        ".bashrc",
        4,
        (798,),
    )
    assert only("gitleaks", [old | {"repoURL": "", "repo": "."}]).asset == ""


def test_trufflehog_verified_secrets_are_alive() -> None:
    live = TRUFFLEHOG | {"Verified": True, "RawV2": "AKIAIMNOJVGFDXXXE4OA:secretpart", "Redacted": "AKIA"}
    got = only("trufflehog", live)
    assert (got.exploited, got.severity, got.kind) == (True, Severity.CRITICAL, Kind.SECRET)
    assert "AKIA" not in repr(got)
    assert only("trufflehog", TRUFFLEHOG).severity is Severity.MEDIUM


@pytest.mark.parametrize(
    ("data", "asset", "location"),
    [
        (
            {"Git": {"repository": "https://git.example/shop/web.git", "file": "a.py", "line": 3}},
            "repo:shop/web",
            "a.py",
        ),
        ({"Git": {"repository": "git@git.example:shop/web.git", "file": "a.py"}}, "repo:shop/web", "a.py"),
        ({"Docker": {"image": "shop/web", "tag": "1.2", "file": "/app/.env"}}, "image:shop/web:1.2", "/app/.env"),
        ({"S3": {"bucket": "backups", "file": "db.sql"}}, "project:backups", "db.sql"),
        ({"Filesystem": {"file": "./a.py"}}, "", "a.py"),
        ({"Git": None, "Filesystem": {"file": "b.py"}}, "", "b.py"),
        ({"Slack": {"link": "https://slack.example/1"}}, "", "https://slack.example/1"),
        ({}, "", ""),
    ],
)
def test_trufflehog_sources(data: Any, asset: str, location: str) -> None:
    got = only("trufflehog", TRUFFLEHOG | {"SourceMetadata": {"Data": data}})
    assert (got.asset, got.location) == (asset, location)


def test_trufflehog_log_lines_and_version_two() -> None:
    log = {"level": "info-0", "ts": "2024-01-01T00:00:00Z", "logger": "trufflehog", "msg": "finished scanning"}
    begun = reading("trufflehog", log, TRUFFLEHOG)
    assert len(list(begun.items)) == 1
    assert begun.tally.skipped == {"log line": 1}
    two = {
        "path": "a.py",
        "reason": "RSA private key",
        "stringsFound": ["one", "two", "one"],
        "diff": "one",
        "printDiff": "\x1b[93mone\x1b[0m",
    }
    assert len({o.fingerprint for o in found("trufflehog", two)}) == 2


# SonarQube


@pytest.mark.parametrize(
    ("more", "state"),
    [
        ({"status": "OPEN"}, State.OPEN),
        ({"status": "RESOLVED", "resolution": "FALSE-POSITIVE"}, State.FALSE_POSITIVE),
        ({"status": "RESOLVED", "resolution": "WONTFIX"}, State.ACCEPTED),
        ({"issueStatus": "ACCEPTED", "status": "RESOLVED", "resolution": "WONTFIX"}, State.ACCEPTED),
        ({"status": "CLOSED", "resolution": "FIXED"}, State.FIXED),
        ({"status": "CLOSED"}, State.FIXED),
        ({"status": "REVIEWED", "resolution": "SAFE"}, State.FALSE_POSITIVE),
        ({"status": "TO_REVIEW"}, State.OPEN),
    ],
)
def test_sonar_states(more: dict[str, str], state: State) -> None:
    assert only("sonarqube", {"paging": {}, "issues": [SONAR | more]}).state is state


def test_sonar_keeps_what_harms_security() -> None:
    new = {key: SONAR[key] for key in ("key", "rule", "component", "project")}
    issues = [
        SONAR | {"type": "BUG"},
        SONAR | {"type": "CODE_SMELL"},
        new | {"impacts": [{"softwareQuality": "SECURITY", "severity": "HIGH"}]},
        new | {"impacts": [{"softwareQuality": "MAINTAINABILITY", "severity": "HIGH"}]},
        new,
    ]
    begun = reading("sonarqube", {"paging": {}, "issues": issues})
    assert [o.severity for o in begun.items if isinstance(o, Observation)] == [Severity.HIGH, Severity.UNKNOWN]
    assert sum(begun.tally.skipped.values()) == 3


def test_sonar_hides_packages_in_messages() -> None:
    message = "Filename: nimbus-jose-jwt-9.24.4.jar | Highest CVSS Score: 7.5 | References: CVE-2023-52428 (7.5), CVE-2023-1 , CVE-2023-12345 (5.3)"
    one, other = found("sonarqube", {"paging": {}, "issues": [SONAR | {"message": message}]})
    assert (one.vulnerability, one.component, one.version, one.score) == (
        "CVE-2023-52428",
        "nimbus-jose-jwt",
        "9.24.4",
        7.5,
    )
    assert (other.vulnerability, other.score) == ("CVE-2023-12345", 5.3)


@pytest.mark.parametrize(
    ("paging", "succeeded"),
    [
        ({"pageIndex": 1, "pageSize": 100, "total": 3}, True),
        ({"pageIndex": 1, "pageSize": 1, "total": 3}, False),
        ({"pageIndex": 2, "pageSize": 2, "total": 3}, False),
    ],
)
def test_a_page_that_is_not_all_closes_nothing(paging: dict[str, int], succeeded: bool) -> None:
    document = {
        "paging": paging,
        "hotspots": [],
        "components": [{"key": "p", "qualifier": "TRK"}, {"key": "p:a", "qualifier": "FIL"}],
    }
    assert coverage("sonarqube", document) == [Coverage("project:p", "hotspots", succeeded)]


PAGE = """<!DOCTYPE html><html><head><title>SonarQube Vulnerability Report</title></head><body>
<dl><dt>Project Name</dt><dd>shop</dd></dl>
<table><thead><tr><th>Rule<th>Severity</th></tr></thead></table>
<h2>Detail of the Detected Vulnerabilities</h2><table><thead><tr>
<th>Rule</th><th>Severity</th><th>Component</th><th>Line</th><th>Description</th><th>Message</th><th style="display:none;">Key</th>
</tr></thead><tbody>{rows}</tbody></table>
<table><tr><th>Rule</th><th>Description</th></tr><tr><td>
 <a href="#">java:S1</a> </td><td><table><tr><td>nested</td><td>x</td></tr></table> MITRE, CWE-259 and CWE-798</td></tr></table>
</body></html>"""
ROW = "<tr><td><a>{}</a></td><td>CRITICAL</td><td> p:src/A.java </td><td>12</td><td>/</td><td>caf\u00e9 &#39;x&#39;</td><td>K1</td></tr>"


def test_sonar_pages_have_nested_tables_and_hidden_keys() -> None:
    page = PAGE.format(rows=ROW.format("java:S1") + ROW.format("") + ROW.format("java:S2"))
    assert intake.recognise(source(page)) == "sonarqube_html"
    one, bad, other = reading("sonarqube_html", page).items
    assert isinstance(one, Observation)
    assert isinstance(other, Observation)
    assert isinstance(bad, Rejected)
    assert (one.asset, one.vulnerability, one.location, one.line, one.fingerprint) == (
        "project:shop",
        "java:S1",
        "src/A.java",
        12,
        "K1",
    )
    assert (one.title, one.severity, one.cwes, other.cwes) == ("café 'x'", Severity.HIGH, (259, 798), ())
    assert coverage("sonarqube_html", PAGE.format(rows="")) == [Coverage("project:shop")]


# Checkmarx, Veracode


@pytest.mark.parametrize(
    ("more", "state"),
    [
        ({"state": "NOT_EXPLOITABLE"}, State.FALSE_POSITIVE),
        ({"state": "Not Exploitable"}, State.FALSE_POSITIVE),
        ({"state": "PROPOSED_NOT_EXPLOITABLE"}, State.OPEN),
        ({"state": "URGENT"}, State.OPEN),
        ({"state": "CONFIRMED", "status": "FIXED"}, State.FIXED),
    ],
)
def test_checkmarx_states(more: dict[str, str], state: State) -> None:
    assert only("checkmarx_one", {"results": [CHECKMARX | more], "scanID": "1"}).state is state


def test_checkmarx_engines() -> None:
    huge = CHECKMARX | {
        "data": {
            "queryId": 2**63 + 5,
            "queryName": "SQL_Injection",
            "nodes": [{"fileName": "/a.java", "line": 3}, {"fileName": "/b.java", "line": 9}],
        },
        "vulnerabilityDetails": None,
    }
    sca = {
        "type": "sca",
        "similarityId": "CVE-2020-8203",
        "severity": "HIGH",
        "state": "TO_VERIFY",
        "data": {"packageIdentifier": "Npm-@scope/lo-dash-4.17.15", "recommendedVersion": "4.17.21"},
        "vulnerabilityDetails": {"cveName": "CVE-2020-8203", "cweId": "CWE-1321", "cvssScore": 7.4},
    }
    box = {
        "type": "containers",
        "similarityId": "CVE-2023-1",
        "severity": "LOW",
        "state": "TO_VERIFY",
        "data": {"packageName": "curl", "packageVersion": "8.0", "imageName": "shop/web", "imageTag": "1.2"},
    }
    leak = {
        "type": "sscs-secret-detection",
        "similarityId": "9",
        "severity": "HIGH",
        "state": "TO_VERIFY",
        "data": {
            "ruleName": "AWS key",
            "filename": "/.env",
            "line": 1,
            "snippet": "AKIAIMNOJVGFDXXXE4OA",
            "validity": "Valid",
        },
    }
    code, package, image, secret = found("checkmarx_one", {"results": [huge, sca, box, leak], "scanID": "1"})
    assert (code.vulnerability, code.location, code.line, code.fingerprint) == (
        "checkmarx:SQL_Injection",
        "/b.java",
        9,
        "1",
    )
    assert (package.purl, package.version, package.fixed, package.score) == (
        "pkg:npm/%40scope/lo-dash",
        "4.17.15",
        ("4.17.21",),
        7.4,
    )
    assert (image.asset, image.component, image.version) == ("image:shop/web:1.2", "curl", "8.0")
    assert (secret.kind, secret.exploited, "AKIA" in repr(secret)) == (Kind.SECRET, True, False)


def test_checkmarx_scan_reports_group_their_results() -> None:
    document = {
        "reportHeader": {"projectName": "shop"},
        "scanResults": {
            "resultsList": [
                {
                    "queryName": "Reflected_XSS",
                    "cweId": 79,
                    "vulnerabilities": [
                        {
                            "similarityId": 5,
                            "severity": "High",
                            "state": "To Verify",
                            "destinationFileName": "/a.kt",
                            "destinationLine": 4,
                        }
                    ],
                }
            ]
        },
        "iacScanResults": {
            "technology": [
                {
                    "name": "Docker",
                    "queries": [
                        {
                            "queryName": "Missing User",
                            "resultsList": [{"severity": "High", "fileName": "Dockerfile", "state": "To Verify"}],
                        }
                    ],
                }
            ]
        },
        "scaScanResults": {
            "packages": [
                {
                    "packageName": "lodash",
                    "packageVersion": "4.17.15",
                    "packageId": "Npm-lodash-4.17.15",
                    "packageCategory": [
                        {
                            "categoryName": "CWE-1321",
                            "categoryResults": [{"cve": "CVE-2020-8203", "severity": "High", "state": "To Verify"}],
                        }
                    ],
                }
            ]
        },
        "vulnerabilityDetails": [{"vulnerabilityName": "x"}],
    }
    assert intake.recognise(source(document)) == "checkmarx_one_report"
    code, config, package = found("checkmarx_one_report", document)
    assert (code.asset, code.location, code.line, code.cwes) == ("project:shop", "/a.kt", 4, (79,))
    assert (config.kind, config.location) == (Kind.CONFIG, "Dockerfile")
    assert (package.purl, package.version, package.vulnerability, package.cwes) == (
        "pkg:npm/lodash",
        "4.17.15",
        "CVE-2020-8203",
        (1321,),
    )


FLAW = """<detailedreport xmlns="https://www.veracode.com/schema/reports/export/1.0" app_name="shop" sandbox_name="dev"><severity level="4">
<category><cwe><staticflaws><flaw severity="4" issueid="7" cweid="89" categoryname="SQL Injection" sourcefilepath="com/shop/" sourcefile="A.java"
 line="12" {more}><mitigations>{mitigations}</mitigations></flaw></staticflaws></cwe></category></severity></detailedreport>"""


@pytest.mark.parametrize(
    ("more", "mitigations", "state", "author", "reason"),
    [
        ('remediation_status="Open" mitigation_status="none"', "", State.OPEN, "", ""),
        (
            'remediation_status="Open" mitigation_status="proposed"',
            '<mitigation action="Mitigate by Design" user="Ann"/>',
            State.OPEN,
            "",
            "",
        ),
        (
            'mitigation_status="accepted"',
            '<mitigation action="Approve Mitigation" description="OK" user="Bob"/><mitigation action="Mitigate by Design" description="WAF" user="Ann"/>',
            State.ACCEPTED,
            "Bob",
            "Mitigate by Design: WAF",
        ),
        (
            'mitigation_status="accepted"',
            '<mitigation action="Approve Mitigation" user="Bob"/><mitigation action="Potential False Positive" description="dead code" user="Ann"/>',
            State.FALSE_POSITIVE,
            "Bob",
            "Potential False Positive: dead code",
        ),
        ('remediation_status="Fixed" mitigation_status="none"', "", State.FIXED, "", "fixed"),
    ],
)
def test_veracode_mitigations(more: str, mitigations: str, state: State, author: str, reason: str) -> None:
    got = only("veracode", FLAW.format(more=more, mitigations=mitigations))
    assert (got.state, got.author, got.reason) == (state, author, reason)
    assert (got.asset, got.target, got.location, got.fingerprint) == ("project:shop", "dev", "com/shop/A.java", "7")


def test_veracode_in_latin_one_with_escaped_names() -> None:
    text = FLAW.format(more='mitigation_status="none"', mitigations="").replace(
        "SQL Injection", "Injecci\u00f3n &#x3a; SQL"
    )
    got = only("veracode", b'<?xml version="1.0" encoding="ISO-8859-1"?>' + text.encode("latin-1"))
    assert got.title == "Injección : SQL"


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ({"status": "OPEN", "resolution": "UNRESOLVED", "resolution_status": "NONE"}, State.OPEN),
        ({"status": "CLOSED", "resolution": "UNRESOLVED"}, State.FIXED),
        ({"status": "OPEN", "resolution": "MITIGATED", "resolution_status": "APPROVED"}, State.ACCEPTED),
        ({"status": "OPEN", "resolution": "MITIGATED", "resolution_status": "PROPOSED"}, State.OPEN),
        (
            {"status": "OPEN", "resolution": "POTENTIAL_FALSE_POSITIVE", "resolution_status": "APPROVED"},
            State.FALSE_POSITIVE,
        ),
    ],
)
def test_veracode_resolutions(status: dict[str, str], state: State) -> None:
    assert only("veracode_json", {"findings": [VERACODE | {"finding_status": status}]}).state is state


def test_veracode_pages_and_kinds_of_scan_are_scopes() -> None:
    document = {"_embedded": {"findings": [VERACODE | {"context_guid": "g"}]}, "page": {"total_pages": 2}}
    assert coverage("veracode_json", document) == [Coverage("project:g", "static", False)]
    dynamic = VERACODE | {
        "scan_type": "DYNAMIC",
        "finding_details": {
            "cwe": {"id": 74},
            "severity": 9,
            "url": "https://x.example:443/a?b=c",
            "vulnerable_parameter": "b",
        },
    }
    got = only("veracode_json", {"findings": [dynamic]})
    assert (got.kind, got.location, got.severity) == (Kind.WEB, "https://x.example:443/a?b=c#b", Severity.UNKNOWN)


# Burp, ZAP, Nuclei


def burp(*issues: str) -> str:
    return f'<?xml version="1.0"?><!DOCTYPE issues [<!ELEMENT issues (issue*)>]><issues burpVersion="2021.4" exportTime="x">{"".join(issues)}</issues>'


ISSUE = "<issue><type>1049088</type><name>SQL injection</name><host ip='10.0.0.1'>http://bwa</host><path>/a</path><location><![CDATA[/a [b parameter]]]></location><severity>{}</severity><vulnerabilityClassifications>&lt;a&gt;CWE-89: SQL&lt;/a&gt;</vulnerabilityClassifications><requestresponse><request base64='true'>Q29va2llOiBzZWNyZXQ=</request></requestresponse></issue>"


def test_burp_reads_severities_and_no_requests() -> None:
    one, info, false = found("burp", burp(*(ISSUE.format(word) for word in ("High", "Information", "False positive"))))
    assert (one.vulnerability, one.asset, one.location, one.cwes) == (
        "burp:1049088",
        "url:http://bwa",
        "http://bwa/a [b parameter]",
        (89,),
    )
    assert (one.severity, info.severity, false.state) == (Severity.HIGH, Severity.INFO, State.FALSE_POSITIVE)


def test_burp_sets_a_bad_issue_aside_and_refuses_entities() -> None:
    kinds = [type(item) for item in reading("burp", burp(ISSUE, "<issue><name>x</name></issue>", ISSUE)).items]
    assert kinds == [Observation, Rejected, Observation]
    with pytest.raises(DetenteError, match="entity"):
        reading("burp", '<!DOCTYPE issues [<!ENTITY a "b">]><issues burpVersion="1"><issue>&a;</issue></issues>')


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"riskcode": "3"}, (Severity.HIGH, State.OPEN)),
        ({"riskcode": 0, "confidence": "0"}, (Severity.INFO, State.FALSE_POSITIVE)),
        ({"riskcode": "1", "confidence": 0}, (Severity.LOW, State.FALSE_POSITIVE)),
        ({"riskcode": None}, (Severity.UNKNOWN, State.OPEN)),
    ],
)
def test_zap_grades(more: dict[str, Any], expected: tuple[Severity, State]) -> None:
    document = {
        "@programName": "ZAP",
        "site": {**SITE, "alerts": [ZAP | {"cweid": "-1", "alertRef": "10020-1"} | more]},
    }
    got = only("zap_json", document)
    assert (got.severity, got.state) == expected
    assert (got.vulnerability, got.cwes, got.asset) == ("zap:10020-1", (), "url:https://shop.example")


def test_zap_sites_without_alerts_are_covered() -> None:
    alert = "<alertitem><pluginid>10011</pluginid><name>n</name><riskcode>1</riskcode><cweid>614</cweid><instances><instance><uri>u</uri></instance></instances></alertitem>"
    document = f'<OWASPZAPReport generated="Tue, 12 May 2020 20:57:30"><site name="https://a.example"><alerts>{alert}</alerts></site><site name="https://b.example"><alerts/></site></OWASPZAPReport>'
    got = only("zap", document)
    assert (got.asset, got.cwes, got.seen is not None) == ("url:https://a.example", (614,), True)
    assert coverage("zap", document) == [Coverage("url:https://a.example"), Coverage("url:https://b.example")]


@pytest.mark.parametrize(
    ("more", "asset", "location", "kind"),
    [
        (
            {"host": "https://shop.example/x", "type": "http", "matcher-name": "m"},
            "url:https://shop.example",
            "https://shop.example/#m",
            Kind.WEB,
        ),
        (
            {"host": "shop.example:443", "type": "ssl", "matched-at": "shop.example:443"},
            "host:shop.example",
            "shop.example:443",
            Kind.HOST,
        ),
        (
            {"matched": "h:22", "matched-at": None, "matcher_name": "v1", "type": "network"},
            "host:h",
            "h:22#v1",
            Kind.HOST,
        ),
        ({}, "url:https://shop.example", "https://shop.example/", Kind.WEB),
    ],
)
def test_nuclei_places(more: dict[str, Any], asset: str, location: str, kind: Kind) -> None:
    got = only("nuclei", NUCLEI | more)
    assert (got.asset, got.location, got.kind) == (asset, location, kind)


def test_nuclei_classifications_may_be_anything() -> None:
    classes = {
        "cve-id": ["cve-2018-15473"],
        "cwe-id": ["cwe-362", "nvd-cve-other"],
        "cvss-score": 5.3,
        "epss-score": "0.9",
    }
    got = only(
        "nuclei",
        [
            NUCLEI
            | {"template-id": "cve-2018-15473", "info": {"classification": classes, "tags": "a,b", "author": ["x"]}}
        ],
    )
    assert (got.aliases, got.cwes, got.score, got.severity, got.severity_derived, got.epss) == (
        ("CVE-2018-15473",),
        (362,),
        5.3,
        Severity.MEDIUM,
        True,
        0.9,
    )
    several = {"cve-id": ["CVE-2020-0001", "CVE-2020-0002"]}
    assert only("nuclei", NUCLEI | {"info": {"classification": several}}).related == ("CVE-2020-0001", "CVE-2020-0002")


def test_nuclei_tells_what_did_not_match() -> None:
    begun = reading("nuclei", NUCLEI | {"matcher-status": False}, {"templateID": "old", "info": {}, "matched": "x"})
    assert len(list(begun.items)) == 1
    assert begun.tally.skipped == {"template did not match": 1}


# Generic


@pytest.mark.parametrize(
    ("more", "state"),
    [
        ({}, State.OPEN),
        ({"active": True, "verified": False}, State.OPEN),
        ({"active": False}, State.SUPPRESSED),
        ({"active": "false", "risk_accepted": "true"}, State.ACCEPTED),
        ({"false_p": True}, State.FALSE_POSITIVE),
        ({"is_mitigated": True}, State.FIXED),
        ({"state": "under_investigation"}, State.INVESTIGATING),
    ],
)
def test_generic_states(more: dict[str, Any], state: State) -> None:
    assert only("generic", {"findings": [GENERIC | more]}).state is state


def test_generic_rubbish_in_a_number_leaves_it_unknown() -> None:
    got = only("generic", {"findings": [GENERIC | dict.fromkeys(("cwe", "line", "epss_score", "cvssv3_score"), "N/A")]})
    assert (got.cwes, got.line, got.epss, got.score) == ((), None, None, None)


@pytest.mark.parametrize(
    ("more", "kind", "location"),
    [
        ({"component_name": "spring-core", "fix_version": "2.1.3"}, Kind.PACKAGE, ""),
        ({"file_path": "src/a.cpp", "line": "13", "unique_id_from_tool": "u"}, Kind.CODE, "src/a.cpp"),
        ({"endpoint": "https://shop.example/a"}, Kind.WEB, "https://shop.example/a"),
        ({"endpoints": [{"protocol": "https", "host": "h", "port": 8443, "path": "/p"}]}, Kind.WEB, "https://h:8443/p"),
        ({"asset": "host:web-1"}, Kind.HOST, ""),
        ({"kind": "secret", "file_path": "a"}, Kind.SECRET, "a"),
    ],
)
def test_generic_kinds(more: dict[str, Any], kind: Kind, location: str) -> None:
    got = only("generic", {"findings": [GENERIC | more]})
    assert (got.kind, got.location) == (kind, location)


def test_generic_csv_columns_in_any_case_with_other_delimiters() -> None:
    text = io.StringIO()
    rows = [
        [
            "Title",
            "Description",
            "Severity",
            "CweId",
            "Component Name",
            "Component Version",
            "Fix Version",
            "CVE",
            "Active",
            "Asset",
            "Owner",
        ],
        [
            "Old log4j",
            "two\nlines",
            "Critical",
            "502",
            "log4j-core",
            "2.14",
            "2.17.1",
            "CVE-2021-44228",
            "TRUE",
            "repo:shop/web",
            "x",
        ],
        ["", "", "Low", "", "", "", "", "", "", "", ""],
        ["", "", "", "", "", "", "", "", "", "", ""],
    ]
    csv.writer(text, delimiter=";").writerows(rows)
    one, bad = reading("generic_csv", text.getvalue()).items
    assert isinstance(one, Observation)
    assert isinstance(bad, Rejected)
    assert (one.vulnerability, one.cwes, one.component, one.version, one.fixed, one.asset) == (
        "CVE-2021-44228",
        (502,),
        "log4j-core",
        "2.14",
        ("2.17.1",),
        "repo:shop/web",
    )
    assert intake.recognise(source(text.getvalue())) == "generic_csv"
    assert coverage("generic_csv", "Title,Description,Severity\n") == [Coverage("")]


@pytest.mark.parametrize(
    ("name", "document"),
    [
        (
            "sarif",
            {
                "version": "2.1.0",
                "runs": [{"results": [], "tool": {}, "invocations": [{"endTimeUtc": "2024-05-07T00:00:00Z"}]}],
            },
        ),
        ("bandit", {"results": [], "metrics": {}, "generated_at": "2024-05-07T00:00:00Z"}),
        ("sonarqube", {"sonarBaseURL": "x", "issues": [], "date": "Tuesday, May 7, 2024"}),
        (
            "checkmarx_one_report",
            {"reportHeader": {}, "scanResults": {}, "reportCreationDate": "2024-05-07T00:00:00.000000Z"},
        ),
        ("zap_json", {"@programName": "ZAP", "site": [], "@generated": "Tue, 7 May 2024 00:00:00"}),
        ("zap", '<OWASPZAPReport generated="Tue, 7 May 2024 00:00:00"/>'),
        ("burp", '<issues burpVersion="1" exportTime="Tue May 07 00:00:00 UTC 2024"/>'),
        ("veracode", '<detailedreport generation_date="2024-05-07 00:00:00 UTC"/>'),
        ("sonarqube_html", "<html>SonarQube<dl><dt>Report Generated On</dt><dd>Tue May 07 2024</dd></dl></html>"),
    ],
)
def test_an_empty_report_says_when_it_was_made(name: str, document: Any) -> None:
    assert intake.recognise(source(document)) == name
    assert reading(name, document).dated == datetime(2024, 5, 7, tzinfo=UTC)
