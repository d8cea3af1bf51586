"""Small reports for what real package reports do to their readers: one trap each."""

import io
import json
from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.model.finding import Coverage, Observation, Reach, Rejected, Severity, State
from detente.queue import intake
from detente.queue.parsers import registry
from detente.queue.report import Head
from detente.queue.source import Source


def reading(name: str, *values: Any) -> intake.Reading:
    """The reading of a report of these JSON values, one after another (bytes as they are)."""
    data = b"\n".join(value if isinstance(value, bytes) else json.dumps(value).encode() for value in values)
    return intake.read(registry.parser(name), Source("report.json", lambda: io.BytesIO(data)))


def found(name: str, *values: Any) -> list[Observation]:
    return [item for item in reading(name, *values).items if isinstance(item, Observation)]


PACKAGE_FORMATS = [
    "anchore_grype",
    "cargo_audit",
    "dependabot",
    "dependency_check_json",
    "github_vulnerability",
    "govulncheck",
    "harbor_vulnerability",
    "npm_audit",
    "npm_audit_7_plus",
    "osv_scanner",
    "pip_audit",
    "snyk",
    "trivy",
    "trivy_operator",
    "yarn_audit",
]


@pytest.mark.parametrize("name", PACKAGE_FORMATS)
@pytest.mark.parametrize("data", [b"", b"null", b"[]", b"  \n"])
def test_what_says_nothing_closes_nothing(name: str, data: bytes) -> None:
    begun = reading(name, data)
    assert list(begun.items) == []
    assert not begun.coverage


WORDS = [
    "matches",
    "vulnerabilities",
    "advisories",
    "auditReportVersion",
    "dependencies",
    "lockfile",
    "database",
    "config",
    "Calls",
    "data",
    "results",
    "experimental_config",
    "application/vnd.security.vulnerability.report;",
    "security_advisory",
    "dependency",
    "items",
    "apiVersion",
    "Target",
    "SchemaVersion",
    "ArtifactName",
    "ClusterName",
    "type",
    "children",
    "value",
    "ok",
    "path",
    "name",
    "vulns",
]


@settings(deadline=None)
@given(
    st.recursive(
        st.none() | st.integers() | st.sampled_from(WORDS),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4),
        max_leaves=12,
    )
)
def test_a_look_at_any_json_never_fails(value: Any) -> None:
    head = Head(json.dumps(value).encode())
    for name in PACKAGE_FORMATS:
        assert registry.parser(name).sniff(head) in (True, False)


GRYPE = {"vulnerability": {"id": "CVE-2020-0001", "severity": "High"}, "artifact": {"name": "curl", "version": "7.1"}}
ALERT = {"security_advisory": {"ghsa_id": "GHSA-35jh-r3h4-6jhm"}, "dependency": {"package": {"name": "lodash"}}}
NODE = {"id": "RVA_1", "securityVulnerability": {"package": {"name": "lodash"}}}
PLACES: dict[str, tuple[Any, Any]] = {
    "anchore_grype": (lambda records: {"matches": records}, GRYPE),
    "osv_scanner": (
        lambda records: {"results": [{"source": {"path": "a.lock"}, "packages": records}]},
        {"package": {"name": "a"}, "vulnerabilities": [{"id": "GO-2021-0113"}]},
    ),
    "snyk": (lambda records: {"projectName": "shop", "vulnerabilities": records}, {"id": "SNYK-JS-A-1", "name": "a"}),
    "npm_audit": (
        lambda records: {"advisories": {str(n): record for n, record in enumerate(records)}},
        {"id": 146, "module_name": "growl"},
    ),
    "npm_audit_7_plus": (
        lambda records: {"auditReportVersion": 2, "vulnerabilities": {f"p{n}": r for n, r in enumerate(records)}},
        {"via": [{"source": 1, "name": "got"}]},
    ),
    "pip_audit": (
        lambda records: {"dependencies": records},
        {"name": "a", "version": "1", "vulns": [{"id": "PYSEC-1"}]},
    ),
    "cargo_audit": (
        lambda records: {"vulnerabilities": {"list": records}},
        {"advisory": {"id": "RUSTSEC-2026-0047"}, "package": {"name": "a", "version": "1"}},
    ),
    "govulncheck": (lambda records: records, {"finding": {"osv": "GO-1", "trace": [{"module": "stdlib"}]}}),
    "github_vulnerability": (
        lambda records: {"data": {"repository": {"name": "shop", "vulnerabilityAlerts": {"nodes": records}}}},
        NODE,
    ),
    "dependabot": (lambda records: records, ALERT),
    "harbor_vulnerability": (lambda records: {"scanner": {}, "vulnerabilities": records}, {"id": "CVE-2020-0001"}),
    "trivy_operator": (
        lambda records: {"metadata": {"name": "a"}, "report": {"vulnerabilities": records}},
        {"vulnerabilityID": "CVE-2020-0001", "resource": "a"},
    ),
    "trivy": (
        lambda records: {"ArtifactName": "app:1", "Results": [{"Target": "a", "Vulnerabilities": records}]},
        {"VulnerabilityID": "CVE-2020-0001"},
    ),
}


