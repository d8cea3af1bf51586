"""SARIF as its many writers really write it: one trap each."""

import io
import json
from typing import Any

import pytest

from detente.model.finding import Coverage, Kind, Observation, Rejected, Severity, State
from detente.queue import intake
from detente.queue.parsers import registry
from detente.queue.source import Source


def reading(*runs: Any, **top: Any) -> intake.Reading:
    data = json.dumps({"runs": list(runs), "version": "2.1.0", **top}).encode()
    return intake.read(registry.parser("sarif"), Source("report.sarif", lambda: io.BytesIO(data)))


def run(*results: Any, driver: str = "Scanner", rules: Any = (), **more: Any) -> dict[str, Any]:
    return {"results": list(results), "tool": {"driver": {"name": driver, "rules": list(rules)}}, **more}


def found(*runs: Any) -> list[Observation]:
    return [item for item in reading(*runs).items if isinstance(item, Observation)]


def place(uri: str, line: int = 1, base: str | None = None, snippet: str | None = None) -> dict[str, Any]:
    region = {"startLine": line} | ({"snippet": {"text": snippet}} if snippet else {})
    return {"physicalLocation": {"artifactLocation": {"uri": uri, "uriBaseId": base}, "region": region}}


def result(rule: str = "R1", text: str = "a message", **more: Any) -> dict[str, Any]:
    return {"ruleId": rule, "message": {"text": text}, "locations": [place("src/a.py")], **more}


@pytest.mark.parametrize(
    "reference",
    [
        {"ruleId": "R1"},
        {"ruleIndex": 0},
        {"rule": {"id": "R1"}},
        {"ruleId": "R1/part", "ruleIndex": 0},
        {"ruleId": "R1/part"},
    ],
)
def test_a_rule_is_found_by_index_or_id(reference: dict[str, Any]) -> None:
    rule = {"id": "R1", "defaultConfiguration": {"level": "error"}}
    (only,) = found(run({"message": {"text": "m"}, **reference}, rules=[rule]))
    assert only.severity is Severity.HIGH
    assert only.vulnerability.startswith("R1")


def test_a_rule_may_live_in_an_extension() -> None:
    extension = {
        "name": "queries",
        "rules": [{"id": "js/x", "properties": {"security-severity": "9.1", "tags": ["external/cwe/cwe-079"]}}],
    }
    said = {"message": {"text": "m"}, "rule": {"index": 0, "toolComponent": {"index": 0}}}
    (only,) = found({"results": [said], "tool": {"driver": {"name": "CodeQL"}, "extensions": [extension]}})
    assert (only.vulnerability, only.severity, only.cwes, only.score) == ("js/x", Severity.CRITICAL, (79,), None)


def test_a_result_without_any_rule_is_named_by_its_message() -> None:
    (only,) = found(run({"message": {"text": "something is wrong"}}))
    assert (only.vulnerability, only.severity) == ("something is wrong", Severity.MEDIUM)


@pytest.mark.parametrize(
    ("level", "severity"),
    [
        ("error", Severity.HIGH),
        ("warning", Severity.MEDIUM),
        ("note", Severity.LOW),
        ("none", Severity.INFO),
        (None, Severity.MEDIUM),
    ],
)
def test_levels(level: str | None, severity: Severity) -> None:
    assert found(run(result(level=level)))[0].severity is severity


def test_the_result_rates_itself_before_its_rule() -> None:
    rule = {"id": "R1", "properties": {"security-severity": "9.8"}}
    assert found(run(result(properties={"security-severity": 2.0}), rules=[rule]))[0].severity is Severity.LOW


def test_passes_are_skipped_and_counted() -> None:
    begun = reading(
        run(*(result(kind=kind) for kind in ("pass", "notApplicable", "informational", "fail", "review", "open")))
    )
    assert len(list(begun.items)) == 3
    assert sum(begun.tally.skipped.values()) == 3


@pytest.mark.parametrize(
    ("suppressions", "state", "reason"),
    [
        (None, State.OPEN, ""),
        ([], State.OPEN, ""),
        ([{"kind": "inSource"}], State.SUPPRESSED, "suppressed"),
        ([{"kind": "external", "status": "accepted", "justification": "test data"}], State.SUPPRESSED, "test data"),
        ([{"kind": "external", "status": "rejected"}], State.OPEN, ""),
        ([{"kind": "external", "status": "underReview"}], State.OPEN, ""),
    ],
)
def test_suppressions(suppressions: Any, state: State, reason: str) -> None:
    (only,) = found(run(result(suppressions=suppressions)))
    assert (only.state, only.reason) == (state, reason)


