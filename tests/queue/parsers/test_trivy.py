"""Trivy: what its four kinds of result become, and what is in real reports beside them."""

import io
import json
from typing import Any

import pytest

from detente.model.finding import Coverage, Kind, Observation, Rejected, Severity, State
from detente.queue import identity, intake
from detente.queue.parsers import registry
from detente.queue.source import Source

WEAK = {"VulnerabilityID": "CVE-2020-0001", "PkgName": "curl", "InstalledVersion": "7.1"}


def reading(value: Any, name: str = "trivy") -> intake.Reading:
    return intake.read(registry.parser(name), Source("x.json", lambda: io.BytesIO(json.dumps(value).encode())))


def found(value: Any) -> list[Observation]:
    return [item for item in reading(value).items if isinstance(item, Observation)]


def result(**parts: Any) -> dict[str, Any]:
    return {"SchemaVersion": 2, "ArtifactName": "app:1", "Results": [{"Target": "app", "Type": "debian", **parts}]}


@pytest.mark.parametrize(
    ("kind", "name", "asset"),
    [
        ("container_image", "team/app:1@sha256:ab", "image:team/app:1"),
        ("repository", "https://host.example/team/app", "repo:https://host.example/team/app"),
        ("filesystem", "services/app", "project:services/app"),
        ("filesystem", ".", ""),
        ("cyclonedx", "sbom.json", "project:sbom.json"),
        (None, "", ""),
    ],
)
def test_the_asset_and_what_was_looked_at(kind: str | None, name: str, asset: str) -> None:
    report = {
        "ArtifactName": name,
        "ArtifactType": kind,
        "Results": [{"Target": "a"}, {"Target": "b", "Vulnerabilities": [WEAK]}],
    }
    begun = reading(report)
    (one,) = (item for item in begun.items if isinstance(item, Observation))
    assert (one.asset, one.target) == (asset, "b")
    assert set(begun.coverage) == {Coverage(asset, "a"), Coverage(asset, "b")}


def test_the_vector_of_the_issuing_source_and_its_newest_version() -> None:
    three, four = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:H/A:N", "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N"
    ratings = {
        "nvd": {"V3Vector": three.replace("I:H", "I:L"), "V3Score": 5.3},
        "ghsa": {"V2Vector": "AV:N", "V3Vector": three, "V3Score": 7.5, "V40Vector": four, "V40Score": 8.7},
    }
    (one,) = found(result(Vulnerabilities=[WEAK | {"SeveritySource": "ghsa", "CVSS": ratings}]))
    assert (one.vector, one.score) == (four, 8.7)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("fixed", State.OPEN),
        ("affected", State.OPEN),
        ("will_not_fix", State.OPEN),
        ("end_of_life", State.OPEN),
        ("not_affected", State.NOT_AFFECTED),
        ("under_investigation", State.INVESTIGATING),
    ],
)
def test_a_fix_that_exists_has_not_been_installed(status: str, state: State) -> None:
    (one,) = found(result(Vulnerabilities=[WEAK | {"Status": status, "FixedVersion": "7.2, 8.0"}]))
    assert (one.state, one.reason, one.fixed) == (state, status, ("7.2", "8.0"))


def test_a_package_without_its_address_gets_one_from_its_type() -> None:
    (made,) = found(result(Vulnerabilities=[WEAK]))
    (given,) = found(result(Vulnerabilities=[WEAK | {"PkgIdentifier": {"PURL": "pkg:deb/debian/curl@7.1"}}]))
    assert (made.purl, given.purl) == ("pkg:deb/debian/curl", "pkg:deb/debian/curl@7.1")
    assert identity.component(made) == identity.component(given)


