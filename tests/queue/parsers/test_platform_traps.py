"""Small reports of Dependency-Check and -Track, Mend and Black Duck: one trap each."""

import zipfile
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from detente.flows.sources import sources
from detente.model.errors import DetenteError
from detente.model.finding import Coverage, Observation, Reach, Rejected, Severity, State
from detente.queue import intake
from detente.queue.parsers import registry
from readings import found, reading, sheet, source


@pytest.mark.parametrize("data", [b"", b"null", b"[]", b" \n"])
def test_what_says_nothing_closes_nothing(data: bytes) -> None:
    begun = reading("mend", data)
    assert list(begun.items) == []
    assert not begun.coverage


@pytest.mark.parametrize("name", ["blackduck", "twistlock_csv"])
def test_a_table_needs_its_header_and_may_be_empty_below_it(name: str) -> None:
    with pytest.raises(DetenteError, match="no header"):
        reading(name, b"Title,Description\na,b\n")
    header = b"CVE ID,Compliance ID,Packages\n" if name == "twistlock_csv" else b"Vulnerability id,Security Risk\n"
    assert list(reading(name, header).items) == []


@pytest.mark.parametrize("bad", [7, "text", {"name": []}], ids=str)
def test_a_bad_record_is_set_aside_alone_and_can_be_retried(bad: Any) -> None:
    good = {"name": "CVE-2020-0001"}
    items = list(reading("mend", {"supportToken": "t", "response": [good, bad, good]}).items)
    assert [type(item) for item in items] == [Observation, Rejected, Observation]
    assert [type(item) for item in reading("mend", items[1].raw).items] == [Rejected]


class TestDependencyTrack:
    def export(self, analysis: dict[str, Any] | None = None, **vulnerability: Any) -> Observation:
        component = {"name": "core", "group": "a.b", "version": "1", "purl": "pkg:maven/a.b/core@1"}
        finding = {"component": component, "vulnerability": {"vulnId": "CVE-2020-0001"} | vulnerability}
        whole = {"project": {"name": "shop", "version": "7"}, "findings": [finding | {"analysis": analysis}]}
        return found("dependency_track", whole)[0]

    @pytest.mark.parametrize(
        ("analysis", "state"),
        [
            (None, State.OPEN),
            ({"isSuppressed": False, "state": "IN_TRIAGE"}, State.OPEN),
            ({"isSuppressed": True}, State.SUPPRESSED),
            ({"isSuppressed": True, "state": "FALSE_POSITIVE"}, State.FALSE_POSITIVE),
            ({"state": "NOT_AFFECTED"}, State.NOT_AFFECTED),
            ({"state": "RESOLVED"}, State.FIXED),
        ],
    )
    def test_the_analysis_made_there_is_kept(self, analysis: dict[str, Any] | None, state: State) -> None:
        assert self.export(analysis).state is state

    def test_an_alias_of_several_cves_is_none_of_them(self) -> None:
        aliases = [{"cveId": "CVE-2020-0001", "osvId": "DSA-1-1"}, {"cveId": "CVE-2020-0002", "ghsaId": None}]
        item = self.export(aliases=aliases)
        assert (item.aliases, item.related) == ((), ("DSA-1-1", "CVE-2020-0002"))

    def test_the_newest_score_counts_and_the_project_is_the_asset(self) -> None:
        item = self.export(severity="UNASSIGNED", cvssV2BaseScore=2.0, cvssV3BaseScore="9.8", cweId=79)
        assert (item.asset, item.component, item.score) == ("project:shop", "a.b:core", 9.8)
        vector = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:H/SC:N/SI:N/SA:N"
        newest = self.export(cvssV4Vector=vector, cvssV4Score=9.2, cvssV3BaseScore=7.5)
        assert (newest.vector, newest.score, newest.severity) == (vector, 9.2, Severity.CRITICAL)

    def test_the_list_of_the_api_names_the_project_in_each_finding(self) -> None:
        component = {"name": "a", "projectName": "shop"}
        finding = {"component": component, "vulnerability": {"vulnId": "GHSA-35jh-r3h4-6jhm"}, "matrix": "1:2:3"}
        assert registry.parser("dependency_track").sniff(intake.head(source([finding])))
        assert found("dependency_track", [finding])[0].asset == "project:shop"

    def test_an_export_without_findings_closes_only_if_it_lists_none(self) -> None:
        for findings, succeeded in (([], True), (None, False)):
            meta = {"application": "Dependency-Track", "timestamp": "2026-01-02T03:04:05Z"}
            begun = reading("dependency_track", {"meta": meta, "project": {"name": "shop"}, "findings": findings})
            assert begun.dated == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
            assert list(begun.items) == []
            assert list(begun.coverage) == [Coverage("project:shop", succeeded=succeeded)]