def test_absent_from_the_baseline_is_fixed() -> None:
    assert [o.state for o in found(run(result(baselineState="absent"), result(baselineState="unchanged")))] == [
        State.FIXED,
        State.OPEN,
    ]


def test_each_location_is_a_place_and_none_is_one_too() -> None:
    several = found(run(result(locations=[place("a.py", 3), place("b.py", 4)])))
    assert [(o.location, o.line) for o in several] == [("a.py", 3), ("b.py", 4)]
    assert [(o.location, o.line) for o in found(run(result(locations=[]), result(locations=None)))] == [("", None)] * 2


def test_a_logical_name_stands_in_for_a_path() -> None:
    assert (
        found(run(result(locations=[{"logicalLocations": [{"fullyQualifiedName": "ns::f"}]}])))[0].location == "ns::f"
    )


@pytest.mark.parametrize(
    ("uri", "base", "location"),
    [
        ("src/a%20b.py", None, "src/a b.py"),
        ("src/%C3%A9.py", "%SRCROOT%", "src/é.py"),
        ("file:///home/ci/shop/src/a.py", None, "src/a.py"),
        ("/home/ci/shop/src/a.py", None, "src/a.py"),
        ("a.py", "MODULE", "packages/web/a.py"),
        ("a.py", "ROOT", "a.py"),
        ("file:///C:/code/file1.c", None, "/code/file1.c"),
        ("src\\win\\a.cs", None, "src/win/a.cs"),
    ],
)
def test_paths_are_those_below_the_checkout(uri: str, base: str | None, location: str) -> None:
    (only,) = found(
        run(
            result(locations=[place(uri, base=base)]),
            originalUriBaseIds={
                "ROOT": {"uri": "file:///home/ci/shop/"},
                "MODULE": {"uri": "packages/web/", "uriBaseId": "ROOT"},
            },
            invocations=[{"executionSuccessful": True, "workingDirectory": {"uri": "file:///home/ci/shop/"}}],
        )
    )
    assert only.location == location


def test_a_place_may_be_an_index_into_the_artifacts() -> None:
    where = {"physicalLocation": {"artifactLocation": {"index": 1}}}
    artifacts = [{"location": {"uri": "a.c"}}, {"location": {"uri": "b.c"}, "contents": {"text": "x" * 100}}]
    assert found(run(result(locations=[where]), artifacts=artifacts))[0].location == "b.c"


@pytest.mark.parametrize(
    ("prints", "fingerprint"),
    [
        (
            {
                "partialFingerprints": {
                    "primaryLocationLineHash": "5a98dafd76d3d9c1:1",
                    "primaryLocationStartColumnFingerprint": "444444",
                }
            },
            "5a98dafd76d3d9c1:1",
        ),
        ({"fingerprints": {"contextHash/v1": "e6c1ad2b1d96"}}, "e6c1ad2b1d96"),
        ({"fingerprints": {"matchBasedId/v1": "requires login"}}, ""),
        ({"partialFingerprints": {"commitSha": "9a8b7c6d5e", "email": "a@b.example", "author": "someone"}}, ""),
    ],
)
def test_only_stable_fingerprints_are_used(prints: Any, fingerprint: str) -> None:
    assert found(run(result(**prints)))[0].fingerprint == fingerprint


def test_without_a_fingerprint_the_snippet_identifies_a_line_that_moves() -> None:
    one, other = found(
        run(
            result(locations=[place("a.py", 3, snippet="  eval(x)\n")]),
            result(locations=[place("a.py", 9, snippet="eval(x)")]),
        )
    )
    assert one.fingerprint == other.fingerprint != ""


def test_weaknesses_come_from_tags_properties_relationships_and_taxa() -> None:
    cwe = {"toolComponent": {"name": "CWE"}}
    rules = [
        {"id": "A", "properties": {"tags": ["security", "CWE-89: SQL", "OWASP-A03"]}},
        {"id": "B", "relationships": [{"target": {"id": "327", **cwe}}, {"target": {"id": "CWE-20"}}]},
        {"id": "C", "helpUri": "https://cwe.mitre.org/data/definitions/91.html"},
        {"id": "D"},
        {"id": "E"},
    ]
    said = [
        result("A"),
        result("B"),
        result("C"),
        result("D", taxa=[{"id": "79", **cwe}, {"id": "A1", "toolComponent": {"name": "OWASP"}}]),
        result("E", properties={"cwe": "CWE-327: Broken", "owasp": "A9"}),
    ]
    assert [o.cwes for o in found(run(*said, rules=rules))] == [(89,), (327, 20), (91,), (79,), (327,)]


