"""Small bills of materials and VEX documents for what real ones do to their readers: one trap each."""

from datetime import UTC, datetime
from typing import Any

import pytest

from detente.model.errors import DetenteError
from detente.model.finding import Coverage, Kind, Observation, Rejected, Severity, State
from detente.queue import identity
from detente.queue.derive import derived
from readings import found, reading

LOG4J = "pkg:maven/org.apache.logging.log4j/log4j-core@2.13.2"
PART = {"bom-ref": "a", "name": "log4j-core", "version": "2.13.2", "purl": LOG4J}


def bom(*vulnerabilities: Any, **more: Any) -> dict[str, Any]:
    subject = {"component": {"type": "container", "name": "shop/web:1.2", "bom-ref": "me"}}
    whole = {"bomFormat": "CycloneDX", "metadata": subject, "components": [PART], "vulnerabilities": vulnerabilities}
    return {key: value for key, value in (whole | more).items() if value is not None}


def flaw(**more: Any) -> dict[str, Any]:
    return {"id": "CVE-2021-44228", "affects": [{"ref": "a"}], **more}


@pytest.mark.parametrize("name", ["cyclonedx", "dependency_track", "openvex", "csaf"])
@pytest.mark.parametrize("data", [b"", b"null", b"[]", b" \n"])
def test_what_says_nothing_closes_nothing(name: str, data: bytes) -> None:
    begun = reading(name, data)
    assert list(begun.items) == []
    assert not begun.coverage


@pytest.mark.parametrize("name", ["cyclonedx_xml", "dependency_check"])
def test_an_empty_file_is_no_xml(name: str) -> None:
    with pytest.raises(DetenteError, match="not well-formed"):
        reading(name, b"")


RECORDS: dict[str, Any] = {
    "cyclonedx": (lambda records: bom(*records), flaw()),
    "dependency_track": (
        lambda records: {"meta": {"application": "Dependency-Track"}, "findings": records},
        {"component": {"name": "a"}, "vulnerability": {"vulnId": "CVE-2020-1"}},
    ),
    "openvex": (
        lambda records: {"@context": "https://openvex.dev/ns", "statements": records},
        {"status": "fixed", "vulnerability": "CVE-2020-0001", "products": [LOG4J]},
    ),
    "csaf": (
        lambda records: {"document": {"csaf_version": "2.0"}, "vulnerabilities": records},
        {"cve": "CVE-2020-0001", "product_status": {"fixed": ["P1"]}},
    ),
}


@pytest.mark.parametrize("name", RECORDS)
@pytest.mark.parametrize("bad", [7, "text", {"id": [], "status": 1, "cve": {}}], ids=str)
def test_a_bad_record_is_set_aside_alone_and_can_be_retried(name: str, bad: Any) -> None:
    wrap, good = RECORDS[name]
    items = list(reading(name, wrap([good, bad, good])).items)
    assert [type(item) for item in items] == [Observation, Rejected, Observation]
    assert [type(item) for item in reading(name, items[1].raw).items] == [Rejected]