class TestDependencyCheck:
    def scan(self, flaws: str, scan: str = "", identifiers: str = "") -> intake.Reading:
        return reading(
            "dependency_check",
            f"""<analysis xmlns="https://jeremylong.github.io/DependencyCheck/dependency-check.4.0.xsd"><scanInfo>{scan}</scanInfo>
            <projectInfo><name>shop</name><reportDate>2026-01-02T03:04:05Z</reportDate></projectInfo><dependencies><dependency>
            <fileName>a.jar</fileName><identifiers>{identifiers}</identifiers><vulnerabilities>{flaws}</vulnerabilities>
            </dependency></dependencies></analysis>""".encode(),
        )

    def test_suppressed_ones_keep_the_note(self) -> None:
        (item,) = self.scan(
            "<suppressedVulnerability><name>CVE-2020-0001</name><notes>not\n used</notes></suppressedVulnerability>"
        ).items
        assert isinstance(item, Observation)
        assert (item.state, item.reason, item.component) == (State.SUPPRESSED, "not used", "a.jar")

    def test_the_surest_identifier_names_the_component(self) -> None:
        identifiers = """<package confidence="LOW"><id>pkg:generic/x@0</id></package>
            <package confidence="HIGHEST"><id>pkg:maven/a.b/core@1.2</id></package>"""
        (item,) = self.scan("<vulnerability><name>CVE-2020-0001</name></vulnerability>", "", identifiers).items
        assert isinstance(item, Observation)
        assert (item.component, item.version, item.ecosystem) == ("a.b:core", "1.2", "maven")

    def test_a_version_3_vector_in_the_place_of_version_2_is_left_out(self) -> None:
        wrong = "<cvssV2><score>5.5</score><accessVector>L</accessVector><confidentialImpact>H</confidentialImpact></cvssV2>"
        kev = "<knownExploitedVulnerability/>"
        (item,) = self.scan(f"<vulnerability><name>CVE-2020-0001</name>{wrong}{kev}</vulnerability>").items
        assert isinstance(item, Observation)
        assert (item.score, item.vector, item.severity, item.severity_derived) == (5.5, "", Severity.MEDIUM, True)
        assert item.exploited

    def test_a_nameless_vulnerability_is_set_aside_and_a_broken_scan_closes_nothing(self) -> None:
        failed = "<analysisExceptions><exception><message>no network</message></exception></analysisExceptions>"
        begun = self.scan("<vulnerability/>", failed)
        assert [type(item) for item in begun.items] == [Rejected]
        assert list(begun.coverage) == [Coverage("project:shop", succeeded=False)]
        assert begun.dated == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class TestMend:
    def test_the_platform_writes_booleans_and_texts_in_its_own_way(self) -> None:
        finding = {
            "name": "CVE-2020-0001",
            "component": {
                "groupId": "lodash",
                "artifactId": "lodash-4.1.tgz",
                "version": "4.1",
                "libraryType": "NODE_PACKAGED_MODULE",
            },
            "findingInfo": {"status": "IGNORED", "comment": {"comment": "test only"}},
            "project": {"name": "web"},
            "application": {"name": "shop"},
            "vulnerability": {"severity": "MEDIUM", "score": 5.0},
            "topFix": {"type": "UPGRADE_VERSION", "fixResolution": "lodash - 4.17.12;lodash-es - 4.17.14-rc.1"},
            "effective": "GREEN_SHIELD",
            "exploitable": "False",
        }
        (item,) = found("mend", {"supportToken": "t", "response": [finding]})
        assert (item.asset, item.component, item.ecosystem) == ("project:shop/web", "lodash", "npm")
        assert (item.state, item.reason, item.reach) == (State.SUPPRESSED, "test only", Reach.UNREACHABLE)
        assert (item.fixed, item.severity, item.epss) == (("4.17.12", "4.17.14-rc.1"), Severity.MEDIUM, None)

    def test_vulnerabilities_may_lie_in_their_libraries(self) -> None:
        library = {
            "groupId": "a",
            "artifactId": "b",
            "version": "1",
            "type": "Java",
            "vulnerabilities": [{"name": "WS-2020-1"}],
        }
        assert [item.version for item in found("mend", {"libraries": [library]})] == ["1"]

    def test_a_fix_that_changes_files_is_no_version(self) -> None:
        fix = {"type": "CHANGE_FILES", "fixResolution": "Replace or update the following files: a-1.2"}
        assert found("mend", {"vulnerabilities": [{"name": "WS-1", "topFix": fix}]})[0].fixed == ()

    def test_one_page_of_several_closes_nothing(self) -> None:
        page = {
            "additionalData": {"paging": {"next": "/page2"}},
            "response": [{"name": "WS-1", "project": {"name": "a"}}],
        }
        begun = reading("mend", page)
        assert len(list(begun.items)) == 1
        assert {scope.succeeded for scope in begun.coverage} == {False}