def test_messages_are_looked_up_filled_in_and_cleaned() -> None:
    rule = {"id": "R1", "messageStrings": {"default": {"text": "{0} leaks into {1}"}}}
    by_id = {"ruleId": "R1", "message": {"id": "default", "arguments": ["name", "log"]}}
    linked = result(text="flows from [a parameter](1) to here.\nMore.")
    assert [o.title for o in found(run(by_id, linked, rules=[rule]))] == [
        "name leaks into log",
        "flows from a parameter to here.",
    ]


TRIVY_TEXT = "Package: libcurl4\nInstalled Version: 7.74.0-1\nVulnerability CVE-2021-22945\nSeverity: CRITICAL\nFixed Version: {}\nLink: [x](y)"


def test_trivy_names_a_package_and_the_run_its_image() -> None:
    rule = {
        "id": "CVE-2021-22945",
        "name": "OsPackageVulnerability",
        "shortDescription": {"text": "curl: use-after-free"},
        "properties": {"security-severity": "9.1"},
    }
    fixed, unfixed = found(
        run(
            result("CVE-2021-22945", TRIVY_TEXT.format("7.74.0-2, 7.75")),
            result("CVE-2021-22945", TRIVY_TEXT.format("")),
            driver="Trivy",
            rules=[rule],
            properties={"imageName": "shop/web:1.2@sha256:0123"},
        )
    )
    assert (fixed.kind, fixed.component, fixed.version, fixed.fixed) == (
        Kind.PACKAGE,
        "libcurl4",
        "7.74.0-1",
        ("7.74.0-2", "7.75"),
    )
    assert (fixed.asset, fixed.score, fixed.title) == ("image:shop/web:1.2", 9.1, "curl: use-after-free")
    assert unfixed.fixed == ()


