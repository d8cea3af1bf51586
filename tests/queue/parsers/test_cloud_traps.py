"""Small reports of agents and clouds: one trap each."""

import json
import zipfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from detente.flows.sources import sources
from detente.model.finding import Coverage, Kind, Observation, Rejected, Severity, State
from detente.queue import intake
from detente.queue.parsers import registry
from readings import found, reading, sheet

HIT = {"_source": {"agent": {"name": "Web"}, "package": {"name": "curl"}, "vulnerability": {"id": "CVE-2020-0001"}}}
ROW = {
    "cveId": "CVE-2020-0001",
    "machineId": "m1",
    "productName": "edge",
    "productVendor": "microsoft",
    "severity": "High",
}
INSPECTED = {
    "findingArn": "arn:1",
    "awsAccountId": "123",
    "status": "ACTIVE",
    "resources": [
        {"type": "AWS_EC2_INSTANCE", "id": "i-1", "details": {"awsEc2Instance": {"platform": "AMAZON_LINUX_2"}}}
    ],
    "packageVulnerabilityDetails": {"vulnerabilityId": "CVE-2020-0001", "vulnerablePackages": [{"name": "curl"}]},
}
FINDING = {
    "Id": "arn:aws:securityhub:us-east-1:123:finding/1",
    "ProductArn": "arn:aws:securityhub:us-east-1::product/aws/securityhub",
    "SchemaVersion": "2018-10-08",
    "AwsAccountId": "123",
    "Severity": {"Label": "HIGH"},
    "Compliance": {"Status": "FAILED", "SecurityControlId": "S3.8"},
    "Resources": [{"Type": "AwsS3Bucket", "Id": "arn:aws:s3:::a"}],
}
CHECKED = {
    "finding_info": {"title": "t"},
    "metadata": {"event_code": "c", "product": {"name": "Prowler"}},
    "class_uid": 2004,
    "status_code": "FAIL",
    "resources": [{"uid": "r", "group": {"name": "iam"}}],
    "cloud": {"account": {"uid": "123"}},
}
RECORDS: dict[str, tuple[Any, Any]] = {
    "wazuh": (lambda records: {"hits": {"hits": records}}, HIT),
    "redhatsatellite": (lambda records: {"results": records}, {"errata_id": "RHSA-1", "type": "security"}),
    "ms_defender": (lambda records: {"value": records}, ROW),
    "aws_inspector2": (lambda records: {"findings": records}, INSPECTED),
    "awssecurityhub": (lambda records: {"Findings": records}, FINDING),
    "asff": (list, FINDING),
    "prowler_ocsf": (list, CHECKED),
}


@pytest.mark.parametrize("name", RECORDS)
@pytest.mark.parametrize("data", [b"", b"null", b"[]", b" \n"])
def test_what_says_nothing_holds_nothing(name: str, data: bytes) -> None:
    begun = reading(name, data)
    assert list(begun.items) == []
    assert not begun.coverage


@pytest.mark.parametrize("name", RECORDS)
def test_a_bad_record_is_set_aside_alone_and_can_be_retried(name: str) -> None:
    enclose, good = RECORDS[name]
    items = list(reading(name, enclose([good, {}, good])).items)
    assert [type(item) for item in items] == [Observation, Rejected, Observation]
    assert isinstance(items[1], Rejected)
    assert [type(item) for item in reading(name, items[1].raw).items] == [Rejected]


class TestWazuh:
    def test_a_row_of_the_old_api(self) -> None:
        row = {
            "cve": "CVE-2020-0001",
            "name": "curl",
            "version": "7.1",
            "condition": "Package less than 7.2",
            "status": "VALID",
        }
        rest = {"severity": "-", "cvss3_score": 7.5, "agent_name": "Web", "cvss2_score": 0}
        (one,) = found("wazuh", {"data": {"affected_items": [row | rest], "total_affected_items": 1}})
        assert (one.asset, one.fixed, one.score) == ("host:web", ("7.2",), 7.5)
        assert one.severity is Severity.UNKNOWN

    def test_less_than_or_equal_is_no_fix(self) -> None:
        row = {"cve": "CVE-2020-0001", "name": "curl", "condition": "Package less than or equal to 7.2"}
        assert found("wazuh", {"data": {"affected_items": [row]}})[0].fixed == ()

    @pytest.mark.parametrize("total", [2, {"value": 2, "relation": "eq"}], ids=str)
    def test_one_page_of_many_closes_nothing(self, total: Any) -> None:
        begun = reading("wazuh", {"hits": {"total": total, "hits": [HIT]}})
        assert len(list(begun.items)) == 1
        assert list(begun.coverage) == [Coverage("host:web", succeeded=False)]
        whole = reading("wazuh", {"hits": {"total": total, "hits": [HIT, HIT]}})
        assert len(list(whole.items)) == 2
        assert not whole.coverage