ROW = {
    "Component id": "c", "Version id": "v", "Origin id": "o", "Component name": "Core", "Component origin name": "npmjs",
    "Component origin id": "@x/core/1.2", "Component origin version name": "1.2", "Vulnerability id": "BDSA-2020-1 (CVE-2020-0001)",
    "Base score": "9.1", "Remediation status": "MITIGATED", "Remediation comment": "", "Security Risk": "", "Project path": "My Shop 1.0",
}  # fmt: skip


class TestBlackDuck:
    def test_the_advisory_is_the_one_cve_it_names(self) -> None:
        (item,) = found("blackduck", sheet(ROW))
        assert (item.vulnerability, item.related) == ("CVE-2020-0001", ("BDSA-2020-1",))
        assert (item.component, item.ecosystem, item.version) == ("@x/core", "npm", "1.2")
        assert (item.asset, item.state, item.severity_derived) == ("project:My Shop", State.ACCEPTED, True)

    def test_a_component_without_origin_goes_by_its_name(self) -> None:
        (item,) = found("blackduck", sheet(ROW | {"Component origin id": "", "Vulnerability id": "1039"}))
        assert (item.component, item.ecosystem, item.vulnerability) == ("Core", "", "VULNDB-1039")

    def test_a_row_without_id_can_be_retried(self) -> None:
        items = list(reading("blackduck", sheet(ROW | {"Vulnerability id": " "}, ROW)).items)
        assert [type(item) for item in items] == [Rejected, Observation]
        assert [type(item) for item in reading("blackduck", items[0].raw).items] == [Rejected]

    @pytest.mark.parametrize("paths", [b"whatever", sheet(ROW | {"Path": "/lib/core.js"})])
    def test_a_zip_joins_paths_where_it_has_them(self, tmp_path: Path, paths: bytes) -> None:
        with zipfile.ZipFile(tmp_path / "report.zip", "w") as archive:
            archive.writestr("report/source_2026-01-02.csv", paths)
            archive.writestr("report/security_2026-01-02.csv", sheet(ROW))
        with ExitStack() as spool:
            (report,) = sources(tmp_path / "report.zip", spool)
            assert intake.recognise(report) == "blackduck"
            (item,) = intake.read(registry.parser("blackduck"), report).items
            assert isinstance(item, Observation)
            assert item.location == ("" if paths == b"whatever" else "/lib/core.js")
