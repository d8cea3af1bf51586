"""Small reports of GitLab and Prisma: one trap each."""

from typing import Any

import pytest

from detente.model.finding import Coverage, Kind, Observation, Rejected, Severity
from detente.queue import identity, intake
from readings import found, reading, sheet, source


def gitlab(*vulnerabilities: Any, **scan: Any) -> dict[str, Any]:
    return {"version": "15.0.4", "vulnerabilities": vulnerabilities, "scan": scan}


def flaw(location: dict[str, Any], *identifiers: tuple[str, str], **more: Any) -> dict[str, Any]:
    named = [{"type": kind, "name": value, "value": value} for kind, value in identifiers]
    return {"location": location, "identifiers": named, "severity": "High", **more}


@pytest.mark.parametrize("name", ["gitlab_dep_scan", "gitlab_container_scan", "gitlab_sast", "twistlock"])
@pytest.mark.parametrize("data", [b"", b"null", b"[]", b" \n"])
def test_what_says_nothing_closes_nothing(name: str, data: bytes) -> None:
    begun = reading(name, data)
    assert list(begun.items) == []
    assert not begun.coverage


RECORDS: dict[str, Any] = {
    "gitlab_dep_scan": (lambda records: gitlab(*records), flaw({"file": "go.sum"}, ("cve", "CVE-2020-0001"))),
    "gitlab_sast": (lambda records: gitlab(*records), flaw({"file": "a.py"}, ("bandit_test_id", "B303"))),
    "twistlock": (lambda records: {"results": [{"vulnerabilities": records}]}, {"id": "CVE-2020-0001"}),
}


@pytest.mark.parametrize("name", RECORDS)
@pytest.mark.parametrize("bad", [7, "text", {"location": 1, "name": [], "id": {}}], ids=str)
def test_a_bad_record_is_set_aside_alone(name: str, bad: Any) -> None:
    wrap, good = RECORDS[name]
    items = list(reading(name, wrap([good, bad, good])).items)
    assert [type(item) for item in items] == [Observation, Rejected, Observation]
    assert bool(items[1].raw) is (name != "gitlab_sast")  # which may hold secrets