class TestSatellite:
    def test_an_erratum_is_as_many_findings_as_cves_and_one_upgrade(self) -> None:
        packages = ["firefox-langpacks-115.6.0-1.el8_9.x86_64", "firefox-115.6.0-1.el8_9.x86_64"]
        cves = [{"cve_id": "CVE-2020-0001"}, {"cve_id": "CVE-2020-0002"}]
        erratum = {
            "errata_id": "RHSA-2024:1",
            "type": "security",
            "severity": "Critical",
            "cves": cves,
            "packages": packages,
        }
        both = found("redhatsatellite", {"selectable": 1, "results": [erratum]})
        assert {one.vulnerability for one in both} == {"CVE-2020-0001", "CVE-2020-0002"}
        assert {(one.component, one.fixed, one.related) for one in both} == {
            ("firefox", ("115.6.0-1.el8_9",), ("RHSA-2024:1",))
        }

    @pytest.mark.parametrize(("page", "whole"), [("1", True), (2, False)])
    def test_a_page_that_is_not_the_only_one_closes_nothing(self, page: Any, whole: bool) -> None:
        document = {"selectable": 1, "subtotal": 20, "page": page, "per_page": "20", "results": []}
        assert list(reading("redhatsatellite", document).coverage) == [Coverage("", succeeded=whole)]


class TestDefender:
    def test_an_update_is_related_and_a_next_page_closes_nothing(self) -> None:
        begun = reading("ms_defender", {"value": [ROW | {"fixingKbId": 5051989}], "@odata.nextLink": "x"})
        (one,) = begun.items
        assert isinstance(one, Observation)
        assert (one.asset, one.related, one.ecosystem) == ("host:m1", ("KB5051989",), "microsoft")
        assert list(begun.coverage) == [Coverage("host:m1", succeeded=False)]

    def test_the_export_has_other_names(self) -> None:
        row = {"cveId": "CVE-2020-0001", "deviceId": "m1", "deviceName": "Web.example", "softwareName": "edge"}
        rest = {"softwareVersion": "1", "vulnerabilitySeverityLevel": "Critical", "cvssScore": 9.8}
        (one,) = found("ms_defender", {"value": [row | rest]})
        assert (one.asset, one.component, one.version) == ("host:web.example", "edge", "1")
        assert (one.severity, one.score) == (Severity.CRITICAL, 9.8)

    @pytest.mark.parametrize("folder", ["", "export/"])
    def test_a_zip_joins_pages_with_machines(self, folder: str, tmp_path: Path) -> None:
        machines = [{"id": "m1", "computerDnsName": "Web"}, {"id": "m2", "computerDnsName": None}, {"id": []}]
        members = {
            "machines/1.json": {"value": machines},
            "vulnerabilities/1.json": {"value": [ROW], "@odata.nextLink": "x"},
            "vulnerabilities/2.json": {"value": [ROW | {"machineId": "gone"}]},
        }
        with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
            for name, document in members.items():
                archive.writestr(folder + name, json.dumps(document))
        with ExitStack() as spool:
            (report,) = sources(tmp_path / "all.zip", spool)
            assert intake.recognise(report) == "ms_defender_zip"
            begun = intake.read(registry.parser("ms_defender_zip"), report)
            bad, first, second = begun.items
        assert isinstance(bad, Rejected)
        assert [one.asset for one in (first, second) if isinstance(one, Observation)] == ["host:web", "host:gone"]
        assert list(begun.coverage) == [Coverage("host:web"), Coverage("host:m2")]