class TestCycloneDX:
    def test_one_finding_per_component_affected_on_the_image_of_the_bill(self) -> None:
        first, second = found("cyclonedx", bom(flaw(affects=[{"ref": "a"}, {"ref": "pkg:npm/%40x/y@1"}, {"ref": "a"}])))
        assert (first.asset, first.component, first.version) == (
            "image:shop/web:1.2",
            "org.apache.logging.log4j:log4j-core",
            "2.13.2",
        )
        assert (second.component, second.version, second.ecosystem) == ("@x/y", "1", "npm")

    def test_components_may_come_after_what_refers_to_them(self) -> None:
        document = dict(reversed(bom(flaw()).items()))
        assert next(iter(document)) == "vulnerabilities"
        assert [item.version for item in found("cyclonedx", document)] == ["2.13.2"]

    def test_parts_of_an_assembly_are_known_too(self) -> None:
        whole = {"bom-ref": "w", "name": "shop", "components": [{"name": "b", "components": [PART]}]}
        assert found("cyclonedx", bom(flaw(), components=[whole]))[0].purl == LOG4J

    def test_a_reference_to_nothing_keeps_the_finding(self) -> None:
        (item,) = found("cyclonedx", bom(flaw(affects=[{"ref": "gone"}])))
        assert (item.component, item.version, item.state) == ("gone", "", State.OPEN)

    def test_a_bom_link_leads_to_the_component(self) -> None:
        link = "urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#pkg%3Anpm%2Flodash%404.17.20"
        (item,) = found("cyclonedx", bom(flaw(affects=[{"ref": link}])))
        assert (item.purl, item.version) == ("pkg:npm/lodash@4.17.20", "4.17.20")

    @pytest.mark.parametrize(
        ("said", "state"),
        [
            ("not_affected", State.NOT_AFFECTED),
            ("false_positive", State.FALSE_POSITIVE),
            ("resolved", State.FIXED),
            ("resolved_with_pedigree", State.FIXED),
        ],
    )
    def test_a_closing_analysis_is_a_statement_on_the_subject(self, said: str, state: State) -> None:
        analysis = {"state": said, "justification": "code_not_reachable", "detail": "never called"}
        (item,) = found("cyclonedx", bom(flaw(analysis=analysis)))
        assert (item.kind, item.state, item.asset) == (Kind.STATEMENT, state, "image:shop/web:1.2")
        assert item.reason == "code_not_reachable: never called"

    @pytest.mark.parametrize("said", ["in_triage", "exploitable", "unheard_of", None])
    def test_any_other_analysis_leaves_it_open(self, said: str | None) -> None:
        (item,) = found("cyclonedx", bom(flaw(analysis={"state": said})))
        assert (item.kind, item.state) == (Kind.PACKAGE, State.OPEN)

    def test_a_bill_without_subject_states_nothing_about_other_assets(self) -> None:
        (item,) = found("cyclonedx", bom(flaw(analysis={"state": "not_affected"}), metadata=None))
        assert (item.kind, item.state, item.asset) == (Kind.PACKAGE, State.NOT_AFFECTED, "")

    def test_a_vex_document_may_speak_of_a_package_wherever_it_runs(self) -> None:
        vex = bom(flaw(affects=[{"ref": LOG4J}], analysis={"state": "not_affected"}), metadata=None, components=None)
        (item,) = found("cyclonedx", vex)
        assert (item.kind, item.asset, item.purl, item.version) == (Kind.STATEMENT, "", LOG4J, "2.13.2")

    def test_a_vex_document_about_its_subject_means_every_component_of_it(self) -> None:
        vex = bom(flaw(affects=[{"ref": "me"}], analysis={"state": "not_affected"}), components=None)
        begun = reading("cyclonedx", vex)
        (item,) = begun.items
        assert isinstance(item, Observation)
        assert (item.kind, item.asset, identity.component(item)) == (Kind.STATEMENT, "image:shop/web:1.2", "")
        assert not begun.coverage

    def test_silence_of_one_scanner_does_not_close_what_another_found(self) -> None:
        tools = [{"vendor": "a", "name": "grype"}], {"components": [{"name": "trivy"}]}, None
        scopes = []
        for tool in tools:
            metadata = bom()["metadata"] | {"tools": tool}
            scopes += list(reading("cyclonedx", bom(metadata=metadata)).coverage)
        assert [scope.target for scope in scopes] == ["grype", "trivy", ""]
        assert {scope.asset for scope in scopes} == {"image:shop/web:1.2"}

    def test_a_bill_in_which_nothing_was_found_still_has_its_date(self) -> None:
        metadata = bom()["metadata"] | {"timestamp": "2026-01-02T03:04:05Z"}
        assert reading("cyclonedx", bom(metadata=metadata)).dated == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

    def test_a_bill_without_vulnerabilities_was_no_scan(self) -> None:
        begun = reading("cyclonedx", bom(vulnerabilities=None))
        assert list(begun.items) == []
        assert not begun.coverage
        assert begun.tally.skipped == {"inventory": 1}

    def test_the_issuing_source_rates(self) -> None:
        ratings = [
            {"source": {"name": "nvd"}, "severity": "high", "score": 7.5, "vector": "AV:N/AC:L/Au:N/C:P/I:P/A:P"},
            {"source": {"name": "debian"}, "severity": "low"},
            {"source": {"name": "nvd"}, "score": 9.8, "vector": "AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"},
            {"severity": "critical", "method": "OWASP", "score": 50, "vector": "OWASP/K9:M1"},
        ]
        (item,) = found("cyclonedx", bom(flaw(source={"name": "debian"}, ratings=ratings)))
        assert (item.severity, item.score) == (Severity.LOW, 9.8)
        assert item.vector == "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
        (item,) = found("cyclonedx", bom(flaw(ratings=ratings)))
        assert item.severity is Severity.HIGH

    def test_a_rating_without_word_is_derived(self) -> None:
        ratings = [{"vector": "AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}]
        item = derived(found("cyclonedx", bom(flaw(ratings=ratings)))[0])
        assert (item.severity, item.severity_derived, item.score) == (Severity.CRITICAL, True, 9.8)

    def test_references_are_aliases_where_they_mean_the_same(self) -> None:
        references = [{"id": "GHSA-jfh8-c2jp-5v3q"}, {"id": "DSA-5020-1"}, {"id": "cve-2021-44228"}, {}]
        (item,) = found("cyclonedx", bom(flaw(references=references)))
        assert (item.aliases, item.related) == (("GHSA-jfh8-c2jp-5v3q",), ("DSA-5020-1",))

    def test_the_fix_is_in_the_text(self) -> None:
        told = flaw(recommendation="Upgrade org.apache:log4j-core to version 2.3.1, 2.12.2 or higher.")
        assert found("cyclonedx", bom(told))[0].fixed == ("2.3.1", "2.12.2")


class TestCycloneDXInXml:
    def test_the_old_extension_inside_a_component(self) -> None:
        document = b"""<bom xmlns="http://cyclonedx.org/schema/bom/1.3" xmlns:v="http://cyclonedx.org/schema/ext/vulnerability/1.0">
        <metadata><tools><tool><name>grype</name></tool></tools>
        <component type="container"><name>web</name><version>1.2</version></component></metadata>
        <components><component><name>apt</name><version>1.8</version><v:vulnerabilities><v:vulnerability ref="urn:uuid:1">
        <v:id>CVE-2011-3374</v:id><v:ratings><v:rating><v:score><v:base>3.7</v:base></v:score>
        <v:method>CVSSv3</v:method></v:rating></v:ratings></v:vulnerability></v:vulnerabilities></component></components></bom>"""
        (item,) = found("cyclonedx_xml", document)
        assert (item.asset, item.target, item.component, item.version) == ("image:web:1.2", "grype", "apt", "1.8")
        assert (item.vulnerability, item.score) == ("CVE-2011-3374", 3.7)

    def test_nothing_found_is_covered_and_tools_are_no_components(self) -> None:
        document = b"""<bom xmlns="http://cyclonedx.org/schema/bom/1.6"><metadata>
        <tools><components><component><name>trivy</name></component></components></tools>
        <component type="application" bom-ref="me"><name>shop</name></component></metadata>
        <components/><vulnerabilities/></bom>"""
        begun = reading("cyclonedx_xml", document)
        assert list(begun.items) == []
        assert list(begun.coverage) == [Coverage("project:shop", "trivy")]

    def test_a_vulnerability_without_id_is_set_aside_alone(self) -> None:
        document = b"""<bom xmlns="http://cyclonedx.org/schema/bom/1.4"><components/><vulnerabilities>
        <vulnerability><id>CVE-2020-0001</id></vulnerability><vulnerability><source/></vulnerability>
        <vulnerability><id>CVE-2020-0002</id></vulnerability></vulnerabilities></bom>"""
        items = list(reading("cyclonedx_xml", document).items)
        assert [type(item) for item in items] == [Observation, Rejected, Observation]


class TestOpenVex:
    def statement(self, products: list[Any], **more: Any) -> list[Observation]:
        body = {"status": "not_affected", "vulnerability": {"name": "CVE-2020-0001"}, "products": products} | more
        return found("openvex", {"@context": "https://openvex.dev/ns/v0.2.0", "author": "we", "statements": [body]})

    def test_a_package_is_meant_wherever_it_runs(self) -> None:
        (item,) = self.statement([{"@id": LOG4J}], justification="component_not_present")
        assert (item.kind, item.state, item.asset) == (Kind.STATEMENT, State.NOT_AFFECTED, "")
        assert (item.version, item.author, item.reason) == ("2.13.2", "we", "component_not_present")

    def test_a_package_with_subcomponents_is_meant_there_only(self) -> None:
        product = {"@id": "pkg:npm/shop@1", "subcomponents": [{"@id": "pkg:npm/lodash@4"}]}
        (item,) = self.statement([product])
        assert (item.asset, item.component, item.version) == ("project:shop", "lodash", "4")

    def test_an_image_means_all_its_components_or_the_ones_named(self) -> None:
        image = "pkg:oci/web@sha256%3Aab?repository_url=example.org/shop/web&tag=1.2"
        (whole,) = self.statement([{"identifiers": {"purl": image}}])
        assert (whole.asset, identity.component(whole)) == ("image:example.org/shop/web:1.2", "")
        (part,) = self.statement([{"@id": image, "subcomponents": [{"@id": "pkg:deb/debian/curl"}]}])
        assert (part.asset, part.component) == ("image:example.org/shop/web:1.2", "curl")

    def test_a_product_that_is_only_an_address_is_a_project(self) -> None:
        (item,) = self.statement(["https://example.org/shop"])
        assert (item.asset, item.component) == ("project:https://example.org/shop", "")

    def test_the_first_version_writes_bare_names(self) -> None:
        (item,) = self.statement([LOG4J], vulnerability="CVE-2021-44228", status="under_investigation")
        assert (item.vulnerability, item.state) == ("CVE-2021-44228", State.INVESTIGATING)

    def test_aliases_and_an_id_that_is_an_address(self) -> None:
        vulnerability = {"@id": "https://nvd.nist.gov/vuln/detail/CVE-2020-0001", "aliases": ["GHSA-35jh-r3h4-6jhm"]}
        (item,) = self.statement([LOG4J], vulnerability=vulnerability)
        assert (item.vulnerability, item.aliases) == ("CVE-2020-0001", ("GHSA-35jh-r3h4-6jhm",))


class TestCsaf:
    def statements(self, status: dict[str, list[str]], **more: Any) -> dict[str, Observation]:
        package = {"product_id": "lib", "name": "lib 3", "product_identification_helper": {"purl": "pkg:npm/lib@3"}}
        versions = [
            {"category": "product_version", "name": v, "product": {"product_id": f"app-{v}", "name": f"App {v}"}}
            for v in ("1.0", "1.1")
        ]
        old = {
            "category": "product_version_range",
            "name": "<1.0",
            "product": {"product_id": "old", "name": "App <1.0"},
        }
        tree = {
            "branches": [{"category": "product_name", "name": "App", "branches": [*versions, old]}],
            "full_product_names": [package],
            "relationships": [
                {
                    "product_reference": "lib",
                    "relates_to_product_reference": "app-1.0",
                    "full_product_name": {"product_id": "lib-in-app"},
                }
            ],
            "product_groups": [{"group_id": "g", "product_ids": ["lib"]}],
        }
        vulnerability = {"cve": "CVE-2020-0001", "product_status": status} | more
        document = {"document": {"csaf_version": "2.0"}, "product_tree": tree, "vulnerabilities": [vulnerability]}
        return {f"{item.component}@{item.version}": item for item in found("csaf", document)}

    def test_affected_products_are_no_findings_but_learn_their_fix(self) -> None:
        items = self.statements({"known_affected": ["app-1.0"], "fixed": ["app-1.1"]})
        assert {item.kind for item in items.values()} == {Kind.STATEMENT}
        assert [items["App@1.0"].state, items["App@1.1"].state] == [State.OPEN, State.FIXED]
        assert items["App@1.0"].fixed == ("1.1",)

    def test_a_component_of_a_product_is_meant_there_only(self) -> None:
        items = self.statements({"known_not_affected": ["lib-in-app", "lib"]})
        assert items["lib@3"].asset == ""
        inside = self.statements({"known_not_affected": ["lib-in-app"]})["lib@3"]
        assert (inside.asset, inside.purl) == ("project:App", "pkg:npm/lib@3")

    def test_a_range_is_not_every_version(self) -> None:
        assert list(self.statements({"known_not_affected": ["old"]})) == ["App@<1.0"]

    def test_scores_and_reasons_belong_to_their_products(self) -> None:
        score = {
            "vectorString": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H",
            "baseScore": 7.5,
            "baseSeverity": "HIGH",
        }
        items = self.statements(
            {"known_affected": ["app-1.0", "lib"]},
            scores=[{"products": ["app-1.0"], "cvss_v3": score}],
            flags=[{"label": "component_not_present", "group_ids": ["g"]}],
        )
        assert (items["App@1.0"].severity, items["App@1.0"].reason) == (Severity.HIGH, "")
        assert (items["lib@3"].score, items["lib@3"].reason) == (None, "component_not_present")

    def test_the_score_of_csaf_2_1_lies_deeper(self) -> None:
        metric = {
            "products": ["lib"],
            "content": {"cvss_v4": {"baseScore": 9.3, "vectorString": "CVSS:4.0/AV:N/AC:L/VC:H"}},
        }
        (item,) = self.statements({"known_affected": ["lib"]}, metrics=[metric]).values()
        assert (item.score, item.severity, item.severity_derived) == (9.3, Severity.CRITICAL, True)

    def test_statuses_that_state_nothing_are_counted(self) -> None:
        document = {
            "document": {"csaf_version": "2.0"},
            "vulnerabilities": [
                {"cve": "CVE-2020-0001", "product_status": {"recommended": ["a", "b"]}},
                {"title": "x"},
            ],
        }
        begun = reading("csaf", document)
        assert list(begun.items) == []
        assert begun.tally.skipped == {"product status recommended": 2, "vulnerability without product status": 1}