def test_checks_that_failed_are_findings_and_the_others_counted() -> None:
    checks = [
        {"ID": "DS002", "Status": "FAIL", "Title": "root user", "CauseMetadata": {"Resource": "user", "StartLine": 3}},
        {"ID": "DS002", "AVDID": "AVD-DS-0002", "Status": "PASS"},
        {"ID": "DS005", "Status": "EXCEPTION"},
    ]
    begun = reading(result(Misconfigurations=checks))
    (one,) = (item for item in begun.items if isinstance(item, Observation))
    assert (one.kind, one.vulnerability, one.location, one.line) == (Kind.CONFIG, "AVD-DS-0002", "app#user", 3)
    assert begun.tally.skipped == {"check pass": 1, "check exception": 1}


def test_a_secret_is_known_by_the_words_around_it_and_never_kept() -> None:
    secrets = [{"RuleID": "github-pat", "Match": match, "StartLine": 1} for match in ("A=*****", "B=*****", "A=*****")]
    first, second, third = found(result(Secrets=secrets))
    assert first == third
    assert first.fingerprint != second.fingerprint
    assert "*****" not in repr(first)
    (rejected,) = reading(result(Secrets=[{"Match": "TOKEN=abc"}])).items
    assert isinstance(rejected, Rejected)
    assert rejected.raw == b""


def test_a_licence_names_its_package_or_its_file() -> None:
    licences = [
        {"Name": "GPL-2.0", "PkgName": "bash", "Severity": "HIGH", "Category": "restricted"},
        {"Name": "OpenSSL", "FilePath": "/etc/ssl/CA.pl"},
    ]
    package, loose = found(result(Licenses=licences))
    assert (package.kind, package.vulnerability, package.component) == (Kind.LICENCE, "licence:GPL-2.0", "bash")
    assert (loose.location, loose.severity) == ("/etc/ssl/CA.pl", Severity.UNKNOWN)


def test_what_trivy_suppressed_says_why() -> None:
    modified = [
        {
            "Type": "vulnerability",
            "Status": "ignored",
            "Statement": "accepted",
            "Source": ".trivyignore",
            "Finding": WEAK,
        },
        {"Type": "vulnerability", "Status": "not_affected", "Finding": WEAK},
        {"Type": "vulnerability", "Status": "fixed", "Finding": WEAK},
        {"Type": "future", "Status": "fixed", "Finding": {}},
    ]
    *three, unknown = reading(result(ExperimentalModifiedFindings=modified)).items
    assert [(o.state, o.reason, o.author) for o in three if isinstance(o, Observation)] == [
        (State.SUPPRESSED, "accepted", ".trivyignore"),
        (State.NOT_AFFECTED, "not_affected", ""),
        (State.FIXED, "fixed", ""),
    ]
    assert isinstance(unknown, Rejected)


@pytest.mark.parametrize("key", ["Resources", "Vulnerabilities", "Findings"])
def test_a_cluster_report_of_any_age_names_the_resource(key: str) -> None:
    held = {
        "Namespace": "shop",
        "Kind": "Deployment",
        "Name": "web",
        "Results": result(Vulnerabilities=[WEAK])["Results"],
    }
    report = {"ClusterName": "c", key: [held, {"Kind": "Role", "Name": "r", "Results": [{"Target": "r"}]}]}
    begun = reading(report, "trivy_cluster")
    (one,) = (item for item in begun.items if isinstance(item, Observation))
    assert one.asset == "host:shop/Deployment/web"
    assert set(begun.coverage) == {Coverage("host:shop/Deployment/web", "app"), Coverage("host:cluster/Role/r", "r")}


def test_the_list_of_the_first_schema() -> None:
    begun = reading(
        [{"Target": "a", "Type": "npm", "Vulnerabilities": [WEAK]}, {"Target": "b", "Vulnerabilities": None}]
    )
    (one,) = (item for item in begun.items if isinstance(item, Observation))
    assert (one.target, one.purl) == ("a", "pkg:npm/curl")
    assert set(begun.coverage) == {Coverage("", "a"), Coverage("", "b")}


def test_a_null_report_finds_nothing_and_closes_nothing() -> None:
    begun = reading(None)
    assert list(begun.items) == []
    assert not begun.coverage