class TestInspector:
    def test_packages_of_the_system_take_its_name(self) -> None:
        version = {"epoch": 1, "version": "7.1", "release": "2", "fixedInVersion": "NotAvailable"}
        details = {"vulnerabilityId": "CVE-2020-0001", "vulnerablePackages": [{"packageManager": "OS", **version}]}
        closed = {"packageVulnerabilityDetails": details, "status": "CLOSED", "exploitAvailable": "YES"}
        (one,) = found("aws_inspector2", {"findings": [INSPECTED | closed]})
        assert (one.ecosystem, one.version, one.fixed, one.state) == ("amazon", "1:7.1-2", (), State.FIXED)
        assert one.asset == "host:i-1"
        assert not one.exploited  # an exploit is not exploitation

    def test_code_and_open_ports_are_of_their_own_kinds(self) -> None:
        bare = {key: value for key, value in INSPECTED.items() if not key.startswith("package")}
        code = {"cwes": ["CWE-22"], "detectorId": "java/path@1", "filePath": {"filePath": "a/B.java", "startLine": 7}}
        ports = {"openPortRange": {"begin": 22, "end": 22}, "protocol": "TCP"}
        one, other = found(
            "aws_inspector2",
            {"findings": [bare | {"codeVulnerabilityDetails": code}, bare | {"networkReachabilityDetails": ports}]},
        )
        assert (one.kind, one.location, one.line, one.cwes) == (Kind.CODE, "a/B.java", 7, (22,))
        assert (other.kind, other.vulnerability, other.location) == (
            Kind.CONFIG,
            "inspector2:network-reachability",
            "22/tcp",
        )


class TestSecurityHub:
    def test_a_failed_control_is_a_finding_per_resource(self) -> None:
        resources = [{"Type": "AwsS3Bucket", "Id": name} for name in ("a", "b", "a")]
        one, other = found("awssecurityhub", {"findings": [FINDING | {"Resources": resources}]})
        assert (one.vulnerability, one.asset, one.location) == ("securityhub:S3.8", "account:123", "a")
        assert other.location == "b"

    def test_a_passed_control_is_no_finding_but_was_looked_at(self) -> None:
        begun = reading("awssecurityhub", {"Findings": [FINDING | {"Compliance": {"Status": "PASSED"}}]})
        assert list(begun.items) == []
        assert begun.tally.skipped == {"control passed": 1}
        assert list(begun.coverage) == [Coverage("account:123")]

    def test_one_page_of_many_closes_nothing(self) -> None:
        begun = reading("awssecurityhub", {"Findings": [FINDING], "NextToken": "x"})
        assert len(list(begun.items)) == 1
        assert list(begun.coverage) == [Coverage("account:123", succeeded=False)]

    @pytest.mark.parametrize(
        ("more", "state"),
        [
            ({"RecordState": "ARCHIVED"}, State.FIXED),
            ({"Workflow": {"Status": "RESOLVED"}}, State.FIXED),
            ({"Workflow": {"Status": "SUPPRESSED"}}, State.SUPPRESSED),
            ({"Workflow": {"Status": "NOTIFIED"}}, State.OPEN),
        ],
    )
    def test_states_come_with_their_note(self, more: dict[str, Any], state: State) -> None:
        (one,) = found("asff", [FINDING | more | {"Note": {"Text": "known", "UpdatedBy": "ada"}}])
        assert (one.state, one.author, one.reason) == (state, "ada", "known")

    def test_assets_are_what_can_be_patched(self) -> None:
        image = {"RepositoryName": "shop", "ImageTags": ["2", "1"], "ImageDigest": "sha256:a", "RegistryId": "9"}
        resources = [
            {"Type": "AwsEcrContainerImage", "Id": "x", "Region": "eu-1", "Details": {"AwsEcrContainerImage": image}},
            {"Type": "AwsEc2Instance", "Id": "arn:aws:ec2:eu-1:9:instance/i-1"},
            {"Type": "AwsLambdaFunction", "Id": "arn:aws:lambda:eu-1:9:function:pay:$LATEST"},
        ]
        weakness = {"Id": "CVE-2020-0001", "VulnerablePackages": [{"Name": "curl", "PackageManager": "NODEPKG"}]}
        many = found("asff", [FINDING | {"Compliance": None, "Resources": resources, "Vulnerabilities": [weakness]}])
        assert [one.asset for one in many] == ["image:9.dkr.ecr.eu-1.amazonaws.com/shop:1", "host:i-1", "project:pay"]
        assert {(one.kind, one.ecosystem) for one in many} == {(Kind.PACKAGE, "npm")}

    def test_lines_and_a_missing_account(self) -> None:
        bare = {key: value for key, value in FINDING.items() if key != "AwsAccountId"}
        lines = b"\n".join(json.dumps(one).encode() for one in (bare, FINDING))
        assert [one.asset for one in found("asff", lines)] == ["account:123", "account:123"]

    def test_a_severity_without_a_word(self) -> None:
        many = found("asff", [FINDING | {"Severity": {"Normalized": normal}} for normal in (0, 40, 90)])
        assert [one.severity for one in many] == [Severity.INFO, Severity.MEDIUM, Severity.CRITICAL]