@pytest.mark.parametrize("name", PLACES)
@pytest.mark.parametrize("bad", [7, "text", {"finding": 1, "via": 7}], ids=str)
def test_a_bad_record_is_set_aside_alone_and_can_be_retried(name: str, bad: Any) -> None:
    wrap, good = PLACES[name]
    items = list(reading(name, wrap([good, bad, good])).items)
    rejected = [item for item in items if isinstance(item, Rejected)]
    assert len(items) == 3
    assert len(rejected) == 1
    if rejected[0].raw:
        again = list(reading(name, rejected[0].raw).items)
        assert [type(item) for item in again] == [Rejected]


def test_yarn_sets_a_bad_line_aside() -> None:
    line = {
        "type": "auditAdvisory",
        "data": {"advisory": {"id": 1, "module_name": "a", "findings": [{"version": "1"}]}},
    }
    items = list(reading("yarn_audit", line, {"type": "auditAdvisory", "data": 7}, line).items)
    assert [type(item) for item in items] == [Observation, Rejected, Observation]


class TestGrype:
    def test_a_github_advisory_takes_the_cve_of_its_relation_as_alias(self) -> None:
        match = GRYPE | {
            "vulnerability": {"id": "GHSA-35jh-r3h4-6jhm", "fix": {"versions": ["4.17.21"], "state": "fixed"}},
            "relatedVulnerabilities": [{"id": "CVE-2021-23337", "knownExploited": [{"cve": "CVE-2021-23337"}]}],
        }
        (one,) = found(
            "anchore_grype", {"matches": [match], "source": {"type": "image", "target": {"userInput": "app:1"}}}
        )
        assert (one.vulnerability, one.aliases, one.fixed) == ("GHSA-35jh-r3h4-6jhm", ("CVE-2021-23337",), ("4.17.21",))
        assert one.exploited
        assert one.asset == "image:app:1"

    def test_a_distribution_advisory_is_split_by_cve(self) -> None:
        related = [{"id": "CVE-2020-0001"}, {"id": "CVE-2020-0002"}]
        match = GRYPE | {"vulnerability": {"id": "ALAS-2020-1"}, "relatedVulnerabilities": related}
        both = found("anchore_grype", {"matches": [match]})
        assert [o.vulnerability for o in both] == ["CVE-2020-0001", "CVE-2020-0002"]
        assert {o.related for o in both} == {("ALAS-2020-1",)}

    def test_ignored_matches_have_a_state_and_a_reason(self) -> None:
        rules = [
            {"reason": "accepted until spring"},
            {"vex-status": "not_affected", "vex-justification": "vulnerable_code_not_present"},
            {"match-type": "exact-indirect-match"},
        ]
        ignored = [GRYPE | {"appliedIgnoreRules": [rule]} for rule in rules]
        assert [(o.state, o.reason) for o in found("anchore_grype", {"matches": [], "ignoredMatches": ignored})] == [
            (State.SUPPRESSED, "accepted until spring"),
            (State.NOT_AFFECTED, "vulnerable_code_not_present"),
            (State.SUPPRESSED, "exact-indirect-match"),
        ]

    @pytest.mark.parametrize(
        ("source", "asset"),
        [
            ({"type": "directory", "target": "/src/shop/"}, "project:/src/shop"),
            ({"type": "directory", "target": "."}, ""),
            ({"type": "image", "target": {"userInput": "app:1@sha256:ab"}}, "image:app:1"),
            ({"type": "image", "target": {"userInput": "", "repoDigests": ["app@sha256:ab"]}}, "image:app@sha256:ab"),
        ],
    )
    def test_the_asset_is_the_image_or_the_folder(self, source: Any, asset: str) -> None:
        assert set(reading("anchore_grype", {"matches": [], "source": source}).coverage) == {Coverage(asset)}

    def test_the_first_schema_has_its_scores_in_two_fields_and_no_relations(self) -> None:
        vulnerability = {"id": "CVE-2019-1", "severity": "Unknown", "cvssV2": {"baseScore": 7.2}, "fixedInVersion": "2"}
        (one,) = found("anchore_grype", {"matches": [GRYPE | {"vulnerability": vulnerability, "matchDetails": {}}]})
        assert (one.score, one.severity, one.severity_derived, one.fixed) == (7.2, Severity.HIGH, True, ("2",))

    def test_a_version_read_out_of_a_binary_ends_at_the_zero_byte(self) -> None:
        artifact = {"name": "java", "version": "17.0.10\0-J-ms8m", "purl": "pkg:generic/java@17.0.10\0-J"}
        (one,) = found("anchore_grype", {"matches": [GRYPE | {"artifact": artifact}]})
        assert (one.version, one.purl) == ("17.0.10", "pkg:generic/java@17.0.10")