@pytest.mark.parametrize(
    ("driver", "said", "rule", "package"),
    [
        (
            "grype",
            result(
                "CVE-2020-36327-bundler",
                "A high vulnerability in gem package: bundler, version 2.1.4 was found in image x at: /usr/lib/b.gemspec",
            ),
            {
                "help": {
                    "text": "Vulnerability CVE-2020-36327\nSeverity: high\nPackage: bundler\nVersion: 2.1.4\nFix Version: 2.2.10,2.2.18\nType: gem\n"
                }
            },
            ("CVE-2020-36327", "bundler", "2.1.4", ("2.2.10", "2.2.18"), "pkg:gem/bundler"),
        ),
        (
            "Snyk Open Source",
            result("SNYK-JS-LODASH-567746", "This file introduces a vulnerable lodash package"),
            {
                "shortDescription": {"text": "High severity - Prototype Pollution"},
                "fullDescription": {"text": "(CVE-2020-8203) lodash@4.17.15"},
            },
            ("SNYK-JS-LODASH-567746", "lodash", "4.17.15", (), "pkg:npm/lodash"),
        ),
        (
            "osv-scanner",
            result(
                "CVE-2022-24713",
                "Package 'regex@1.5.1' is vulnerable to 'CVE-2022-24713' (also known as 'RUSTSEC-2022-0013', 'GHSA-m5pq-gvj9-9vr8').",
            ),
            {},
            ("CVE-2022-24713", "regex", "1.5.1", (), ""),
        ),
        (
            "docker scout",
            result(
                "CVE-2024-21538",
                "Vulnerability : CVE-2024-21538\nSeverity : HIGH\nPackage : pkg:npm/cross-spawn@7.0.3\nFixed version : 7.0.5",
            ),
            {},
            ("CVE-2024-21538", "cross-spawn", "7.0.3", ("7.0.5",), "pkg:npm/cross-spawn@7.0.3"),
        ),
        (
            "dependency-check",
            result(
                "CVE-2018-1000632",
                "dom4j",
                locations=[{"logicalLocations": [{"fullyQualifiedName": "pkg:maven/dom4j/dom4j@1.6.1"}]}],
            ),
            {},
            ("CVE-2018-1000632", "dom4j", "1.6.1", (), "pkg:maven/dom4j/dom4j@1.6.1"),
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_composition_scanners_name_packages(driver: str, said: Any, rule: Any, package: tuple[Any, ...]) -> None:
    (only,) = found(run(said, driver=driver, rules=[{"id": said["ruleId"], **rule}]))
    assert only.kind is Kind.PACKAGE
    assert (only.vulnerability, only.component, only.version, only.fixed, only.purl) == package


def test_aliases_of_a_package_are_those_said_to_be_the_same() -> None:
    text = "Package 'regex@1.5.1' is vulnerable to 'GHSA-m5pq-gvj9-9vr8' (also known as 'CVE-2022-24713'). Unlike CVE-2019-0001."
    (only,) = found(run(result("GHSA-m5pq-gvj9-9vr8", text)))
    assert only.aliases == ("CVE-2022-24713",)


def test_a_linter_that_speaks_of_packages_stays_code() -> None:
    (only,) = found(run(result("python-imports", "Package: unused\nType: style")))
    assert only.kind is Kind.CODE


@pytest.mark.parametrize(
    ("driver", "name", "uri", "kind"),
    [
        ("CodeQL", "js/xss", "a.js", Kind.CODE),
        ("Checkov", "CKV_AWS_1", "main.tf", Kind.CONFIG),
        ("Trivy", "Misconfiguration", "Dockerfile", Kind.CONFIG),
        ("Trivy", "Secret", ".env", Kind.SECRET),
        ("Semgrep OSS", "generic.secrets.security.detected-aws", "a.py", Kind.SECRET),
        ("ZAP", "10020", "https://shop.example/login", Kind.WEB),
    ],
)
def test_the_tool_tells_the_kind(driver: str, name: str, uri: str, kind: Kind) -> None:
    (only,) = found(run(result("R1", locations=[place(uri)]), driver=driver, rules=[{"id": "R1", "name": name}]))
    assert only.kind is kind


def test_a_secret_is_nowhere_in_what_is_kept() -> None:
    secret = "AKIAIMNOJVGFDXXXE4OA"
    said = result(
        "aws-access-token", f"aws-access-token has detected secret {secret}", locations=[place("a.py", snippet=secret)]
    )
    begun = reading(run(said, {**said, "locations": "rubbish"}, driver="gitleaks", rules=[{"id": "aws-access-token"}]))
    items = list(begun.items)
    assert [type(item) for item in items] == [Observation, Rejected]
    assert secret not in repr(items)
    assert isinstance(items[0], Observation)
    assert items[0].fingerprint


def test_a_bad_result_is_set_aside_alone() -> None:
    items = list(reading(run(result("A"), {"ruleId": 7, "locations": {}}, result("B"))).items)
    assert [item.vulnerability if isinstance(item, Observation) else "bad" for item in items] == ["A", "bad", "B"]


@pytest.mark.parametrize(
    ("more", "succeeded"),
    [
        ({}, True),
        ({"invocations": [{"executionSuccessful": True}]}, True),
        ({"invocations": [{"executionSuccessful": True}, {"executionSuccessful": False}]}, False),
        ({"results": None}, False),
    ],
)
def test_a_run_closes_only_when_it_looked(more: dict[str, Any], succeeded: bool) -> None:
    begun = reading(run(driver="CodeQL", **more) | more)
    assert list(begun.items) == []
    assert list(begun.coverage) == [Coverage("", "CodeQL", succeeded)]


def test_tools_categories_and_repositories_are_scopes_of_their_own() -> None:
    where = {"versionControlProvenance": [{"repositoryUri": "https://git.example/shop/checkout.git"}]}
    begun = reading(run(driver="CodeQL", automationDetails={"id": "python/2024-01-01"}, **where), run(driver="Bandit"))
    list(begun.items)
    assert list(begun.coverage) == [Coverage("repo:shop/checkout", "CodeQL python"), Coverage("", "Bandit")]


@pytest.mark.parametrize(
    ("document", "name"),
    [
        ({"version": "2.1.0", "runs": []}, "sarif"),
        ({"runs": [run(driver="SnykCode")], "version": "2.1.0"}, "snyk_code"),
        ({"runs": [{"results": [{"message": {"text": "x" * 70000}}], "tool": {"driver": {"name": "late"}}}]}, "sarif"),
        ({"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run()]}, "sarif"),
        ({"version": 3, "runs": [1]}, None),
    ],
)
def test_it_is_recognised_in_any_order_of_keys(document: Any, name: str | None) -> None:
    assert intake.recognise(Source("r.json", lambda: io.BytesIO(json.dumps(document).encode()))) == name


def test_snyk_code_is_known_by_its_second_fingerprint() -> None:
    document = {
        "version": "2.1.0",
        "runs": [run(result(fingerprints={"0": "a" * 64, "1": "cf7733e4.4773f344"}), driver="SnykCode")],
    }
    begun = intake.read(
        registry.parser("snyk_code"), Source("r.json", lambda: io.BytesIO(json.dumps(document).encode()))
    )
    (only,) = begun.items
    assert isinstance(only, Observation)
    assert only.fingerprint == "cf7733e4.4773f344"