class TestWiz:
    @pytest.mark.parametrize(
        ("status", "resolution", "state"),
        [
            ("IN_PROGRESS", "", State.OPEN),
            ("RESOLVED", "OBJECT_DELETED", State.FIXED),
            ("REJECTED", "FALSE_POSITIVE", State.FALSE_POSITIVE),
            ("REJECTED", "WONT_FIX", State.ACCEPTED),
        ],
    )
    def test_issues(self, status: str, resolution: str, state: State) -> None:
        row = {
            "Title": "t",
            "Severity": "HIGH",
            "Status": status,
            "Resolution": resolution,
            "Control ID": "c",
            "Issue ID": "i",
        }
        (one,) = found(
            "wiz", sheet(row | {"Resource external ID": "r", "Subscription ID": "s", "Kubernetes Cluster": ""})
        )
        assert (one.state, one.vulnerability, one.asset, one.location) == (state, "wiz:c", "account:s", "r")

    def test_vulnerabilities(self) -> None:
        row = {
            "Name": "CVE-2020-0001",
            "DetailedName": "curl",
            "Version": "1",
            "FixedVersion": "2",
            "FindingStatus": "OPEN",
        }
        rest = {"VendorSeverity": "HIGH", "AssetName": "Web", "HasCisaKevExploit": "true"}
        (one,) = found("wiz", sheet(row | rest))
        assert (one.kind, one.asset, one.fixed, one.exploited) == (Kind.PACKAGE, "host:web", ("2",), True)


class TestProwler:
    def sheet(self, **cells: str) -> bytes:
        row = {
            "CHECK_ID": "c",
            "STATUS": "FAIL",
            "SERVICE_NAME": "iam",
            "ACCOUNT_UID": "1",
            "PROVIDER": "aws",
            "MUTED": "False",
        }
        return sheet(row | cells).replace(b",", b";")

    @pytest.mark.parametrize(
        ("cells", "state", "asset"),
        [
            ({}, State.OPEN, "account:1"),
            ({"MUTED": "True"}, State.SUPPRESSED, "account:1"),
            ({"PROVIDER": "kubernetes"}, State.OPEN, "cluster:1"),
            ({"ACCOUNT_UID": "", "ACCOUNT_ID": "2"}, State.OPEN, "account:2"),
        ],
        ids=str,
    )
    def test_failed_checks(self, cells: dict[str, str], state: State, asset: str) -> None:
        (one,) = found("prowler", self.sheet(**cells))
        assert (one.state, one.asset, one.target, one.vulnerability) == (state, asset, "iam", "prowler:c")

    def test_a_row_without_a_check_can_be_retried(self) -> None:
        (bad,) = reading("prowler", self.sheet(CHECK_ID="")).items
        assert isinstance(bad, Rejected)
        assert [type(item) for item in reading("prowler", bad.raw).items] == [Rejected]

    @pytest.mark.parametrize("status", ["PASS", "MANUAL"])
    def test_other_checks_only_cover_their_service(self, status: str) -> None:
        row = CHECKED | {"status_code": status}
        for begun in (reading("prowler", self.sheet(STATUS=status)), reading("prowler_ocsf", [row])):
            assert list(begun.items) == []
            assert begun.tally.skipped == {f"check {status.lower()}": 1}
            assert {(scope.target, scope.succeeded) for scope in begun.coverage} == {("iam", True)}

    @pytest.mark.parametrize(
        ("more", "state"),
        [({}, State.OPEN), ({"status_code": "MUTED"}, State.SUPPRESSED), ({"status_id": 4}, State.FIXED)],
        ids=str,
    )
    def test_lines_of_the_open_schema(self, more: dict[str, Any], state: State) -> None:
        lines = json.dumps(CHECKED | more).encode() + b"\n" + json.dumps(CHECKED).encode()
        one, other = found("prowler_ocsf", lines)
        assert (one.state, other.state, one.asset, one.vulnerability) == (state, State.OPEN, "account:123", "prowler:c")