class TestGitLab:
    @pytest.mark.parametrize(
        ("document", "name"),
        [
            (gitlab(type="secret_detection"), "gitlab_sast"),
            (gitlab(type="cluster_image_scanning"), "gitlab_container_scan"),
            (gitlab(flaw({"start_line": 1, "dependency": {}})), "gitlab_sast"),
            (gitlab(flaw({"dependency": {}, "image": "a:1"})), "gitlab_container_scan"),
            (gitlab(flaw({"dependency": {}, "file": "go.sum"})), "gitlab_dep_scan"),
            (gitlab(type="dast"), None),
            ({"version": "1.2", "vulnerabilities": []}, None),
        ],
    )
    def test_the_kind_is_told_or_seen(self, document: dict[str, Any], name: str | None) -> None:
        assert intake.recognise(source(document)) == name

    def test_a_rule_is_named_by_the_shorter_text(self) -> None:
        named = {"type": "njsscan_rule_type", "name": "node_username", "value": "A hardcoded username was found."}
        cwe = {"type": "cwe", "name": "CWE-798", "value": "node_username_12"}
        (item,) = found(
            "gitlab_sast", gitlab({"location": {"file": "a.js", "start_line": "3"}, "identifiers": [cwe, named]})
        )
        assert (item.vulnerability, item.cwes, item.line) == ("njsscan_rule_type:node_username", (798,), 3)

    def test_an_advisory_of_several_cves_is_none_of_them(self) -> None:
        several = flaw({}, ("gemnasium", "u-1"), ("cve", "CVE-2020-0001"), ("cve", "CVE-2020-0002"))
        (item,) = found("gitlab_dep_scan", gitlab(several))
        assert (item.vulnerability, item.related) == ("gemnasium:u-1", ("CVE-2020-0001", "CVE-2020-0002"))

    def test_fingerprints_outlive_moved_lines(self) -> None:
        signatures = [{"algorithm": "hash", "value": "1"}, {"algorithm": "scope_offset", "value": "a.py|f[0]:8"}]
        tracked = {"tracking": {"type": "source", "items": [{"signatures": signatures}]}}
        key = {"cve": "a.py:246:rule"}, {"cve": f"a.py:{'ab' * 32}:B303"}, {"cve": f"a.py:e3b0c442{'00' * 28}:B303"}
        report = gitlab(*(flaw({"file": "a.py"}, ("bandit_test_id", "B303"), **more) for more in (tracked, *key)))
        assert [item.fingerprint for item in found("gitlab_sast", report)] == ["a.py|f[0]:8", "", "ab" * 32, ""]

    def test_leaked_secrets_are_secrets_and_stay_unread(self) -> None:
        leak = flaw(
            {"file": "a.env"},
            ("gitleaks_rule_id", "AWS"),
            raw_source_code_extract="AKIA-SECRET",
            cve=f"a.env:{'cd' * 32}:AWS",
        )
        (item,) = found("gitlab_sast", gitlab(leak))
        assert item.kind is Kind.SECRET
        assert "SECRET" not in repr(item).replace("Kind.SECRET", "")
        assert "cdcd" not in item.fingerprint

    def test_a_failed_scan_closes_nothing_and_analyzers_do_not_close_each_other(self) -> None:
        for name in ("gitlab_dep_scan", "gitlab_sast", "gitlab_container_scan"):
            begun = reading(name, gitlab(scanner={"id": "semgrep"}, status="failure"))
            assert list(begun.items) == []
            assert list(begun.coverage) == [Coverage("", "semgrep", succeeded=False)]

    def test_the_package_manager_of_the_manifest_is_the_ecosystem(self) -> None:
        place = {"file": "Gemfile.lock", "dependency": {"package": {"name": "rack"}, "version": "1"}}
        report = gitlab(flaw(place, ("cve", "CVE-2020-0001"), solution="Upgrade to versions 1.2, 2.0 or above."))
        files = [{"path": "Gemfile.lock", "package_manager": "bundler", "dependencies": [{"iid": 1}]}]
        (item,) = found("gitlab_dep_scan", report | {"dependency_files": files})
        assert (identity.component(item), item.fixed) == ("pkg:gem/rack", ("1.2", "2.0"))

    def test_a_place_inside_the_image_is_no_image(self) -> None:
        def inside(image: str) -> dict[str, Any]:
            return flaw({"image": image, "operating_system": "Unknown"}, ("cve", "CVE-2020-0001"))

        items = found("gitlab_container_scan", gitlab(inside("shop/web:1@sha256:ab"), inside("app/composer.lock")))
        assert [(item.asset, item.location) for item in items] == [
            ("image:shop/web:1", ""),
            ("image:shop/web:1", "app/composer.lock"),
        ]


class TestPrisma:
    def test_risk_factors_are_a_mapping_or_a_list(self) -> None:
        for factors in ({"Exploit in the wild": {}}, ["Exploit exists - in the wild"]):
            report = {
                "results": [{"name": "web:1", "vulnerabilities": [{"id": "CVE-2020-0001", "riskFactors": factors}]}]
            }
            assert found("twistlock", report)[0].exploited
        report = {"results": [{"vulnerabilities": [{"id": "CVE-2020-0001", "riskFactors": {"Exploit exists": {}}}]}]}
        assert not found("twistlock", report)[0].exploited

    def test_an_image_is_covered_by_name_and_its_packages_are_read_over(self) -> None:
        result = {
            "id": "sha256:1",
            "name": "shop/web:1",
            "distro": "x",
            "packages": [{"name": "a"}],
            "vulnerabilities": None,
        }
        begun = reading("twistlock", {"results": [result]})
        assert list(begun.items) == []
        assert list(begun.coverage) == [Coverage("image:shop/web:1")]

    def test_a_row_is_a_package_or_a_check(self) -> None:
        row = {
            "Repository": "web", "Tag": "1", "Distro": "Red Hat Enterprise Linux 8", "CVE ID": "CVE-2020-0001", "Compliance ID": "46",
            "Type": "OS", "Severity": "important", "Packages": "glibc (used in libc6, libc-bin)", "Package Version": "1:2.28",
            "CVSS": "7.50", "Fix Status": "fixed in 1:2.29-1, 2.30", "Risk Factors": "", "Description": "", "Cause": "as root",
        }  # fmt: skip
        package, check = found("twistlock_csv", sheet(row, row | {"CVE ID": "", "Packages": ""}))
        assert (package.component, package.ecosystem, package.severity) == ("glibc", "redhat", Severity.HIGH)
        assert (package.fixed, package.asset) == (("1:2.29-1", "2.30"), "image:web:1")
        assert (check.kind, check.vulnerability, check.reason) == (Kind.CONFIG, "twistlock:46", "as root")