class TestOsv:
    def package(self, **entry: Any) -> Any:
        entry = {"package": {"name": "a", "version": "1", "ecosystem": "Go"}} | entry
        return {"results": [{"source": {"path": "/app/go.mod"}, "packages": [entry]}]}

    def test_one_finding_per_group_with_the_fixes_of_its_package(self) -> None:
        spans = [
            {"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "0.3.7"}]},
            {"type": "GIT", "events": [{"fixed": "383b2e"}]},
        ]
        affected = [
            {"package": {"name": "a"}, "ranges": spans},
            {"package": {"name": "b"}, "ranges": [{"type": "SEMVER", "events": [{"fixed": "9"}]}]},
        ]
        ids = ["GO-2021-0113", "GHSA-35jh-r3h4-6jhm"]
        groups = [{"ids": ids, "aliases": [*ids, "CVE-2021-38561"], "max_severity": "7.5"}]
        advisories = [{"id": ids[0], "affected": affected}, {"id": ids[1], "affected": affected}]
        (one,) = found("osv_scanner", self.package(vulnerabilities=advisories, groups=groups))
        assert (one.vulnerability, one.aliases) == ("GO-2021-0113", ("GHSA-35jh-r3h4-6jhm", "CVE-2021-38561"))
        assert (one.fixed, one.severity, one.severity_derived) == (("0.3.7",), Severity.HIGH, True)
        assert (one.location, one.purl) == ("/app/go.mod", "pkg:golang/a")

    @pytest.mark.parametrize(
        ("called", "reach"), [(True, Reach.CALLED), (False, Reach.UNREACHABLE), (None, Reach.UNKNOWN)]
    )
    def test_call_analysis_is_reachability(self, called: bool | None, reach: Reach) -> None:
        analysis = {} if called is None else {"experimentalAnalysis": {"GO-1": {"called": called}}}
        groups = [{"ids": ["GO-1"], **analysis}]
        (one,) = found("osv_scanner", self.package(vulnerabilities=[{"id": "GO-1"}], groups=groups))
        assert one.reach is reach

    def test_the_words_of_a_distribution_stand_among_the_vectors(self) -> None:
        vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:H/A:N"
        severity = [{"type": "CVSS_V3", "score": vector}, {"type": "Ubuntu", "score": "low"}]
        (one,) = found("osv_scanner", self.package(vulnerabilities=[{"id": "UBUNTU-CVE-1", "severity": severity}]))
        assert (one.vector, one.score, one.severity) == (vector, 7.5, Severity.LOW)


class TestSnyk:
    def test_the_policy_accepts_and_a_patch_closes(self) -> None:
        filtered = {
            "ignore": [{"id": "A", "filtered": {"ignored": [{"reason": "test code"}]}}],
            "patch": [{"id": "B", "filtered": {"patches": [{}]}}],
        }
        both = found("snyk", {"projectName": "shop", "dependencyCount": 1, "vulnerabilities": [], "filtered": filtered})
        assert [(o.state, o.reason) for o in both] == [(State.ACCEPTED, "test code"), (State.FIXED, "patched by Snyk")]

    def test_several_cves_are_related_not_equal(self) -> None:
        issue = {"id": "SNYK-1", "identifiers": {"CVE": ["CVE-2020-0001", "CVE-2020-0002"]}}
        (one,) = found("snyk", {"vulnerabilities": [issue]})
        assert (one.aliases, one.related) == ((), ("CVE-2020-0001", "CVE-2020-0002"))

    def test_the_rating_is_snyks_own(self) -> None:
        four = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:H/SC:N/SI:N/SA:N"
        sources = [
            {"assigner": "NVD", "vector": four.replace("VC:N", "VC:H"), "baseScore": 9.3},
            {"assigner": "Snyk", "vector": four, "baseScore": 8.7},
        ]
        (one,) = found("snyk", {"vulnerabilities": [{"id": "S", "cvssSources": sources, "cvssScore": "N/A"}]})
        assert (one.vector, one.score) == (four, 8.7)

    def test_what_failed_or_was_cut_by_severity_closes_nothing(self) -> None:
        projects = [
            {"projectName": "a", "vulnerabilities": [], "displayTargetFile": "a\\pom.xml"},
            {"ok": False, "error": "no lock file", "path": "/b"},
            {"projectName": "c", "vulnerabilities": [], "severityThreshold": "high"},
        ]
        covered = reading("snyk", projects).coverage
        assert [(c.asset, c.target, c.succeeded) for c in covered] == [
            ("project:a", "a/pom.xml", True),
            ("", "", False),
            ("project:c", "", False),
        ]

    def test_an_image_keeps_its_tag_and_its_packages_their_binary_names(self) -> None:
        image = {
            "projectName": "docker-image|team/shop",
            "path": "team/shop:1.2/shop",
            "docker": {},
            "vulnerabilities": [{"id": "S", "name": "gcc-10/libgcc-s1", "packageManager": "debian:11"}],
            "applications": [
                {"projectName": "web", "targetFile": "/app/pom.xml", "vulnerabilities": [{"id": "T", "name": "a:b"}]}
            ],
        }
        system, application = found("snyk", image)
        assert (system.asset, system.target, system.purl) == ("image:team/shop:1.2", "", "pkg:deb/debian/libgcc-s1")
        assert (application.asset, application.target) == ("image:team/shop:1.2", "/app/pom.xml")

    @pytest.mark.parametrize("word", ["no-path-found", "NO_PATH_FOUND"])
    def test_reachability_and_licences(self, word: str) -> None:
        issue = {"id": "snyk:lic:npm:a:GPL-3.0", "type": "license", "reachability": word}
        (one,) = found("snyk", {"vulnerabilities": [issue]})
        assert (one.kind, one.reach) == ("licence", Reach.UNREACHABLE)


class TestNpm:
    def test_each_installed_version_and_every_branch_that_is_patched(self) -> None:
        advisory = {
            "id": 535,
            "module_name": "mime",
            "cves": ["CVE-2017-16138"],
            "cwe": "CWE-",
            "severity": "moderate",
            "patched_versions": ">= 1.4.1 < 2.0.0 || >= 2.0.3",
            "findings": [{"version": "1.3.4", "paths": ["a"]}, {"version": "1.2.0"}, {"version": "1.3.4"}],
        }
        both = found("npm_audit", {"advisories": {"535": advisory}})
        assert [(o.vulnerability, o.version) for o in both] == [("npm:535", "1.3.4"), ("npm:535", "1.2.0")]
        assert both[0].fixed == ("1.4.1", "2.0.3")
        assert (both[0].aliases, both[0].cwes, both[0].severity) == (("CVE-2017-16138",), (), Severity.MEDIUM)

    @pytest.mark.parametrize(
        ("upgrade", "fixed"),
        [
            (True, ()),
            (False, ()),
            ({"name": "got", "version": "11.8.5"}, ("11.8.5",)),
            ({"name": "nodemon", "version": "3.1.4"}, ()),
        ],
    )
    def test_a_parents_upgrade_is_not_the_packages_fix(self, upgrade: Any, fixed: tuple[str, ...]) -> None:
        package = {
            "via": [{"source": 1, "name": "got", "cvss": {"score": 0, "vectorString": None}}],
            "fixAvailable": upgrade,
        }
        (one,) = found("npm_audit_7_plus", {"auditReportVersion": 2, "vulnerabilities": {"got": package}})
        assert (one.fixed, one.score, one.vulnerability) == (fixed, None, "npm:1")

    def test_an_audit_that_failed_closes_nothing(self) -> None:
        report = {"auditReportVersion": 2, "error": {"code": "ENOLOCK"}, "vulnerabilities": {}}
        assert set(reading("npm_audit_7_plus", report).coverage) == {Coverage("", "", False)}


class TestYarn:
    def test_the_object_of_npm_is_read_when_told_so(self) -> None:
        (one,) = found("yarn_audit", {"advisories": {"1": {"id": 1, "module_name": "ini"}}})
        assert one.component == "ini"

    def test_lines_of_yarn_four(self) -> None:
        told = {
            "URL": "https://github.com/advisories/GHSA-35jh-r3h4-6jhm",
            "Severity": "high",
            "Tree Versions": ["1", "2"],
        }
        lines = [
            {"value": "lodash", "children": {"ID": 1, "Issue": "Command Injection", **told}},
            {"value": "har", "children": {"ID": "har (deprecation)", "Severity": "moderate"}},
        ]
        begun = reading("yarn_audit", *lines)
        both = [item for item in begun.items if isinstance(item, Observation)]
        assert [(o.vulnerability, o.version) for o in both] == [
            ("GHSA-35jh-r3h4-6jhm", "1"),
            ("GHSA-35jh-r3h4-6jhm", "2"),
        ]
        assert begun.tally.skipped == {"deprecation": 1}

    @pytest.mark.parametrize(("dependencies", "succeeded"), [(0, False), (47, True)])
    def test_a_run_without_a_lock_file_closes_nothing(self, dependencies: int, succeeded: bool) -> None:
        begun = reading("yarn_audit", {"type": "auditSummary", "data": {"totalDependencies": dependencies}})
        assert list(begun.items) == []
        assert set(begun.coverage) == {Coverage("", "", succeeded)}


class TestCargo:
    def test_warnings_are_findings_in_the_old_list_and_the_new_mapping(self) -> None:
        package = {"name": "failure", "version": "0.1.8"}
        advisory = {"id": "RUSTSEC-2019-0036", "informational": "unsound", "title": "Type confusion"}
        warnings = [
            {"kind": "unsound", "package": package, "advisory": advisory},
            {"kind": "yanked", "package": package, "advisory": None, "versions": None},
        ]
        old = found("cargo_audit", {"lockfile": {}, "warnings": warnings})
        new = found("cargo_audit", {"lockfile": {}, "warnings": {"unsound": warnings[:1], "yanked": warnings[1:]}})
        assert old == new
        assert [o.vulnerability for o in new] == ["RUSTSEC-2019-0036", "cargo:yanked"]

    def test_a_withdrawn_advisory_is_a_false_positive(self) -> None:
        record = {"advisory": {"id": "RUSTSEC-2020-1", "withdrawn": "2021-01-01"}, "package": {"name": "a"}}
        (one,) = found("cargo_audit", {"vulnerabilities": {"list": [record]}})
        assert one.state is State.FALSE_POSITIVE


class TestGovulncheck:
    ADVISORY: ClassVar[dict[str, Any]] = {
        "id": "GO-2021-0113",
        "aliases": ["CVE-2021-38561", "GHSA-ppp9-7jff-5vj2"],
        "summary": "Out-of-bounds read",
    }

    @pytest.mark.parametrize(
        ("frame", "reach"),
        [
            ({"package": "x/language", "function": "Parse"}, Reach.CALLED),
            ({"package": "x/language"}, Reach.IMPORTED),
            ({}, Reach.REQUIRED),
        ],
    )
    def test_how_the_weak_code_is_reached(self, frame: dict[str, str], reach: Reach) -> None:
        trace = [
            {"module": "x", "version": "v0.3.5", **frame},
            {"module": "me", "position": {"filename": "main.go", "line": 12}},
        ]
        finding = {"osv": "GO-2021-0113", "fixed_version": "v0.3.7", "trace": trace}
        (one,) = found(
            "govulncheck", {"config": {"protocol_version": "v1.0.0"}}, {"osv": self.ADVISORY}, {"finding": finding}
        )
        assert (one.reach, one.aliases, one.title) == (
            reach,
            ("CVE-2021-38561", "GHSA-ppp9-7jff-5vj2"),
            "Out-of-bounds read",
        )
        assert (one.version, one.fixed, one.location, one.line) == ("v0.3.5", ("v0.3.7",), "main.go", 12)

    def test_the_object_of_the_first_versions(self) -> None:
        affected = [{"package": {"name": "x"}, "ranges": [{"events": [{"introduced": "0"}, {"fixed": "0.3.7"}]}]}]
        sinks = [{"CallSink": 3, "ImportSink": 2}, {"CallSink": 0, "ImportSink": 2}, {"CallSink": 0}]
        report = {
            "Calls": {"Functions": {}},
            "Requires": {"Modules": {"1": {"Path": "x", "Version": "v0.3.5"}}},
            "Vulns": [{"OSV": self.ADVISORY | {"affected": affected}, "ModPath": "x", **sink} for sink in sinks],
        }
        three = found("govulncheck", report)
        assert [o.reach for o in three] == [Reach.CALLED, Reach.IMPORTED, Reach.REQUIRED]
        assert {(o.vulnerability, o.version, o.fixed) for o in three} == {("GO-2021-0113", "v0.3.5", ("0.3.7",))}


class TestGithub:
    def graph(self, repository: dict[str, Any], **alert: Any) -> Any:
        return {"data": {"search": {"nodes": [repository | {"vulnerabilityAlerts": {"nodes": [NODE | alert]}}]}}}

    @pytest.mark.parametrize(
        ("alert", "state", "reason"),
        [
            ({"state": "FIXED"}, State.FIXED, ""),
            ({"fixedAt": "2024-01-01T00:00:00Z"}, State.FIXED, ""),
            (
                {"state": "DISMISSED", "dismissReason": "Not used", "dismissComment": "tests"},
                State.NOT_AFFECTED,
                "Not used: tests",
            ),
            ({"state": "DISMISSED", "dismissReason": "fix_started"}, State.SUPPRESSED, "fix_started"),
            ({"state": "AUTO_DISMISSED"}, State.SUPPRESSED, "dismissed"),
            ({"state": "OPEN", "dismissedAt": "2024-01-01T00:00:00Z"}, State.OPEN, ""),
        ],
    )
    def test_an_alert_keeps_its_state(self, alert: Any, state: State, reason: str) -> None:
        (one,) = found("github_vulnerability", self.graph({"nameWithOwner": "team/shop"}, **alert))
        assert (one.state, one.reason, one.asset) == (state, reason, "repo:team/shop")

    def test_the_repository_may_be_known_by_address_or_name_only(self) -> None:
        for repository, asset in (
            ({"url": "https://github.com/team/shop"}, "repo:team/shop"),
            ({"name": "shop"}, "repo:shop"),
        ):
            assert found("github_vulnerability", self.graph(repository))[0].asset == asset

    def test_a_page_with_a_next_one_closes_nothing(self) -> None:
        alerts = {"nodes": [], "pageInfo": {"hasNextPage": True}}
        report = {"data": {"repository": {"nameWithOwner": "team/shop", "vulnerabilityAlerts": alerts}}}
        assert set(reading("github_vulnerability", report).coverage) == {Coverage("repo:team/shop", "", False)}

    def test_edges_hold_nodes(self) -> None:
        alerts = {"edges": [{"cursor": "x", "node": NODE}]}
        (one,) = found("github_vulnerability", {"data": {"repository": {"vulnerabilityAlerts": alerts}}})
        assert (one.component, one.vulnerability) == ("lodash", "github:RVA_1")

    def test_a_rest_alert(self) -> None:
        alert = {
            "state": "dismissed",
            "dismissed_by": {"login": "ada"},
            "dismissed_reason": "tolerable_risk",
            "dismissed_comment": None,
            "html_url": "https://github.com/team/shop/security/dependabot/2",
            "dependency": {"package": {"ecosystem": "pip", "name": "django"}, "manifest_path": "req/base.txt"},
            "security_advisory": {
                "ghsa_id": "GHSA-rf4j-j272-fj86",
                "cve_id": "CVE-2018-6188",
                "cvss": {"score": 0.0, "vector_string": None},
                "cvss_severities": {
                    "cvss_v3": {"vector_string": "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", "score": 7.5}
                },
                "cwes": [{"cwe_id": "CWE-200"}],
                "epss": [{"percentage": "0.01"}],
            },
            "security_vulnerability": {"severity": "high", "first_patched_version": {"identifier": "2.0.2"}},
        }
        (one,) = found("dependabot", [alert])
        assert (one.asset, one.state, one.author, one.reason) == (
            "repo:team/shop",
            State.ACCEPTED,
            "ada",
            "tolerable_risk",
        )
        assert (one.vulnerability, one.aliases) == ("GHSA-rf4j-j272-fj86", ("GHSA-rf4j-j272-fj86", "CVE-2018-6188"))
        assert (one.score, one.cwes, one.fixed, one.epss) == (7.5, (200,), ("2.0.2",), 0.01)
        assert found("dependabot", alert) == [one]
        assert found("dependabot", [alert], [alert]) == [one, one]  # pages one after another
        assert intake.recognise(Source("x", lambda: io.BytesIO(json.dumps([alert]).encode()))) == "dependabot"


class TestHarbor:
    MEDIA = "application/vnd.security.vulnerability.report; version=1.1"

    def test_the_artifact_and_the_media_type_around_the_report(self) -> None:
        artifact = {"repository": "team/shop", "digest": "sha256:ab", "tag": "1.2"}
        record = {"id": "CVE-2020-0001", "package": "curl", "preferred_cvss": {"score_v3": 0, "vector_v3": ""}}
        report = {
            "artifact": artifact,
            "scanner": {},
            "vulnerabilities": [record],
            "generated_at": "2024-01-01T00:00:00Z",
        }
        begun = reading("harbor_vulnerability", {self.MEDIA: report})
        (one,) = (item for item in begun.items if isinstance(item, Observation))
        assert (one.asset, one.score, one.severity) == ("image:team/shop:1.2", None, Severity.UNKNOWN)
        assert one.seen is not None
        assert set(begun.coverage) == {Coverage("image:team/shop:1.2")}

    def test_a_vector_missing_in_the_preference_is_the_sources(self) -> None:
        vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
        sources = {"CVSS": {"nvd": {"V3Score": 9.8, "V3Vector": vector}}}
        record = {"id": "CVE-1", "preferred_cvss": {"score_v3": None, "vector_v3": ""}, "vendor_attributes": sources}
        (one,) = found("harbor_vulnerability", {"scanner": {}, "vulnerabilities": [record]})
        assert (one.vector, one.score) == (vector, 9.8)


class TestTrivyOperator:
    def resource(self, kind: str, what: str, name: str, **rest: Any) -> Any:
        labels = {
            f"trivy-operator.resource.{key}": value
            for key, value in (("kind", what), ("name", name), ("namespace", "shop"))
        }
        return {"apiVersion": "aquasecurity.github.io/v1alpha1", "kind": kind, "metadata": {"labels": labels}, **rest}

    @pytest.mark.parametrize(
        ("what", "name", "asset"),
        [
            ("ReplicaSet", "web-64bdf9c477", "host:shop/Deployment/web"),
            ("ReplicaSet", "etcd-operator", "host:shop/ReplicaSet/etcd-operator"),
            ("Job", "backup-28391820", "host:shop/CronJob/backup"),
            ("Job", "migrate-2", "host:shop/Job/migrate-2"),
            ("StatefulSet", "db-64bdf9c477", "host:shop/StatefulSet/db-64bdf9c477"),
        ],
    )
    def test_a_roll_out_does_not_rename_the_asset(self, what: str, name: str, asset: str) -> None:
        report = self.resource("ConfigAuditReport", what, name, report={"checks": []})
        assert set(reading("trivy_operator", report).coverage) == {Coverage(asset, "ConfigAuditReport")}

    def test_every_way_to_hold_several_reports(self) -> None:
        check = {"checkID": "KSV014", "success": False, "severity": "LOW", "title": "Writable root"}
        one = self.resource(
            "ConfigAuditReport", "Pod", "web", report={"checks": [check, {"checkID": "KSV015", "success": True}]}
        )
        shapes = [one, [one], {"kind": "List", "items": [one]}, {"configauditreports.aquasecurity.github.io": [one]}]
        for shape in shapes:
            begun = reading("trivy_operator", shape)
            (observation,) = (item for item in begun.items if isinstance(item, Observation))
            assert (observation.vulnerability, observation.asset) == ("AVD-KSV-0014", "host:shop/Pod/web")
            assert begun.tally.skipped == {"check passed": 1}
            assert set(begun.coverage) == {Coverage("host:shop/Pod/web", "ConfigAuditReport")}
            assert intake.recognise(Source("x", lambda s=shape: io.BytesIO(json.dumps(s).encode()))) == "trivy_operator"

    def test_a_compliance_check_names_the_workload_without_its_hash(self) -> None:
        check = {"checkID": "AVD-KSV-0010", "success": False, "target": "shop/replicaset-web-64bdf9c477"}
        results = [{"id": "5.2.1", "severity": "HIGH", "checks": [check, {"checkID": "", "success": False}]}]
        report = {
            "kind": "ClusterComplianceReport",
            "metadata": {"name": "cis"},
            "status": {"detailReport": {"results": results}},
        }
        first, second = found("trivy_operator", report)
        assert (first.location, first.severity, first.target) == (
            "shop/deployment/web",
            Severity.HIGH,
            "ClusterComplianceReport/cis",
        )
        assert second.vulnerability == "5.2.1"


LOG4J: dict[str, Any] = {
    "fileName": "log4j-core-2.14.1.jar",
    "filePath": "/app/log4j-core-2.14.1.jar",
    "packages": [
        {"id": "pkg:maven/log4j/log4j@1", "confidence": "LOW"},
        {"id": "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1", "confidence": "HIGHEST"},
    ],
    "vulnerabilities": [
        {
            "source": "NVD",
            "name": "CVE-2021-44228",
            "cvssv3": {
                "baseScore": 10.0,
                "attackVector": "NETWORK",
                "attackComplexity": "LOW",
                "privilegesRequired": "NONE",
                "userInteraction": "NONE",
                "scope": "CHANGED",
                "confidentialityImpact": "HIGH",
                "integrityImpact": "HIGH",
                "availabilityImpact": "HIGH",
                "baseSeverity": "CRITICAL",
            },
            "knownExploitedVulnerability": {"vulnerabilityName": "Log4Shell"},
            "cwes": ["CWE-502"],
        }
    ],
    "suppressedVulnerabilities": [
        {
            "name": "CVE-2020-9488",
            "severity": "low",
            "notes": "no SMTP appender",
            "cvssv2": {
                "score": 4.3,
                "accessVector": "NETWORK",
                "accessComplexity": "MEDIUM",
                "authenticationr": "NONE",
                "confidentialityImpact": "PARTIAL",
                "integrityImpact": "NONE",
                "availabilityImpact": "NONE",
            },
        }
    ],
}


@pytest.mark.parametrize("failed", [False, True])
def test_dependency_check_writes_the_same_as_json(failed: bool) -> None:
    report = {
        "reportSchema": "1.1",
        "scanInfo": {"engineVersion": "12.1.0", "analysisExceptions": [{"exception": {}}] * failed},
        "projectInfo": {"name": "shop", "reportDate": "2025-03-06T10:00:00Z"},
        "dependencies": [LOG4J, {"fileName": "a.jar"}, {"fileName": "b.jar", "vulnerabilities": [{"name": ""}]}],
    }
    assert intake.recognise(Source("x", lambda: io.BytesIO(json.dumps(report).encode()))) == "dependency_check_json"
    begun = reading("dependency_check_json", report)
    weak, suppressed, bad = begun.items
    assert isinstance(weak, Observation)
    assert isinstance(suppressed, Observation)
    assert isinstance(bad, Rejected)
    assert (weak.asset, weak.purl, weak.vector, weak.severity, weak.cwes, weak.exploited) == (
        "project:shop",
        "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1",
        "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H",
        Severity.CRITICAL,
        (502,),
        True,
    )
    assert (suppressed.state, suppressed.reason, suppressed.vector) == (
        State.SUPPRESSED,
        "no SMTP appender",
        "AV:N/AC:M/Au:N/C:P/I:N/A:N",
    )
    assert begun.tally.skipped == {"dependency without vulnerabilities": 1}
    assert list(begun.coverage) == [Coverage("project:shop", succeeded=not failed)]
